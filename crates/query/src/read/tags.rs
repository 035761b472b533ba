//! Values of tags and their shares, of an issue's events or a project's.

use std::sync::Arc;

use mayday_event::{GroupHash, ProjectId};
use mayday_store::queries::{
    EventFilter, Window,
    tags::{TagFacet, Tagged},
};

use super::{kept::Answer, stats::Of};
use crate::{Query, QueryError};

/// Which of the events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Narrowed {
    /// `None`: all that is kept.
    pub(crate) window: Option<Window>,
    pub(crate) filter: EventFilter,
}

impl Narrowed {
    fn tagged<'a>(&'a self, project: ProjectId, hashes: &'a [GroupHash]) -> Tagged<'a> {
        Tagged { project, hashes, window: self.window.unwrap_or(Window::ALL), filter: &self.filter }
    }
}

/// Whose tags are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct AskedFacets {
    project: ProjectId,
    hashes: Vec<GroupHash>,
    narrowed: Narrowed,
    top: usize,
}

impl Answer for Vec<TagFacet> {
    /// Only estimates are kept.
    fn is_of_much(&self) -> bool {
        self.iter().any(|facet| facet.step > 1)
    }
}

/// Lets the tag `user` have as many values as there are users by the count that stands beside it: that is an estimate, and
/// two numbers for one thing would only puzzle.
pub(crate) fn agree_on_users(facets: &mut [TagFacet], users: u64) {
    if let Some(of_users) = facets.iter_mut().find(|facet| facet.key == "user") {
        of_users.distinct = users;
    }
}

/// Each tag with the `top` most frequent values; tags by name.
pub(crate) async fn facets(
    query: &Query,
    of: Of<'_>,
    narrowed: &Narrowed,
    top: usize,
) -> Result<Vec<TagFacet>, QueryError> {
    if of.has_none() {
        return Ok(Vec::new());
    }
    let hashes = of.hashes().to_vec();
    let asked = AskedFacets { project: of.project(), hashes, narrowed: narrowed.clone(), top };
    let store = query.store.clone();
    let find = |asked: AskedFacets| async move {
        let AskedFacets { project, hashes, narrowed, top } = &asked;
        store.tag_facets(narrowed.tagged(*project, hashes), *top).await
    };
    Ok(Arc::unwrap_or_clone(query.kept.facets.get(asked, &query.clock, find).await?))
}

/// One tag with the `top` most frequent values.
pub(crate) async fn facet(
    query: &Query,
    of: Of<'_>,
    narrowed: &Narrowed,
    key: &str,
    top: usize,
) -> Result<TagFacet, QueryError> {
    if of.has_none() {
        return Err(QueryError::NotFound("tag"));
    }
    let facet = query.store.tag_facet(narrowed.tagged(of.project(), of.hashes()), key, top).await?;
    facet.ok_or(QueryError::NotFound("tag"))
}
