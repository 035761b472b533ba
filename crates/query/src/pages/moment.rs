//! Points in time and quantities, as people read them.

use askama::{Template, filters::HtmlSafe};
use mayday_event::Timestamp;

/// A `<time>`: how long ago, and on hovering exactly when, in UTC. `assets/mayday.js` keeps it true with the same
/// words, and adds the visitor's own time zone to what hovering shows.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/moment.html")]
pub(crate) struct Moment {
    iso: String,
    absolute: String,
    text: String,
}

impl HtmlSafe for Moment {}

impl Moment {
    /// `3 h ago`
    pub(crate) fn ago(at: Timestamp, now: Timestamp) -> Self {
        let text = match span(now.since_ms(at).abs()) {
            None if at > now => "in a moment".into(),
            None => "just now".into(),
            Some(span) if at > now => format!("in {span}"),
            Some(span) => format!("{span} ago"),
        };
        Self { iso: at.to_string(), absolute: absolute(at), text }
    }
}

/// `2026-11-24 03:42:01 UTC`
pub(crate) fn absolute(at: Timestamp) -> String {
    let iso = at.to_string();
    let (seconds, _) = iso.split_once('.').unwrap_or((&iso, ""));
    format!("{} UTC", seconds.replace('T', " "))
}

/// A length of time in its largest unit, rounded down; `None` below 45 s.
fn span(ms: i64) -> Option<String> {
    const UNITS: [(&str, i64); 5] = [
        ("y", 365 * Timestamp::DAY_MS),
        ("mo", 30 * Timestamp::DAY_MS),
        ("d", Timestamp::DAY_MS),
        ("h", Timestamp::HOUR_MS),
        ("min", 60_000),
    ];
    if ms < 45_000 {
        return None;
    }
    let (unit, length) = UNITS.into_iter().find(|(_, length)| ms >= *length).unwrap_or(UNITS[4]);
    Some(format!("{} {unit}", (ms / length).max(1)))
}

/// A quantity: short, and on hovering exact.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/count.html")]
pub(crate) struct Count {
    exact: String,
    short: String,
}

impl HtmlSafe for Count {}

impl From<u64> for Count {
    fn from(n: u64) -> Self {
        Self { exact: grouped(n), short: short(n) }
    }
}

/// `9,999`, `12.3k`, `4.5M`
fn short(n: u64) -> String {
    match n {
        0..10_000 => grouped(n),
        10_000..1_000_000 => format!("{}.{}k", n / 1000, n % 1000 / 100),
        _ => format!("{}.{}M", n / 1_000_000, n % 1_000_000 / 100_000),
    }
}

/// `1,234,567`
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `12.3 GiB`
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{n} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// `1 event`, `1,204 events`
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_like_speech() {
        let now = Timestamp::parse("2026-11-24T04:00:00Z").unwrap();
        let ago = |ms: i64| Moment::ago(now.plus_ms(-ms), now).text;
        assert_eq!(ago(0), "just now");
        assert_eq!(ago(50_000), "1 min ago");
        assert_eq!(ago(3 * Timestamp::HOUR_MS + 5), "3 h ago");
        assert_eq!(ago(40 * Timestamp::DAY_MS), "1 mo ago");
        assert_eq!(ago(-2 * Timestamp::HOUR_MS), "in 2 h");
        assert_eq!(ago(-5_000), "in a moment");
        insta::assert_snapshot!(Moment::ago(now.plus_ms(-61_000), now).to_string(), @r#"<time datetime="2026-11-24T03:58:59.000Z" title="2026-11-24 03:58:59 UTC" data-relative>1 min ago</time>"#);
    }

    #[test]
    fn quantities_are_short_and_exact() {
        let shorts: Vec<String> =
            [0, 999, 1204, 9_999, 12_345, 999_999, 4_560_000].map(short).into_iter().collect();
        assert_eq!(shorts, ["0", "999", "1,204", "9,999", "12.3k", "999.9k", "4.5M"]);
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(7_968_391_168), "7.4 GiB");
        assert_eq!(counted(1, "event", "events"), "1 event");
    }
}
