//! When an issue's events happened, in which releases: the period, interval and environment that are chosen in the
//! page's address.

use mayday_catalog::issues::Issue;
use mayday_event::Timestamp;
use mayday_store::queries::{
    EventFilter,
    series::{Buckets, Distribution},
};
use serde::Deserialize;

use super::{
    environments::Environment,
    moment::{Count, counted, grouped},
    path::with_query,
    shell::NavLink,
    stacked_chart::{Layer, StackedChart},
};
use crate::{
    QueryError,
    read::{
        buckets::{self, MINUTE_MS, Span},
        tags::Narrowed,
    },
};

/// Releases that have a colour of their own, and the class of all others.
const COLOURS: [&str; 5] = ["series-1", "series-2", "series-3", "series-4", "series-5"];
const OTHERS: &str = "series-others";
/// Releases that are told apart.
pub(super) const RELEASES: usize = COLOURS.len();

const HOUR: Width = Width { value: "1h", name: "1 h", ms: Timestamp::HOUR_MS };
const DAY: Width = Width { value: "1d", name: "1 d", ms: Timestamp::DAY_MS };
const QUARTER: Width = Width { value: "15m", name: "15 min", ms: 15 * MINUTE_MS };
const QUARTER_DAY: Width = Width { value: "6h", name: "6 h", ms: 6 * Timestamp::HOUR_MS };

/// The length of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Width {
    value: &'static str,
    name: &'static str,
    ms: i64,
}

/// A span that ends now, with the intervals that suit it; the first is taken where none is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Period {
    value: &'static str,
    name: &'static str,
    in_words: &'static str,
    length_ms: i64,
    widths: &'static [Width],
}

const PERIODS: [Period; 4] = [
    Period { value: "1h", name: "1 h", in_words: "hour", length_ms: Timestamp::HOUR_MS, widths: &[MINUTE] },
    Period {
        value: "24h",
        name: "24 h",
        in_words: "24 hours",
        length_ms: Timestamp::DAY_MS,
        widths: &[HOUR, QUARTER],
    },
    Period {
        value: "14d",
        name: "14 d",
        in_words: "14 days",
        length_ms: 14 * Timestamp::DAY_MS,
        widths: &[DAY, QUARTER_DAY],
    },
    Period {
        value: "30d",
        name: "30 d",
        in_words: "30 days",
        length_ms: 30 * Timestamp::DAY_MS,
        widths: &[DAY, QUARTER_DAY],
    },
];
const MINUTE: Width = Width { value: "1m", name: "1 min", ms: MINUTE_MS };
const DEFAULT_PERIOD: Period = PERIODS[2];

/// What an issue's address says; what it does not know is as good as absent.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct TimeQuery {
    #[serde(default, rename = "statsPeriod")]
    period: String,
    #[serde(default)]
    interval: String,
    #[serde(default)]
    environment: String,
    /// `wait`: with all parts, however long they take.
    #[serde(default)]
    parts: String,
}

/// What is looked at of an issue.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    period: Period,
    width: Width,
    is_period_chosen: bool,
    environment: String,
    pub(super) waits: bool,
}

/// What there is to choose of the events over time.
pub(super) struct TimeSection {
    pub(super) periods: Vec<NavLink>,
    pub(super) intervals: Vec<NavLink>,
    pub(super) environments: Vec<Environment>,
    /// For the form of environments.
    pub(super) period: &'static str,
    pub(super) interval: &'static str,
}

/// Events of the chosen time by release.
pub(super) struct ReleaseChart {
    pub(super) in_words: &'static str,
    pub(super) total: String,
    pub(super) users: Count,
    pub(super) chart: StackedChart,
    pub(super) legend: Vec<LegendEntry>,
}

pub(super) struct LegendEntry {
    pub(super) class: &'static str,
    pub(super) name: String,
    pub(super) percent: String,
}

impl Chosen {
    pub(super) fn new(asked: &TimeQuery) -> Self {
        let chosen = PERIODS.into_iter().find(|period| period.value == asked.period);
        let period = chosen.unwrap_or(DEFAULT_PERIOD);
        let width =
            period.widths.iter().find(|width| width.value == asked.interval).or(period.widths.first());
        Self {
            width: width.copied().unwrap_or(DAY),
            period,
            is_period_chosen: chosen.is_some(),
            environment: asked.environment.clone(),
            waits: asked.parts == "wait",
        }
    }

    pub(super) fn filter(&self) -> EventFilter {
        let environment = Some(self.environment.clone()).filter(|name| !name.is_empty());
        EventFilter { release: None, environment }
    }

    pub(super) fn environment(&self) -> &str {
        &self.environment
    }

