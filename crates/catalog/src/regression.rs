//! Whether an event brings a resolved issue back.

use std::cmp::Ordering;

use mayday_event::{ProjectId, Timestamp, release_order};

use crate::{CatalogError, connect::Connection, releases};

/// How an issue was resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fix {
    /// For all releases.
    AtOnce,
    /// From this release on.
    In(String),
    /// In releases later than this one, the latest when it was resolved; `None`: there was no release.
    After(Option<String>),
}

impl Fix {
    /// Whether a release is without the fix: older, or none, which says as little as an old one. By the order of the two
    /// releases; where they have none, by when they were first seen.
    pub(crate) async fn is_missing_in(
        &self,
        tx: &mut Connection,
        project: ProjectId,
        release: Option<&str>,
        resolved: Timestamp,
    ) -> Result<bool, CatalogError> {
        let (fixed, latest_without) = match self {
            Self::AtOnce => return Ok(false),
            Self::In(fixed) => (Some(fixed), Ordering::Less),
            Self::After(latest) => (latest.as_ref(), Ordering::Equal),
        };
        let Some(release) = release else { return Ok(true) };
        if let Some(order) = fixed.and_then(|fixed| release_order::compare(release, fixed)) {
            return Ok(order <= latest_without);
        }
        let Some(seen) = releases::first_seen(tx, project, release).await? else { return Ok(true) };
        match (self, fixed) {
            (Self::In(_), Some(fixed)) => {
                Ok(releases::first_seen(tx, project, fixed).await?.is_none_or(|fixed| seen < fixed))
            }
            _ => Ok(seen <= resolved),
        }
    }

    /// For people, after "it was resolved".
    pub(crate) fn words(&self, resolved: Timestamp) -> String {
        match self {
            Self::In(release) => format!("in release {release}"),
            Self::After(Some(latest)) => format!("in the release after {latest}"),
            Self::AtOnce | Self::After(None) => format!("at {resolved}"),
        }
    }
}
