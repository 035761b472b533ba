//! Hooks, issue transitions, and the outbox of deliveries.

use mayday_event::{EventId, IssueId, ProjectId, Timestamp};

use crate::{Catalog, CatalogError};

/// What happened to an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransitionKind {
    /// `issue.new`
    New,
    /// `issue.regressed`
    Regressed,
}

impl TransitionKind {
    /// The action's name, as hooks subscribe to it.
    pub fn action(self) -> &'static str {
        match self {
            Self::New => "issue.new",
            Self::Regressed => "issue.regressed",
        }
    }
}

/// A change of an issue's state that alerts may tell of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    pub id: i64,
    pub project_id: ProjectId,
    pub issue_id: IssueId,
    pub kind: TransitionKind,
    /// The event that caused it.
    pub event_id: EventId,
    /// For people: `first event of this issue, in release 1.2.3`.
    pub reason: String,
    pub created: Timestamp,
}

/// A project's hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    pub id: i64,
    pub project_id: ProjectId,
    pub url: String,
    pub events: Vec<TransitionKind>,
    /// Signs deliveries.
    pub secret: String,
    pub active: bool,
    pub created: Timestamp,
}

/// A delivery in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Also its idempotency key.
    pub id: String,
    pub hook_id: i64,
    pub url: String,
    pub secret: String,
    pub transition: Transition,
    pub state: DeliveryState,
    pub attempts: u32,
    /// HTTP status of the last attempt.
    pub last_status: Option<u16>,
    pub last_error: Option<String>,
    pub next_attempt: Timestamp,
    pub created: Timestamp,
    pub delivered: Option<Timestamp>,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    Pending,
    Delivered,
    /// Given up after the last retry.
    Failed,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    Delivered { status: u16 },
    Retry { status: Option<u16>, error: String, next_attempt: Timestamp },
    Failed { status: Option<u16>, error: String },
}

impl Catalog {
    /// A project's hooks, oldest first.
    pub async fn hooks(&self, project: ProjectId) -> Result<Vec<Hook>, CatalogError> {
        let _ = project;
        Ok(Vec::new())
    }

    /// Adds a hook; only transitions after this are told. A secret is generated where none is given.
    pub async fn create_hook(
        &self,
        project: ProjectId,
        url: &str,
        events: &[TransitionKind],
        secret: Option<&str>,
    ) -> Result<Hook, CatalogError> {
        let _ = (project, url, events, secret);
        Err(CatalogError::NotFound("project"))
    }

    /// Removes a hook and its undelivered deliveries.
    pub async fn delete_hook(&self, project: ProjectId, id: i64) -> Result<(), CatalogError> {
        let _ = (project, id);
        Ok(())
    }

    /// In one transaction: takes transitions that their batch has released and nobody took, and puts one
    /// delivery for each subscribed hook into the outbox. How many transitions were taken.
    pub async fn fill_outbox(&self) -> Result<usize, CatalogError> {
        Ok(0)
    }

    /// Pending deliveries that are due at `now`, oldest first.
    pub async fn due_deliveries(&self, now: Timestamp, limit: usize) -> Result<Vec<Delivery>, CatalogError> {
        let _ = (now, limit);
        Ok(Vec::new())
    }

    /// Writes down how an attempt ended.
    pub async fn record_attempt(&self, delivery: &str, attempt: &Attempt) -> Result<(), CatalogError> {
        let _ = (delivery, attempt);
        Ok(())
    }

    /// A project's deliveries, newest first.
    pub async fn deliveries(&self, project: ProjectId, limit: usize) -> Result<Vec<Delivery>, CatalogError> {
        let _ = (project, limit);
        Ok(Vec::new())
    }
}
