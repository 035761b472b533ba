//! The environments to choose from.

use mayday_catalog::projects::Project;

use super::visit::Visit;
use crate::{
    QueryError,
    read::{
        period::Period,
        stats::Of,
        tags::{self, Narrowed},
    },
};

/// Most that are listed.
const ENVIRONMENTS: usize = 20;

/// One of a project's.
pub(super) struct Environment {
    pub(super) name: String,
    pub(super) current: bool,
}

/// Environments that reported in the last day, and the one that is chosen. Only a comfort: a page without them
/// is better than none.
pub(super) async fn environments(visit: &Visit, project: &Project, chosen: &str) -> Vec<Environment> {
    let narrowed = Narrowed { window: Some(Period::Day.window(visit.now)), ..Narrowed::default() };
    let found = tags::facet(&visit.query, Of::Project(project), &narrowed, "environment", ENVIRONMENTS).await;
    let mut names: Vec<String> = match found {
        Ok(facet) => facet.top.into_iter().map(|value| value.value).collect(),
        Err(QueryError::NotFound(_)) => Vec::new(),
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
