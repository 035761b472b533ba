//! Issues and their state.

use mayday_event::{GroupHash, IssueId, OrganizationId, ProjectId, Timestamp, model::Level};
use serde::Serialize;

use crate::{Catalog, CatalogError};

/// An issue's status, with Sentry's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Unresolved,
    Resolved,
    Ignored,
}

/// Finer state, with Sentry's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Substatus {
    /// Unresolved and first seen in the last 7 days.
    New,
    Ongoing,
    Regressed,
    ArchivedUntilEscalating,
}

/// An issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    pub id: IssueId,
    pub organization_id: OrganizationId,
    pub project_id: ProjectId,
    pub project_slug: String,
    pub project_name: String,
    pub project_platform: String,
    /// `APP-1`.
    pub short_id: String,
    pub status: Status,
    /// Reopened by an event after it was resolved, and not resolved or ignored since.
    pub regressed: bool,
    /// Resolved until an event of a release that was not known at `resolved` comes.
    pub resolved_in_next_release: bool,
    pub resolved: Option<Timestamp>,
    pub level: Level,
    pub platform: String,
    pub title: String,
    pub culprit: String,
    pub error_type: String,
    pub error_value: String,
    pub filename: String,
    pub function: String,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub first_release: Option<String>,
    pub last_release: Option<String>,
    /// E-mail address of whom it is assigned to.
    pub assignee: Option<String>,
    /// All that lead here.
    pub hashes: Vec<GroupHash>,
}

/// Which issues of a project.
#[derive(Debug, Clone, Default)]
pub struct IssueFilter {
    pub status: Option<Status>,
    /// Case-insensitive; each must occur in title, culprit or short id.
    pub words: Vec<String>,
    /// E-mail address; `Some(None)`: assigned to nobody.
    pub assignee: Option<Option<String>>,
}

/// The little that a list is sorted by.
#[derive(Debug, Clone, PartialEq)]
pub struct IssueKey {
    pub id: IssueId,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub hashes: Vec<GroupHash>,
}

/// A change that a person makes; `None` leaves as is.
#[derive(Debug, Clone, Default)]
pub struct IssueChange {
    pub status: Option<NewStatus>,
    /// E-mail address of a member; `Some(None)` takes it from whom it was assigned to.
    pub assignee: Option<Option<String>>,
}

/// A status that a person sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewStatus {
    Unresolved,
    Resolved,
    ResolvedInNextRelease,
    Ignored,
}

impl Catalog {
    /// The keys of all issues of a project that pass the filter, newest `last_seen` first, at most `limit`.
    pub async fn issue_keys(
        &self,
        project: ProjectId,
        filter: &IssueFilter,
        limit: usize,
    ) -> Result<Vec<IssueKey>, CatalogError> {
        let _ = (project, filter, limit);
        Ok(Vec::new())
    }

    /// Issues by id, in the order asked; those that are not there or of another organisation are left out.
    pub async fn issues(
        &self,
        organization: OrganizationId,
        ids: &[IssueId],
    ) -> Result<Vec<Issue>, CatalogError> {
        let _ = (organization, ids);
        Ok(Vec::new())
    }

    /// An issue by decimal id or by short id.
    pub async fn issue(&self, organization: OrganizationId, id: &str) -> Result<Issue, CatalogError> {
        let _ = (organization, id);
        Err(CatalogError::NotFound("issue"))
    }

    /// The issue that a group hash of a project leads to.
    pub async fn issue_of_hash(
        &self,
        project: ProjectId,
        hash: GroupHash,
    ) -> Result<Option<IssueId>, CatalogError> {
        let _ = (project, hash);
        Ok(None)
    }

    /// Changes an issue and gives it back as it is then.
    pub async fn change_issue(
        &self,
        organization: OrganizationId,
        id: IssueId,
        change: &IssueChange,
    ) -> Result<Issue, CatalogError> {
        let _ = (organization, id, change);
        Err(CatalogError::NotFound("issue"))
    }
}
