//! Points in time as the whole program counts them, and the clock that is handed in from outside.

use std::{fmt, sync::Arc};

use jiff::{SignedDuration, fmt::temporal::DateTimeParser};
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01 00:00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Milliseconds in an hour.
    pub const HOUR_MS: i64 = 3_600_000;
    /// Milliseconds in a day.
    pub const DAY_MS: i64 = 24 * Self::HOUR_MS;

    /// From seconds with a fraction, as SDKs send them; `None` outside the years 0 to 9999 or not finite.
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        const MAX_SECONDS: f64 = 253_402_300_799.0;
        const MIN_SECONDS: f64 = -62_167_219_200.0;
        (MIN_SECONDS..=MAX_SECONDS).contains(&seconds).then(|| Self((seconds * 1000.0).round() as i64))
    }

    /// From RFC 3339 / ISO 8601 text; without an offset it is taken as UTC, as Sentry does.
    pub fn parse(text: &str) -> Option<Self> {
        static PARSER: DateTimeParser = DateTimeParser::new();
        let text = text.trim();
        let parsed = PARSER.parse_timestamp(text).or_else(|_| {
            PARSER.parse_datetime(text).and_then(|civil| jiff::tz::TimeZone::UTC.to_timestamp(civil))
        });
        parsed.ok().map(|t| Self(t.as_millisecond()))
    }

    /// This point, later by `ms` milliseconds (earlier if negative).
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this point.
    pub fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The start of the hour that this point is in.
    pub fn hour(self) -> Self {
        Self(self.0.div_euclid(Self::HOUR_MS) * Self::HOUR_MS)
    }

    /// The start of the day (UTC) that this point is in.
    pub fn day(self) -> Self {
        Self(self.0.div_euclid(Self::DAY_MS) * Self::DAY_MS)
    }

    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

impl From<std::time::SystemTime> for Timestamp {
    fn from(time: std::time::SystemTime) -> Self {
        let ms = match time.duration_since(std::time::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
        };
        Self(ms)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds: `2026-11-24T03:42:01.123Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = jiff::Timestamp::UNIX_EPOCH
            .checked_add(SignedDuration::from_millis(self.0))
            .unwrap_or(jiff::Timestamp::MAX);
        write!(f, "{text:.3}")
    }
}

/// Tells the time; handed to whoever needs it, so that tests own theirs.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that asks `now` each time.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The point in time it is.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read_as_sdks_write_them() {
        let expected = Some(Timestamp(1_795_492_921_500));
        for text in ["2026-11-24T04:02:01.5Z", "2026-11-24T04:02:01.500000", "2026-11-24 04:02:01.5+00:00"] {
            assert_eq!(Timestamp::parse(text), expected, "{text}");
        }
        assert_eq!(Timestamp::from_seconds(1_795_492_921.5), expected);
        assert_eq!(Timestamp::parse("yesterday"), None);
        assert_eq!(Timestamp::from_seconds(f64::NAN), None);
        assert_eq!(Timestamp(1_795_492_921_500).to_string(), "2026-11-24T04:02:01.500Z");
    }
}
