//! A project's hooks.

use crate::{Query, QueryError};
use mayday_catalog::{
    alerts::{Hook, TransitionKind},
    projects::Project,
};

/// A hook to be.
#[derive(Debug, Clone)]
pub(crate) struct NewHook<'a> {
    /// Where deliveries are posted; `http` or `https`.
    pub(crate) url: &'a str,
    /// `issue.new`, `issue.regressed`.
    pub(crate) events: Vec<&'a str>,
    /// Signs deliveries; generated if not given.
    pub(crate) secret: Option<&'a str>,
}

/// Adds a hook; only what happens after this is told.
pub(crate) async fn create(query: &Query, project: &Project, hook: NewHook<'_>) -> Result<Hook, QueryError> {
    let events = subscriptions(&hook.events)?;
    Ok(query.catalog.create_hook(project.id, hook.url, &events, hook.secret).await?)
}

/// Removes a hook and what was not yet delivered to it.
pub(crate) async fn delete(query: &Query, project: &Project, id: i64) -> Result<(), QueryError> {
    Ok(query.catalog.delete_hook(project.id, id).await?)
}

/// The catalog checks the rest.
fn subscriptions(names: &[&str]) -> Result<Vec<TransitionKind>, QueryError> {
    let kind = |name: &&str| {
        let unknown =
            || QueryError::none_of("events", name, &TransitionKind::ALL.map(TransitionKind::action));
        TransitionKind::from_action(name).ok_or_else(unknown)
    };
    names.iter().map(kind).collect()
}
