//! A project's hooks.

use mayday_catalog::{
    alerts::{Hook, TransitionKind},
    projects::Project,
};
use url::Url;

use crate::{Query, QueryError};

/// Longest URL of a hook, bytes.
const MAX_URL: usize = 2048;
/// A secret's length, bytes: long enough to sign with, short enough to store.
const SECRET: std::ops::RangeInclusive<usize> = 8..=256;

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
    check_url(hook.url)?;
    let events = subscriptions(&hook.events)?;
    if hook.secret.is_some_and(|secret| !SECRET.contains(&secret.len())) {
        return Err(QueryError::Invalid("secret: must have 8 to 256 bytes".into()));
    }
    Ok(query.catalog.create_hook(project.id, hook.url, &events, hook.secret).await?)
}

/// Removes a hook and what was not yet delivered to it.
pub(crate) async fn delete(query: &Query, project: &Project, id: i64) -> Result<(), QueryError> {
    Ok(query.catalog.delete_hook(project.id, id).await?)
}

fn check_url(text: &str) -> Result<(), QueryError> {
    let invalid = |why: &str| Err(QueryError::Invalid(format!("url: {why}")));
    if text.len() > MAX_URL {
        return invalid("longer than 2048 bytes");
    }
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(()),
        Ok(_) => invalid("must be http://… or https://…"),
        Err(error) => invalid(&error.to_string()),
    }
}

fn subscriptions(names: &[&str]) -> Result<Vec<TransitionKind>, QueryError> {
    const KINDS: [TransitionKind; 2] = [TransitionKind::New, TransitionKind::Regressed];
    let mut kinds = Vec::new();
    for name in names {
        let kind = KINDS.into_iter().find(|kind| kind.action() == *name).ok_or_else(|| {
            QueryError::Invalid(format!("events: {name:?} is not issue.new or issue.regressed"))
        })?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    if kinds.is_empty() {
        return Err(QueryError::Invalid("events: name at least one of issue.new, issue.regressed".into()));
    }
    Ok(kinds)
}
