//! The environments to choose from.

use mayday_catalog::projects::Project;

use super::visit::Visit;
use crate::read::period::Period;

/// Most that are listed.
const ENVIRONMENTS: usize = 20;

/// One of a project's.
pub(super) struct Environment {
    pub(super) name: String,
    pub(super) current: bool,
}

/// Environments that reported since yesterday, and the one that is chosen. Only a comfort: a page without them
/// is better than none.
pub(super) async fn environments(visit: &Visit, project: &Project, chosen: &str) -> Vec<Environment> {
    let window = Period::Day.window(visit.now);
    let found = visit.query.store.frequent_environments(project.id, window, ENVIRONMENTS).await;
    let mut names = found.unwrap_or_else(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "environments cannot be listed");
        Vec::new()
    });
    if !chosen.is_empty() && !names.iter().any(|name| name == chosen) {
        names.push(chosen.to_owned());
    }
    names.sort_unstable();
    names.into_iter().map(|name| Environment { current: name == chosen, name }).collect()
}
