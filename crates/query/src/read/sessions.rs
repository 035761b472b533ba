//! Sessions of a project: how many, how they ended, of how many users.

use mayday_catalog::projects::Project;
use mayday_store::queries::{
    Window,
    sessions::{SessionCounts, SessionFilter, SessionGroup, SessionGrouping},
};

use crate::{Query, QueryError};

/// Most releases that are told apart.
const RELEASES: usize = 100;

/// Sessions that started in a window.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    pub(crate) totals: SessionCounts,
    /// Those with most sessions first.
    pub(crate) releases: Vec<SessionGroup>,
}

/// A project's sessions.
pub(crate) async fn list(
    query: &Query,
    project: &Project,
    window: Window,
    filter: &SessionFilter,
) -> Result<Sessions, QueryError> {
    let by_release = SessionGrouping { release: true, ..SessionGrouping::default() };
    let (totals, releases) = tokio::try_join!(
        query.store.session_totals(project.id, window, filter),
        query.store.session_groups(project.id, window, filter, by_release, RELEASES),
    )?;
    Ok(Sessions { totals, releases })
}
