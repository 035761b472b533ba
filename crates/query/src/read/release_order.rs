//! The order of releases in lists, and pages of them that hold while events and sessions come in.

use std::{fmt, str::FromStr};

use mayday_event::{Timestamp, release_order::Rank};
use mayday_store::queries::sessions::SessionCounts;

use super::page::{self, Place};
use crate::{
    cursor::{Cursor, InvalidCursor, Pagination},
    health::Share,
};

/// What comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    /// The newest.
    #[default]
    Date,
    /// The highest version; what has none comes last, the newest first.
    Semver,
    Sessions,
    Users,
    /// What the most of the last day's sessions are of.
    Adoption,
    /// The least crash-free; what has no sessions comes last.
    CrashFreeSessions,
    CrashFreeUsers,
    NewIssues,
}

/// What a release is sorted by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measures<'a> {
    pub(crate) version: &'a str,
    pub(crate) created: Timestamp,
    pub(crate) counts: SessionCounts,
    /// Share of the last day's sessions, up to 1.
    pub(crate) adoption: Option<f64>,
    pub(crate) new_issues: u64,
}

/// Settles the order of releases of which as much is sorted by: the newest first, but for the highest version where that
/// is what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ReleaseKey {
    /// `None`: versions do not matter.
    rank: Option<Rank>,
    pub(crate) created: Timestamp,
    pub(crate) version: String,
}

/// Before the key of one that is sorted by its version.
const BY_VERSION: char = 'v';

/// `1795492921500.312e30`: the time, and the version in hexadecimal, for it may hold anything.
impl fmt::Display for ReleaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rank.is_some() {
            write!(f, "{BY_VERSION}")?;
        }
        write!(f, "{}.{}", self.created.0, hex::encode(&self.version))
    }
}

impl FromStr for ReleaseKey {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (is_by_version, text) = text.strip_prefix(BY_VERSION).map_or((false, text), |text| (true, text));
        let (created, version) = text.split_once('.').ok_or(InvalidCursor)?;
        let version = hex::decode(version).map_err(|_| InvalidCursor)?;
        let version = String::from_utf8(version).map_err(|_| InvalidCursor)?;
        Ok(Self {
            rank: is_by_version.then(|| Rank::of(&version)),
            created: created.parse().map(Timestamp).map_err(|_| InvalidCursor)?,
            version,
        })
    }
}

impl ReleaseKey {
    /// Of a list that is sorted by date.
    pub(super) fn by_date(created: Timestamp, version: &str) -> Place<Self> {
        Place { value: created.0, id: Self { rank: None, created, version: version.to_owned() } }
    }
}

impl Sort {
    fn place(self, of: Measures<'_>) -> Place<ReleaseKey> {
        let rank = (self == Self::Semver).then(|| Rank::of(of.version));
        Place {
            value: self.value(of),
            id: ReleaseKey { rank, created: of.created, version: of.version.to_owned() },
        }
    }

    /// The largest comes first.
    fn value(self, Measures { created, counts, adoption, new_issues, .. }: Measures<'_>) -> i64 {
        /// A share as a whole number: finer than anybody could tell apart.
        const WHOLE: f64 = 1e12;
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let least = |share: Option<Share>| share.map_or(i64::MIN, |share| -((share.rate * WHOLE) as i64));
        match self {
            Self::Date => created.0,
            // The key's rank decides.
            Self::Semver => 0,
            Self::Sessions => count(counts.sessions),
            Self::Users => count(counts.users),
            Self::Adoption => (adoption.unwrap_or_default() * WHOLE) as i64,
            Self::CrashFreeSessions => least(Share::without(counts.crashed, counts.sessions)),
            Self::CrashFreeUsers => least(Share::without(counts.crashed_users, counts.users)),
            Self::NewIssues => count(new_issues),
        }
    }
}

