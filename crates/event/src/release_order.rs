//! Which of two releases is the later one.
//!
//! A release is read as Sentry reads it: `package@version+build`, the package optional, the version one to four
//! numbers and perhaps a pre-release; also `5.4 (1234)`, as Apple shows a version with its build. Two releases have
//! an order if both can be read and are of one package; commit hashes and names have none.

use std::{cmp::Ordering, sync::LazyLock};

use regex::Regex;
use semver::Prerelease;

/// Longer texts are not read.
const MAX_BYTES: usize = 250;
/// Numbers of a version at most: major, minor, patch, revision.
const NUMBERS: usize = 4;

/// A release that can be read.
#[derive(Debug, Clone)]
pub struct ReleaseVersion {
    /// `com.example.app`; `None` if none is said.
    pub package: Option<String>,
    /// Those that are not said are 0.
    numbers: [u64; NUMBERS],
    pre: Prerelease,
    build: Build,
}

/// What tells two uploads of one version apart.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Build {
    Absent,
    /// `1234`, or `1234.5.6`; without zeros at the end.
    Numbers(Vec<u64>),
    /// A commit hash or a name: later than no build, without an order among builds.
    Text(String),
}

impl ReleaseVersion {
    /// `None` if the text has no version, as in `my-app@a1b2c3d` or `nightly`.
    pub fn parse(release: &str) -> Option<Self> {
        if release.len() > MAX_BYTES {
            return None;
        }
        let release = release.trim();
        // A package may itself begin with one, as those of npm do.
        let at = release.char_indices().skip(1).find(|(_, char)| *char == '@');
        let parted = at.and_then(|(at, _)| Some((release.get(..at)?, release.get(at + 1..)?)));
        let (package, version) =
            parted.map_or((None, release), |(package, version)| (Some(package.to_owned()), version));
        let parts = VERSION.captures(version)?;
        let mut numbers = [0; NUMBERS];
        let mut said = 0;
        for (number, text) in numbers.iter_mut().zip(parts["numbers"].split('.')) {
            *number = text.parse().ok()?;
            said += 1;
        }
        let pre = parts.name("pre").map_or("", |pre| pre.as_str());
        // `1a1` and `7e3f9c2` are no versions, though `1.0a1` is one.
        if said == 1 && !pre.is_empty() && !pre.starts_with('-') {
            return None;
        }
        let pre = Prerelease::new(pre.strip_prefix('-').unwrap_or(pre)).ok()?;
        let build = parts.name("plus").or_else(|| parts.name("paren"));
        Some(Self { package, numbers, pre, build: Build::parse(build.map_or("", |build| build.as_str())) })
    }
}

impl PartialEq for ReleaseVersion {
    /// The same version of the same package, however it is written: `1.2` is `1.2.0`.
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for ReleaseVersion {
    /// `None`: of other packages, or the same version with builds that have no order.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.package != other.package {
            return None;
        }
        match (&self.numbers, &self.pre).cmp(&(&other.numbers, &other.pre)) {
            Ordering::Equal => self.build.partial_cmp(&other.build),
            order => Some(order),
        }
    }
}

impl Build {
    fn parse(text: &str) -> Self {
        if text.is_empty() {
            return Self::Absent;
        }
        let numbers: Result<Vec<u64>, _> = text.split('.').map(str::parse).collect();
        match numbers {
            Ok(mut numbers) => {
                while numbers.len() > 1 && numbers.last() == Some(&0) {
                    numbers.pop();
                }
                Self::Numbers(numbers)
            }
            Err(_) => Self::Text(text.to_owned()),
        }
    }
}

impl PartialOrd for Build {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Absent, Self::Absent) => Some(Ordering::Equal),
            (Self::Absent, _) => Some(Ordering::Less),
            (_, Self::Absent) => Some(Ordering::Greater),
            (Self::Numbers(one), Self::Numbers(other)) => Some(one.cmp(other)),
            (one, other) => (one == other).then_some(Ordering::Equal),
        }
    }
}

/// The order of two releases in time; `None` if their texts tell none.
pub fn compare(one: &str, other: &str) -> Option<Ordering> {
    if one == other {
        return Some(Ordering::Equal);
    }
    ReleaseVersion::parse(one)?.partial_cmp(&ReleaseVersion::parse(other)?)
}

/// Where a release stands in a list by version: of any two, one is before the other, whatever their packages are, or they
/// are alike. What has no version stands lowest, and builds that are names stand above those that are numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(Option<Place>);

/// The parts of a version, the weightiest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    numbers: [u64; NUMBERS],
    pre: Prerelease,
    has_named_build: bool,
    build: Option<Vec<u64>>,
}

impl Rank {
    /// Of a release as its client names it.
    pub fn of(release: &str) -> Self {
        Self(ReleaseVersion::parse(release).map(|ReleaseVersion { numbers, pre, build, .. }| {
            let has_named_build = matches!(build, Build::Text(_));
            let build = match build {
                Build::Numbers(numbers) => Some(numbers),
                Build::Absent | Build::Text(_) => None,
            };
            Place { numbers, pre, has_named_build, build }
        }))
    }
}

/// The latest of some releases, which are given by when they were first seen, the newest first: that one, unless another
/// is later by their order, as a fix of an older version may come out after the newest.
pub fn latest<'a>(newest_first: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut releases = newest_first.into_iter();
    let newest = releases.next()?;
    let Some(mut greatest) = ReleaseVersion::parse(newest) else { return Some(newest) };
    let mut latest = newest;
    for release in releases {
        if let Some(version) = ReleaseVersion::parse(release).filter(|version| *version > greatest) {
            (latest, greatest) = (release, version);
        }
    }
    Some(latest)
}

static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?x)^
        (?P<numbers> [0-9]+ (?: \.[0-9]+ ){0,3} )
        (?P<pre> (?: -[0-9A-Za-z-]+ | [a-z][0-9A-Za-z-]* ) (?: \.[0-9A-Za-z-]+ )* )?
        (?: \+ (?P<plus> [0-9A-Za-z.-]+ ) | \x20? \( (?P<paren> [0-9A-Za-z.-]+ ) \) )?
        $";
    Regex::new(pattern).unwrap_or_else(|error| unreachable!("a constant pattern: {error}"))
});

#[cfg(test)]
mod tests;
