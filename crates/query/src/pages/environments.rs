//! The environments to choose from.

use mayday_catalog::projects::Project;

use super::visit::Visit;
use crate::read;

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
    let found = read::environments::frequent(&visit.query, project, ENVIRONMENTS).await;
    let mut names: Vec<String> = match found {
        Ok(found) => found.iter().map(|frequent| frequent.value.clone()).collect(),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "environments cannot be listed");
            Vec::new()
        }
    };
    if !chosen.is_empty() && !names.iter().any(|name| name == chosen) {
        names.push(chosen.to_owned());
    }
    names.sort_unstable();
    names.into_iter().map(|name| Environment { current: name == chosen, name }).collect()
}
