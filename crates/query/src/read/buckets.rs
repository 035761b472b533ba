//! Where the buckets of a series begin, in any time zone.
//!
//! Whole days are days of the zone: 23 or 25 hours where its clocks change. Shorter buckets are of equal length from
//! each midnight on; the last one of a day is shorter where they do not fill it.

use jiff::{
    ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};
use mayday_event::Timestamp;
use mayday_store::queries::{
    Window,
    series::{Buckets, MAX_BUCKETS},
};

use crate::QueryError;

pub(crate) const MINUTE_MS: i64 = 60_000;
/// The longest bucket.
const MAX_INTERVAL_MS: i64 = 30 * Timestamp::DAY_MS;
/// Names of zones are shorter.
const MAX_ZONE_BYTES: usize = 64;

/// Width of buckets, and whose days.
#[derive(Debug, Clone)]
pub(crate) struct Rhythm {
    interval_ms: i64,
    zone: TimeZone,
}

/// A span of time that buckets cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// Widened to whole buckets.
    Between(Window),
    /// As many buckets as fit into so many milliseconds, the last one being the one that `now` is in.
    Last { length_ms: i64, now: Timestamp },
}

impl Span {
    fn window(self) -> Window {
        match self {
            Self::Between(window) => window,
            Self::Last { length_ms, now } => Window { from: now.plus_ms(-length_ms), to: now.plus_ms(1) },
        }
    }

    /// What suits a span of this length.
    fn default_interval_ms(self) -> i64 {
        let window = self.window();
        match window.to.since_ms(window.from) {
            short if short <= 6 * Timestamp::HOUR_MS + 1 => 5 * MINUTE_MS,
            days if days <= 4 * Timestamp::DAY_MS + 1 => Timestamp::HOUR_MS,
            _ => Timestamp::DAY_MS,
        }
    }
}

/// An IANA time zone by name, such as `Europe/Berlin`.
pub(crate) fn zone(name: &str) -> Result<TimeZone, QueryError> {
    let unknown = || {
        let name: String = name.chars().take(MAX_ZONE_BYTES).collect();
        QueryError::Invalid(format!(
            "timezone: {name:?} is not an IANA time zone such as UTC or Europe/Berlin"
        ))
    };
    if name.len() > MAX_ZONE_BYTES {
        return Err(unknown());
    }
    TimeZone::get(name).map_err(|_| unknown())
}

/// The buckets of a span; without an interval, of what suits its length.
pub(crate) fn buckets(span: Span, interval_ms: Option<i64>, zone: TimeZone) -> Result<Buckets, QueryError> {
    let interval_ms = interval_ms.unwrap_or_else(|| span.default_interval_ms());
    let rhythm = Rhythm::new(interval_ms, zone)?;
    let window = span.window();
    let count = window.to.since_ms(window.from) / interval_ms;
    let too_many = || {
        QueryError::Invalid(format!(
            "interval: makes more than {MAX_BUCKETS} points; take a longer one or less time"
        ))
    };
    if count > MAX_BUCKETS as i64 {
        return Err(too_many());
    }
    let mut edges =
        rhythm.edges(window).ok_or_else(|| QueryError::Invalid("start: is too far from now".into()))?;
    if let Span::Last { length_ms, .. } = span {
        let count = usize::try_from(length_ms / interval_ms).unwrap_or(MAX_BUCKETS).max(1);
        edges.drain(..edges.len().saturating_sub(count + 1));
    }
    Buckets::between(edges).ok_or_else(too_many)
}

impl Rhythm {
    fn new(interval_ms: i64, zone: TimeZone) -> Result<Self, QueryError> {
        let whole = if interval_ms > Timestamp::DAY_MS { Timestamp::DAY_MS } else { MINUTE_MS };
        if !(MINUTE_MS..=MAX_INTERVAL_MS).contains(&interval_ms) || interval_ms % whole != 0 {
            return Err(QueryError::Invalid(
                "interval: must be from 1m to 24h, or whole days up to 30d".into(),
            ));
        }
        Ok(Self { interval_ms, zone })
    }

    /// Where buckets begin, from the one that the window begins in to the end of the one that it ends in; `None`
    /// outside of the years that a calendar knows.
    fn edges(&self, window: Window) -> Option<Vec<Timestamp>> {
        let mut edges = Vec::new();
        let mut day = self.first_day(window.from)?;
        loop {
            let (start, next_day) = (self.midnight(day)?, day.checked_add(self.days().days()).ok()?);
            let end = self.midnight(next_day)?;
            let width =
                if self.interval_ms < Timestamp::DAY_MS { self.interval_ms } else { end.since_ms(start) };
            let mut edge = start;
            while edge < end {
                let next = edge.plus_ms(width).min(end);
                if next > window.from {
                    edges.push(edge);
                }
                if next >= window.to {
                    edges.push(next);
                    return Some(edges);
                }
                edge = next;
            }
            day = next_day;
        }
    }

    /// Days of a bucket; shorter ones are laid out a day at a time.
    fn days(&self) -> i64 {
        (self.interval_ms / Timestamp::DAY_MS).max(1)
    }

