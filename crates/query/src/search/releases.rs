//! Which releases of a project a search means by `latest` and by `<1.2`.

use std::cmp::Ordering;

use mayday_event::{
    Timestamp,
    release_order::{self, ReleaseVersion},
};
use mayday_store::queries::Pattern;

use super::ast::{Comparison, Reference, Version, Versions};

/// A project's releases, the last first seen first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Releases(pub(crate) Vec<(String, Timestamp)>);

/// Which releases: any of these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Meant {
    /// To the letter; `""` stands for none.
    pub(super) exactly: Vec<String>,
    pub(super) like: Vec<Pattern>,
}

impl Versions {
    /// Whether it depends on which releases there are.
    pub(super) fn needs_releases(&self) -> bool {
        match self {
            Self::Compared(..) => true,
            Self::OneOf(versions) => versions.contains(&Version::Latest),
        }
    }
}

impl Releases {
    /// What is meant; an error says why it cannot be told.
    pub(super) fn meant(&self, versions: &Versions) -> Result<Meant, String> {
        match versions {
            Versions::OneOf(versions) => Ok(self.one_of(versions)),
            Versions::Compared(comparison, Reference::Latest) => match self.latest() {
                Some(latest) => self.compared(*comparison, latest),
                None => Ok(Meant::default()),
            },
            Versions::Compared(comparison, Reference::Is(version)) => self.compared(*comparison, version),
        }
    }

    fn one_of(&self, versions: &[Version]) -> Meant {
        let mut meant = Meant::default();
        for version in versions {
            match version {
                Version::Latest => meant.exactly.extend(self.latest().map(str::to_owned)),
                Version::Is(pattern) => match pattern.0.as_slice() {
                    [text] => meant.exactly.push(text.clone()),
                    _ => meant.like.push(pattern.clone()),
                },
            }
        }
        meant
    }

    fn compared(&self, comparison: Comparison, reference: &str) -> Result<Meant, String> {
        let of_reference = ReleaseVersion::parse(reference);
        let first_seen = self.first_seen(reference);
        if of_reference.is_none() && first_seen.is_none() {
            return Err(format!(
                "{reference:?} is neither a version such as 1.2.3 nor a release of this project: nothing can be \
                 compared with it"
            ));
        }
        let order = |(version, seen): &(String, Timestamp)| {
            if version == reference {
                return Some(Ordering::Equal);
            }
            let by_version = of_reference.as_ref().and_then(|reference| order(version, reference));
            by_version.or_else(|| Some(seen.cmp(&first_seen?)))
        };
        let holds =
            |release: &&(String, Timestamp)| order(release).is_some_and(|order| comparison.holds(order));
        let exactly = self.0.iter().filter(holds).map(|(version, _)| version.clone()).collect();
        Ok(Meant { exactly, like: Vec::new() })
    }

    fn first_seen(&self, version: &str) -> Option<Timestamp> {
        self.0.iter().find(|(known, _)| known == version).map(|(_, first_seen)| *first_seen)
    }

    fn latest(&self) -> Option<&str> {
        release_order::latest(self.0.iter().map(|(version, _)| version.as_str()))
    }
}

/// `None`: they tell no order. A reference without a package is of every package.
fn order(version: &str, reference: &ReleaseVersion) -> Option<Ordering> {
    let version = ReleaseVersion::parse(version)?;
    if reference.package.is_some() {
        return version.partial_cmp(reference);
    }
    let mut reference = reference.clone();
    reference.package.clone_from(&version.package);
    version.partial_cmp(&reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn releases(newest_first: &[&str]) -> Releases {
        let seen = (0..).map(|n| Timestamp(1_000 - n));
        Releases(newest_first.iter().map(|&version| version.to_owned()).zip(seen).collect())
    }

    fn compared(releases: &Releases, comparison: Comparison, reference: &str) -> Vec<String> {
        releases.meant(&Versions::Compared(comparison, Reference::Is(reference.into()))).unwrap().exactly
    }

    #[test]
    fn versions_are_compared_as_numbers_and_with_their_builds() {
        let all = releases(&["app@1.10.0", "app@1.9.0+20", "app@1.9.0+3", "app@1.2-beta", "other@0.1"]);
        assert_eq!(compared(&all, Comparison::Greater, "app@1.9.0+3"), ["app@1.10.0", "app@1.9.0+20"]);
        assert_eq!(
            compared(&all, Comparison::AtMost, "app@1.9+3"),
            ["app@1.9.0+3", "app@1.2-beta", "other@0.1"][..2]
        );
        assert_eq!(
            compared(&all, Comparison::Less, "1.2"),
            ["app@1.2-beta", "other@0.1"],
            "of every package"
        );
    }

    #[test]
    fn what_is_no_version_is_compared_by_when_it_was_first_seen() {
        let all = releases(&["c3d4", "app@2", "a1b2", "app@1"]);
        assert_eq!(compared(&all, Comparison::Less, "a1b2"), ["app@1"]);
        assert_eq!(compared(&all, Comparison::AtLeast, "a1b2"), ["c3d4", "app@2", "a1b2"]);
        let unknown = Versions::Compared(Comparison::Less, Reference::Is("e5f6".into()));
        assert!(all.meant(&unknown).unwrap_err().contains("\"e5f6\" is neither a version"));
    }

    #[test]
    fn the_latest_is_the_greatest_version_of_the_newest_package() {
        let latest = |newest_first: &[&str]| releases(newest_first).latest().map(str::to_owned);
        assert_eq!(latest(&["app@1.2.9", "app@2.0", "app@1.2.8", "other@9"]).as_deref(), Some("app@2.0"));
        assert_eq!(latest(&["nightly", "app@2.0"]).as_deref(), Some("nightly"));
        assert_eq!(latest(&[]), None);
    }
}
