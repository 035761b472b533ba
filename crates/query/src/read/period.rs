//! The spans of time that people choose from.

use mayday_event::Timestamp;
use mayday_store::queries::{Window, issues::Interval};

/// A span that ends now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Period {
    #[default]
    Day,
    Fortnight,
    Month,
}

impl Period {
    /// The name in the API: `24h`, `14d`, `30d`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Fortnight => "14d",
            Self::Month => "30d",
        }
    }

    /// As people read it: `24 h`, `14 d`, `30 d`.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Day => "24 h",
            Self::Fortnight => "14 d",
            Self::Month => "30 d",
        }
    }

    /// Back from [`Self::name`].
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Day, Self::Fortnight, Self::Month].into_iter().find(|period| period.name() == name)
    }

    /// Width of its buckets.
    pub(crate) fn interval(self) -> Interval {
        match self {
            Self::Day => Interval::Hour,
            Self::Fortnight | Self::Month => Interval::Day,
        }
    }

    /// Whole buckets, the one that `now` is in being the last.
    pub(crate) fn window(self, now: Timestamp) -> Window {
        let (buckets, width) = match self {
            Self::Day => (24, Timestamp::HOUR_MS),
            Self::Fortnight => (14, Timestamp::DAY_MS),
            Self::Month => (30, Timestamp::DAY_MS),
        };
        let to = Timestamp((now.0.div_euclid(width) + 1) * width);
        Window { from: to.plus_ms(-buckets * width), to }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_whole_buckets_that_end_with_the_present_one() {
        let now = Timestamp::parse("2026-11-24T04:02:01.5Z").unwrap();
        let day = Period::Day.window(now);
        assert_eq!(day.from.to_string(), "2026-11-23T05:00:00.000Z");
        assert_eq!(day.to.to_string(), "2026-11-24T05:00:00.000Z");
        let fortnight = Period::Fortnight.window(now);
        assert_eq!(fortnight.from.to_string(), "2026-11-11T00:00:00.000Z");
        assert_eq!(fortnight.to.to_string(), "2026-11-25T00:00:00.000Z");
        assert_eq!(Period::from_name("30d"), Some(Period::Month));
        assert_eq!(Period::from_name("1y"), None);
    }
}
