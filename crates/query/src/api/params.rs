//! A request's query string, bounded and read by name.

use std::{future::Ready, str::FromStr};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use mayday_event::Timestamp;
use mayday_store::queries::{EventFilter, Window, dimensions::Dimension, series::Buckets};

use super::limits;
use crate::{
    Query, QueryError,
    cursor::Cursor,
    read::{
        DEFAULT_LIMIT, MAX_LIMIT,
        buckets::{self, Span},
        period::Period,
    },
};

/// Names and values, in the order sent. Names that a handler does not ask for are ignored, as Sentry does.
pub(super) struct Params(Vec<(String, String)>);

impl FromRequest for Params {
    type Error = QueryError;
    type Future = Ready<Result<Self, QueryError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::parse(request.query_string()))
    }
}

impl Params {
    fn parse(query_string: &str) -> Result<Self, QueryError> {
        if query_string.len() > limits::QUERY_STRING_BYTES {
            let limit = limits::QUERY_STRING_BYTES;
            return Err(QueryError::Invalid(format!("query string is longer than {limit} bytes")));
        }
        Ok(Self(url::form_urlencoded::parse(query_string.as_bytes()).into_owned().collect()))
    }

    /// Every value of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of a name that may be given once.
    pub(super) fn one<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, QueryError> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            Some(_) => Err(QueryError::Invalid(format!("{name}: is given twice"))),
            None => Ok(first),
        }
    }

    /// As [`Self::one`]; empty is as good as absent.
    pub(super) fn filled<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, QueryError> {
        Ok(self.one(name)?.filter(|value| !value.is_empty()))
    }

    /// `limit`, and `per_page` as newer clients say it.
    pub(super) fn limit(&self) -> Result<usize, QueryError> {
        self.limit_or(DEFAULT_LIMIT)
    }

    /// As [`Self::limit`], with a default of one's own.
    pub(super) fn limit_or(&self, default: usize) -> Result<usize, QueryError> {
        let Some(text) = self.filled("limit")?.or(self.filled("per_page")?) else {
            return Ok(default);
        };
        match text.parse() {
            Ok(limit @ 1..=MAX_LIMIT) => Ok(limit),
            _ => Err(QueryError::Invalid(format!("limit: {text:?} is not a number from 1 to {MAX_LIMIT}"))),
        }
    }

    pub(super) fn cursor<Id: FromStr>(&self) -> Result<Option<Cursor<Id>>, QueryError> {
        Ok(self.filled("cursor")?.map(str::parse).transpose()?)
    }

    /// `statsPeriod`; `None` if absent or empty.
    pub(super) fn stats_period(&self) -> Result<Option<Period>, QueryError> {
        let Some(name) = self.filled("statsPeriod")? else { return Ok(None) };
        let unknown = || QueryError::Invalid(format!("statsPeriod: {name:?} is not 24h, 14d or 30d"));
        Period::from_name(name).map(Some).ok_or_else(unknown)
    }

    /// `start` and `end`, else `statsPeriod` such as `90m`, `24h`, `14d` or `2w`, else the last 24 hours.
    pub(super) fn span(&self, query: &Query) -> Result<Window, QueryError> {
        self.span_or(query, Timestamp::DAY_MS)
    }

    /// As [`Self::span`], with a default length of one's own.
    pub(super) fn span_or(&self, query: &Query, default_ms: i64) -> Result<Window, QueryError> {
        if let Some(window) = self.window(query)? {
            return Ok(window);
        }
        let length = self.length("statsPeriod")?.unwrap_or(default_ms);
        if length > limits::WINDOW_DAYS * Timestamp::DAY_MS {
            let days = limits::WINDOW_DAYS;
            return Err(QueryError::Invalid(format!("statsPeriod: must be at most {days} days")));
        }
        let to = query.clock.now();
        Ok(Window { from: to.plus_ms(-length), to })
    }

    /// Whether a switch is on, `1`, or off, `0`.
    pub(super) fn switch(&self, name: &str, default: bool) -> Result<bool, QueryError> {
        match self.filled(name)? {
            None => Ok(default),
            Some("1") => Ok(true),
            Some("0") => Ok(false),
            Some(other) => Err(QueryError::Invalid(format!("{name}: {other:?} is not 0 or 1"))),
        }
    }

    /// Several, each in its own parameter or with commas between them.
    pub(super) fn names<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.all(name).flat_map(|names| names.split(',')).map(str::trim).filter(|name| !name.is_empty())
    }

    /// A length of time such as `90m`, `24h`, `14d` or `2w`, milliseconds; at least a minute.
    pub(super) fn length(&self, name: &str) -> Result<Option<i64>, QueryError> {
        let Some(text) = self.filled(name)? else { return Ok(None) };
        let unit = |unit: char| match unit {
            'm' => Some(60_000),
            'h' => Some(Timestamp::HOUR_MS),
            'd' => Some(Timestamp::DAY_MS),
            'w' => Some(7 * Timestamp::DAY_MS),
            _ => None,
        };
        let length = text.char_indices().next_back().and_then(|(at, last)| {
            let (number, _) = text.split_at_checked(at)?;
            let number = number.parse::<u32>().ok().filter(|number| *number > 0)?;
            i64::from(number).checked_mul(unit(last)?)
        });
        let unreadable =
            || QueryError::Invalid(format!("{name}: {text:?} is not a time such as 90m, 24h or 14d"));
        length.map(Some).ok_or_else(unreadable)
    }

    /// `start` and `end`, or `since` and `until` as some of Sentry's endpoints have it; `None` if both are absent.
    pub(super) fn window(&self, query: &Query) -> Result<Option<Window>, QueryError> {
        let start = self.timestamp("start")?.or(self.timestamp("since")?);
        let end = self.timestamp("end")?.or(self.timestamp("until")?);
        if start.is_none() && end.is_none() {
            return Ok(None);
        }
        let to = end.unwrap_or_else(|| query.clock.now());
        let longest = limits::WINDOW_DAYS * Timestamp::DAY_MS;
        let from = start.unwrap_or_else(|| to.plus_ms(-longest));
        if from >= to {
            return Err(QueryError::Invalid("start: must be before end".into()));
        }
        if to.since_ms(from) > longest {
            let days = limits::WINDOW_DAYS;
            return Err(QueryError::Invalid(format!("start: must be at most {days} days before end")));
        }
        Ok(Some(Window { from, to }))
    }

    fn timestamp(&self, name: &str) -> Result<Option<Timestamp>, QueryError> {
        let Some(text) = self.filled(name)? else { return Ok(None) };
        let parsed = text.parse().ok().and_then(Timestamp::from_seconds).or_else(|| Timestamp::parse(text));
        let unreadable =
            || QueryError::Invalid(format!("{name}: {text:?} is not a time such as 2026-11-24T03:42:01Z"));
        parsed.map(Some).ok_or_else(unreadable)
    }

    /// The buckets of a series: `start` and `end`, else `statsPeriod`, else the last 24 hours; each as long as
    /// `interval` (or `resolution`) says, in the days and hours of `timezone`.
    pub(super) fn buckets(&self, query: &Query) -> Result<Buckets, QueryError> {
        let zone = buckets::zone(self.filled("timezone")?.unwrap_or("UTC"))?;
        let span = match self.window(query)? {
            Some(window) => Span::Between(window),
            None => {
                let now = query.clock.now();
                let window = self.span(query)?;
                Span::Last { length_ms: window.to.since_ms(window.from), now }
            }
        };
        buckets::buckets(span, self.length("interval")?.or(self.length("resolution")?), zone)
    }

    /// `start` and `end`, else `statsPeriod`; `None` if all are absent.
    pub(super) fn optional_span(&self, query: &Query) -> Result<Option<Window>, QueryError> {
        match self.filled("statsPeriod")? {
            Some(_) => self.span(query).map(Some),
            None => self.window(query),
        }
    }

    /// The name of an attribute, by which events are told apart.
    pub(super) fn dimension(&self, name: &str, default: &str) -> Result<Dimension, QueryError> {
        let key = self.filled(name)?.unwrap_or(default);
        if key.len() > limits::TAG_KEY_BYTES {
            let limit = limits::TAG_KEY_BYTES;
            return Err(QueryError::Invalid(format!("{name}: is longer than {limit} bytes")));
        }
        Ok(Dimension::new(key))
    }

    /// `environment` and `release`.
    pub(super) fn event_filter(&self) -> Result<EventFilter, QueryError> {
        Ok(EventFilter {
            release: self.filled("release")?.map(Into::into),
            environment: self.filled("environment")?.map(Into::into),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail<T: std::fmt::Debug>(result: Result<T, QueryError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        let params =
            Params::parse("limit=101&cursor=x&statsPeriod=1y&start=then&environment=a&environment=b")
                .unwrap();
        insta::assert_snapshot!([
            detail(params.limit()),
            detail(params.cursor::<u64>()),
            detail(params.stats_period()),
            detail(params.timestamp("start")),
            detail(params.event_filter()),
            detail(Params::parse(&"a".repeat(20_000)).map(|_| ())),
        ].join("\n"), @r#"
        limit: "101" is not a number from 1 to 100
        cursor: not one that this list gave; leave it out to begin anew
        statsPeriod: "1y" is not 24h, 14d or 30d
        start: "then" is not a time such as 2026-11-24T03:42:01Z
        environment: is given twice
        query string is longer than 16384 bytes
        "#);
    }

    #[test]
    fn lengths_are_a_number_and_a_unit() {
        let params = Params::parse("a=90m&b=24h&c=2w&d=&e=0d&f=h&g=5\u{e9}&h=4294967295w").unwrap();
        assert_eq!(params.length("a").unwrap(), Some(90 * 60_000));
        assert_eq!(params.length("b").unwrap(), Some(Timestamp::DAY_MS));
        assert_eq!(params.length("c").unwrap(), Some(14 * Timestamp::DAY_MS));
        assert_eq!(params.length("d").unwrap(), None);
        for name in ["e", "f", "g"] {
            assert!(detail(params.length(name)).contains("is not a time such as"));
        }
    }

    #[test]
    fn times_are_seconds_or_iso() {
        let params =
            Params::parse("a=1795492921&b=2026-11-24T04:02:01&c=2026-11-24T04%3A02%3A01Z&d=").unwrap();
        let expected = Some(Timestamp(1_795_492_921_000));
        for name in ["a", "b", "c"] {
            assert_eq!(params.timestamp(name).unwrap(), expected, "{name}");
        }
        assert_eq!(params.timestamp("d").unwrap(), None);
    }
}