    /// Several days together begin at a multiple of them since 1970, weeks on Mondays: the same whenever one asks.
    fn first_day(&self, at: Timestamp) -> Option<Date> {
        let day = jiff::Timestamp::from_millisecond(at.0).ok()?.to_zoned_datetime(self.zone.clone()).date();
        // 1970-01-05 was a Monday.
        let origin = if self.days() % 7 == 0 { date(1970, 1, 5) } else { date(1970, 1, 1) };
        let since = i64::from(origin.until(day).ok()?.get_days());
        day.checked_sub(since.rem_euclid(self.days()).days()).ok()
    }

    /// The first moment of a day.
    fn midnight(&self, day: Date) -> Option<Timestamp> {
        Some(Timestamp(day.to_zoned_datetime(self.zone.clone()).ok()?.timestamp().as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn starts(from: &str, to: &str, interval_ms: i64, name: &str) -> Vec<String> {
        let span = Span::Between(Window { from: at(from), to: at(to) });
        let buckets = buckets(span, Some(interval_ms), zone(name).unwrap()).unwrap();
        let mut edges: Vec<Timestamp> = buckets.starts().to_vec();
        edges.push(buckets.window().to);
        edges.into_iter().map(|edge| edge.to_string().replace(":00.000Z", "")).collect()
    }

    #[test]
    fn a_day_is_as_long_as_its_zone_says() {
        // Summer time ends on 2026-10-25: that day has 25 hours.
        assert_eq!(
            starts("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", Timestamp::DAY_MS, "Europe/Berlin"),
            ["2026-10-23T22:00", "2026-10-24T22:00", "2026-10-25T23:00", "2026-10-26T23:00"]
        );
        assert_eq!(
            starts("2026-03-29T12:00:00Z", "2026-03-29T13:00:00Z", Timestamp::DAY_MS, "Europe/Berlin"),
            ["2026-03-28T23:00", "2026-03-29T22:00"]
        );
        assert_eq!(
            starts("2026-11-24T00:00:00Z", "2026-11-24T00:00:01Z", Timestamp::DAY_MS, "Asia/Kolkata"),
            ["2026-11-23T18:30", "2026-11-24T18:30"]
        );
    }

    #[test]
    fn hours_are_those_of_the_zone() {
        assert_eq!(
            starts("2026-11-24T00:00:00Z", "2026-11-24T01:30:00Z", Timestamp::HOUR_MS, "Asia/Kolkata"),
            ["2026-11-23T23:30", "2026-11-24T00:30", "2026-11-24T01:30"]
        );
        // Nine hours do not fill a day.
        assert_eq!(
            starts("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z", 9 * Timestamp::HOUR_MS, "UTC"),
            ["2026-11-24T00:00", "2026-11-24T09:00", "2026-11-24T18:00", "2026-11-25T00:00"]
        );
    }

    #[test]
    fn weeks_begin_on_mondays_whenever_one_asks() {
        let week = 7 * Timestamp::DAY_MS;
        for day in ["2026-11-23T00:00:00Z", "2026-11-29T23:00:00Z"] {
            assert_eq!(starts(day, "2026-11-29T23:30:00Z", week, "UTC")[0], "2026-11-23T00:00");
        }
    }

    #[test]
    fn what_ends_now_has_as_many_buckets_as_fit() {
        let now = at("2026-11-24T04:02:01.5Z");
        let last = |days| Span::Last { length_ms: days * Timestamp::DAY_MS, now };
        let day = buckets(last(1), None, TimeZone::UTC).unwrap();
        assert_eq!(
            (day.starts().len(), day.starts()[0].to_string().as_str()),
            (24, "2026-11-23T05:00:00.000Z")
        );
        let fortnight = buckets(last(14), None, TimeZone::UTC).unwrap();
        assert_eq!(fortnight.starts().len(), 14);
        assert_eq!(fortnight.window().to.to_string(), "2026-11-25T00:00:00.000Z");
    }

    #[test]
    fn what_makes_no_buckets_is_refused() {
        let span = Span::Last { length_ms: 90 * Timestamp::DAY_MS, now: at("2026-11-24T04:02:01Z") };
        let refused = |interval| buckets(span, Some(interval), TimeZone::UTC).unwrap_err().to_string();
        assert!(refused(MINUTE_MS).contains("more than 1000 points"));
        for interval in [1, 90_000, 36 * Timestamp::HOUR_MS, 31 * Timestamp::DAY_MS] {
            assert!(refused(interval).contains("from 1m to 24h"), "{interval}");
        }
        for name in ["Mars/Olympus", "", "../../etc/passwd", &"a".repeat(1000)] {
            assert!(zone(name).unwrap_err().to_string().contains("IANA"), "{name}");
        }
    }

    proptest! {
        #[test]
        fn buckets_cover_the_window_without_a_gap(
            from in 1_600_000_000_000_i64..1_900_000_000_000,
            length in 1_i64..(40 * 86_400_000),
            minutes in prop::sample::select(vec![60_i64, 90, 240, 420, 1440, 4320, 10_080]),
            name in prop::sample::select(vec!["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe"]),
        ) {
            let window = Window { from: Timestamp(from), to: Timestamp(from + length) };
            let buckets = buckets(Span::Between(window), Some(minutes * MINUTE_MS), zone(name).unwrap()).unwrap();
            let covered = buckets.window();
            prop_assert!(covered.from <= window.from && covered.to >= window.to);
            let last = *buckets.starts().last().unwrap();
            prop_assert!(last < window.to && buckets.starts().get(1).is_none_or(|second| *second > window.from));
        }
    }
}