    pub(super) fn buckets(&self, now: Timestamp) -> Result<Buckets, QueryError> {
        let span = Span::Last { length_ms: self.period.length_ms, now };
        buckets::buckets(span, Some(self.width.ms), buckets::zone("UTC")?)
    }

    /// Which events the shares of tags are of: all that are kept, until a period is chosen.
    pub(super) fn narrowed(&self, now: Timestamp) -> Result<Narrowed, QueryError> {
        let window = if self.is_period_chosen { Some(self.buckets(now)?.window()) } else { None };
        Ok(Narrowed { window, filter: self.filter() })
    }

    /// Those events in words.
    pub(super) fn share_of(&self) -> String {
        let mut of = match self.is_period_chosen {
            true => format!("share of events in the last {}", self.period.in_words),
            false => "share of all events".into(),
        };
        if !self.environment.is_empty() {
            of.push_str(" in ");
            of.push_str(&self.environment);
        }
        of
    }

    /// The same choice at another path.
    pub(super) fn at(&self, path: &str) -> String {
        self.at_with(path, ("", ""))
    }

    /// … with something more to say, unless that is empty.
    pub(super) fn at_with(&self, path: &str, more: (&str, &str)) -> String {
        let period = if self.is_period_chosen { self.period.value } else { "" };
        self.address(path, period, self.interval(), more)
    }

    fn interval(&self) -> &'static str {
        if Some(&self.width) == self.period.widths.first() { "" } else { self.width.value }
    }

    fn address(&self, path: &str, period: &str, interval: &str, more: (&str, &str)) -> String {
        let environment = self.environment.as_str();
        let pairs = [("statsPeriod", period), ("interval", interval), ("environment", environment), more];
        with_query(path, &pairs)
    }
}

impl TimeSection {
    pub(super) fn new(chosen: &Chosen, path: &str, environments: Vec<Environment>) -> Self {
        let period = chosen.period;
        let periods = PERIODS.map(|other| NavLink {
            name: other.name.into(),
            href: chosen.address(path, other.value, "", ("", "")),
            current: other == period,
        });
        let intervals = period.widths.iter().map(|width| NavLink {
            name: width.name.into(),
            href: chosen.address(path, period.value, width.value, ("", "")),
            current: *width == chosen.width,
        });
        Self {
            periods: periods.into(),
            intervals: intervals.collect(),
            environments,
            period: if chosen.is_period_chosen { period.value } else { "" },
            interval: chosen.interval(),
        }
    }

    /// Whether there is anything to choose.
    pub(super) fn has_environments(&self) -> bool {
        self.environments.len() > 1 || self.environments.iter().any(|environment| environment.current)
    }
}

impl ReleaseChart {
    pub(super) fn new(chosen: &Chosen, buckets: &Buckets, found: &Distribution) -> Self {
        let (layers, in_words) = (layers(found), chosen.period.in_words);
        let total = counted(found.events, "event", "events");
        Self {
            in_words,
            users: found.users.into(),
            chart: StackedChart::new(buckets.starts(), &layers, summary(&layers, &total, in_words)),
            legend: layers.iter().map(|layer| LegendEntry::new(layer, found.events)).collect(),
            total,
        }
    }
}

impl LegendEntry {
    fn new(layer: &Layer, all: u64) -> Self {
        let events: u64 = layer.counts.iter().sum();
        let percent = (events * 100).checked_div(all).unwrap_or_default();
        Self { class: layer.class, name: layer.name.clone(), percent: format!("{percent} %") }
    }
}

/// The releases with most events, and all others together.
fn layers(found: &Distribution) -> Vec<Layer> {
    let mut others = found.counts.clone();
    let mut layers = Vec::new();
    for (value, class) in found.values.iter().zip(COLOURS) {
        for (rest, count) in others.iter_mut().zip(&value.counts) {
            *rest = rest.saturating_sub(*count);
        }
        let name = if value.value.is_empty() { "no release".into() } else { value.value.clone() };
        layers.push(Layer { class, name, counts: value.counts.clone() });
    }
    if others.iter().any(|count| *count > 0) {
        layers.push(Layer { class: OTHERS, name: "other releases".into(), counts: others });
    }
    layers
}

fn summary(layers: &[Layer], total: &str, in_words: &str) -> String {
    let of_each: Vec<String> = layers
        .iter()
        .map(|layer| format!("{} in {}", grouped(layer.counts.iter().sum()), layer.name))
        .collect();
    match of_each.len() {
        0 => format!("No events in the last {in_words}"),
        _ => format!("{total} in the last {in_words}: {}", of_each.join(", ")),
    }
}

/// An issue's page.
pub(super) fn issue_path(issue: &Issue) -> String {
    format!("/issues/{}/", issue.id)
}
