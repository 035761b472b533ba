//! What happened before, the latest first, as people look for it.

use mayday_event::{Event, Timestamp, model::Level};

use super::values::{self, Pair};

/// A breadcrumb to show.
#[derive(Debug, Clone)]
pub(crate) struct BreadcrumbView {
    pub(crate) level: &'static str,
    pub(crate) category: String,
    pub(crate) message: String,
    pub(crate) data: Vec<Pair>,
    pub(crate) time: Option<CrumbTime>,
}

/// When it was left.
#[derive(Debug, Clone)]
pub(crate) struct CrumbTime {
    pub(crate) iso: String,
    /// `03:42:01.123`
    pub(crate) clock: String,
    /// How long before the event: `−2.4 s`.
    pub(crate) before: String,
}

/// An event's breadcrumbs, the latest first.
pub(crate) fn breadcrumbs(event: &Event) -> Vec<BreadcrumbView> {
    let view = |crumb: &mayday_event::model::Breadcrumb| BreadcrumbView {
        level: crumb.level.unwrap_or(Level::Info).name(),
        category: crumb.category.clone().or_else(|| crumb.ty.clone()).unwrap_or_default(),
        message: crumb.message.clone().unwrap_or_default(),
        data: crumb.data.iter().map(|(name, value)| Pair::new(name, values::inline(value))).collect(),
        time: crumb.timestamp.map(|at| time(at, event.timestamp)),
    };
    event.breadcrumbs.iter().rev().map(view).collect()
}

fn time(at: Timestamp, of_event: Timestamp) -> CrumbTime {
    let iso = at.to_string();
    let clock = iso.split_once('T').map_or("", |(_, clock)| clock).trim_end_matches('Z').to_owned();
    CrumbTime { clock, before: before(of_event.since_ms(at)), iso }
}

/// `−240 ms`, `−2.4 s`, `−3 min 5 s`, `−2 h 3 min`; with a plus for what came after.
fn before(ms: i64) -> String {
    let sign = if ms < 0 { '+' } else { '−' };
    let ms = ms.unsigned_abs();
    match ms {
        0..1_000 => format!("{sign}{ms} ms"),
        1_000..60_000 => format!("{sign}{}.{} s", ms / 1000, ms % 1000 / 100),
        60_000..3_600_000 => format!("{sign}{} min {} s", ms / 60_000, ms % 60_000 / 1000),
        _ => format!("{sign}{} h {} min", ms / 3_600_000, ms % 3_600_000 / 60_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_before_the_event_is_to_the_point() {
        let texts: Vec<String> = [240, 2_430, 185_000, 7_380_000, -20].map(before).into_iter().collect();
        assert_eq!(texts, ["−240 ms", "−2.4 s", "−3 min 5 s", "−2 h 3 min", "+20 ms"]);
    }
}
