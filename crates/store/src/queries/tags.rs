//! Tag values and their shares.

use mayday_event::{GroupHash, ProjectId, Timestamp};

use super::Window;
use crate::{Store, StoreError};

/// A tag with its most frequent values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFacet {
    pub key: String,
    /// Events that have the tag.
    pub total: u64,
    /// Distinct values.
    pub distinct: u64,
    pub top: Vec<TagValue>,
}

/// A value of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagValue {
    pub value: String,
    pub count: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

impl Store {
    /// Each tag of some hashes' events, with its `top` most frequent values; tags by name.
    pub async fn tag_facets(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        window: Window,
        top: usize,
    ) -> Result<Vec<TagFacet>, StoreError> {
        let _ = (project, hashes, window, top);
        Ok(Vec::new())
    }

    /// One tag of some hashes' events; `None` if no event has it.
    pub async fn tag_facet(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        key: &str,
        window: Window,
        top: usize,
    ) -> Result<Option<TagFacet>, StoreError> {
        let _ = (project, hashes, key, window, top);
        Ok(None)
    }
}