/// The page of some releases that a cursor leads to. One whose numbers change between two pages may move; no other is
/// missed or comes twice for it.
pub(crate) fn page<T>(
    releases: Vec<T>,
    measures: impl Fn(&T) -> Measures<'_>,
    sort: Sort,
    cursor: Option<Cursor<ReleaseKey>>,
    limit: usize,
) -> (Vec<T>, Pagination) {
    let mut placed: Vec<(Place<ReleaseKey>, T)> =
        releases.into_iter().map(|release| (sort.place(measures(&release)), release)).collect();
    placed.sort_by(|(one, _), (other, _)| other.cmp(one));
    let (places, releases): (Vec<_>, Vec<_>) = placed.into_iter().unzip();
    let (page, pagination) = page::cut(places.clone(), cursor, limit);
    let start = page.first().map_or(0, |first| places.partition_point(|place| place > first));
    (releases.into_iter().skip(start).take(page.len()).collect(), pagination)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::now;

    #[derive(Debug, Clone)]
    struct Release {
        version: &'static str,
        minute: i64,
        counts: SessionCounts,
    }

    impl Release {
        fn new(version: &'static str, minute: i64, sessions: u64, crashed: u64) -> Self {
            Self { version, minute, counts: SessionCounts { sessions, crashed, ..SessionCounts::default() } }
        }

        fn measures(&self) -> Measures<'_> {
            Measures {
                version: self.version,
                created: now().plus_ms(self.minute * 60_000),
                counts: self.counts,
                adoption: None,
                new_issues: 0,
            }
        }
    }

    fn releases() -> Vec<Release> {
        vec![
            Release::new("shop@1.9.0", 1, 10, 1),
            Release::new("nightly", 2, 30, 0),
            Release::new("shop@1.10.0+7", 3, 20, 5),
            // A fix of an old version, made last.
            Release::new("pay@1.9.1", 4, 0, 0),
        ]
    }

    fn shown(releases: Vec<Release>, sort: Sort, cursor: Option<&str>, limit: usize) -> (String, Pagination) {
        let cursor = cursor.map(|cursor| cursor.parse().unwrap());
        let (page, pagination) = page(releases, Release::measures, sort, cursor, limit);
        (page.iter().map(|release| release.version).collect::<Vec<_>>().join(" "), pagination)
    }

    #[test]
    fn releases_are_sorted_by_what_is_asked() {
        let sorted = |sort| shown(releases(), sort, None, 10).0;
        assert_eq!(sorted(Sort::Date), "pay@1.9.1 shop@1.10.0+7 nightly shop@1.9.0");
        assert_eq!(sorted(Sort::Semver), "shop@1.10.0+7 pay@1.9.1 shop@1.9.0 nightly");
        assert_eq!(sorted(Sort::Sessions), "nightly shop@1.10.0+7 shop@1.9.0 pay@1.9.1");
        assert_eq!(sorted(Sort::CrashFreeSessions), "shop@1.10.0+7 shop@1.9.0 nightly pay@1.9.1");
        assert_eq!(sorted(Sort::NewIssues), sorted(Sort::Date), "the newest of those that are alike");
    }

    #[test]
    fn pages_hold_while_releases_and_sessions_come_in() {
        for sort in [Sort::Date, Sort::Semver, Sort::Sessions, Sort::CrashFreeSessions] {
            let whole = shown(releases(), sort, None, 10).0;
            let (first, around) = shown(releases(), sort, None, 2);
            assert_eq!(around.previous_cursor(), None);
            // New, and first in each order.
            let mut grown = releases();
            grown.push(Release::new("shop@2.0.0", 9, 1000, 900));
            let (second, around) = shown(grown.clone(), sort, around.next_cursor(), 2);
            assert_eq!(format!("{first} {second}"), whole, "{sort:?}");
            assert_eq!(around.next_cursor(), None);
            let (back, around) = shown(grown, sort, around.previous_cursor(), 2);
            assert_eq!(back, first, "{sort:?}");
            assert!(around.previous_cursor().is_some(), "the new one is before it");
        }
    }

    #[test]
    fn keys_read_back_whatever_versions_hold() {
        for version in ["1.0", "", "a:b;c>\"\u{e9}\n"] {
            for sort in [Sort::Date, Sort::Semver] {
                let key = sort.place(Release { version, ..Release::new("", 0, 0, 0) }.measures()).id;
                assert_eq!(key.to_string().parse::<ReleaseKey>().unwrap(), key);
            }
        }
        for text in ["", "1", "1.zz", "x.00", "1.ff", "vv1.00"] {
            assert_eq!(text.parse::<ReleaseKey>(), Err(InvalidCursor), "{text}");
        }
    }
}
