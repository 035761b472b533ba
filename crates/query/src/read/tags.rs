//! Values of tags and their shares, of an issue's events or a project's.

use mayday_store::queries::{
    EventFilter, Window,
    tags::{TagFacet, Tagged},
};

use super::stats::Of;
use crate::{Query, QueryError};

/// Which of the events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Narrowed {
    /// `None`: all that is kept.
    pub(crate) window: Option<Window>,
    pub(crate) filter: EventFilter,
}

impl Narrowed {
    fn tagged<'a>(&'a self, of: &'a Of<'_>) -> Tagged<'a> {
        Tagged {
            project: of.project(),
            hashes: of.hashes(),
            window: self.window.unwrap_or(Window::ALL),
            filter: &self.filter,
        }
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
    Ok(query.store.tag_facets(narrowed.tagged(&of), top).await?)
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
    let facet = query.store.tag_facet(narrowed.tagged(&of), key, top).await?;
    facet.ok_or(QueryError::NotFound("tag"))
}
