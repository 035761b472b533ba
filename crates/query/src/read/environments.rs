//! A project's environments.

use std::sync::Arc;

use mayday_catalog::projects::Project;
use mayday_event::ProjectId;
use mayday_store::queries::Window;
pub(crate) use mayday_store::queries::values::Frequent;

use super::{
    kept::{Answer, MUCH},
    period::Period,
};
use crate::{Query, QueryError};

/// Whose environments, and how many of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct AskedEnvironments {
    project: ProjectId,
    window: Window,
    limit: usize,
}

impl Answer for Vec<Frequent> {
    /// Only to choose from.
    const LASTING: i64 = 100;

    fn is_of_much(&self) -> bool {
        self.iter().map(|frequent| frequent.events).sum::<u64>() >= MUCH
    }
}

/// The environments with most events since yesterday.
pub(crate) async fn frequent(
    query: &Query,
    project: &Project,
    limit: usize,
) -> Result<Arc<Vec<Frequent>>, QueryError> {
    let window = Period::Day.window(query.clock.now()).in_whole_days();
    let asked = AskedEnvironments { project: project.id, window, limit };
    let store = query.store.clone();
    let find = |AskedEnvironments { project, window, limit }| async move {
        store.frequent_environments(project, window, limit).await
    };
    Ok(query.kept.environments.get(asked, &query.clock, find).await?)
}
