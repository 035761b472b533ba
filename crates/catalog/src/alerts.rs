//! Hooks, issue transitions, and the outbox of deliveries: the words for them.
//!
//! A batch records transitions and holds them back until ClickHouse has its events; then
//! [`fill_outbox`](crate::Catalog::fill_outbox) makes one delivery for each subscribed hook, and each delivery
//! is attempted until it arrived or is given up.

use mayday_event::{EventId, IssueId, ProjectId, Timestamp};

use crate::CatalogError;

/// What happened to an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransitionKind {
    /// `issue.new`
    New,
    /// `issue.regressed`
    Regressed,
    /// `issue.unignored`: what it was ignored until has come.
    Unignored,
    /// `issue.escalating`: ignored until its events would be more than forecast.
    Escalating,
}

impl TransitionKind {
    /// Every kind there is.
    pub const ALL: [Self; 4] = [Self::New, Self::Regressed, Self::Unignored, Self::Escalating];

    /// The action's name, as hooks subscribe to it.
    pub fn action(self) -> &'static str {
        match self {
            Self::New => "issue.new",
            Self::Regressed => "issue.regressed",
            Self::Unignored => "issue.unignored",
            Self::Escalating => "issue.escalating",
        }
    }

    /// From the action's name.
    pub fn from_action(action: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.action() == action)
    }

    pub(crate) fn from_sql(action: &str) -> Result<Self, CatalogError> {
        Self::from_action(action).ok_or_else(|| CatalogError::corrupt("kind of transition", action))
    }
}

/// A change of an issue's state that alerts may tell of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    pub id: i64,
    pub project_id: ProjectId,
    pub issue_id: IssueId,
    pub kind: TransitionKind,
    /// The event that caused it; the issue's newest then, if none did.
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
    /// Empty once the hook is removed.
    pub secret: String,
    pub transition: Transition,
    pub state: DeliveryState,
    pub attempts: u32,
    /// HTTP status of the last attempt.
    pub last_status: Option<u16>,
    pub last_error: Option<String>,
    /// What is posted, from the first attempt until it is delivered or given up: the same in each attempt.
    pub body: Option<String>,
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

impl DeliveryState {
    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn from_sql(name: &str) -> Result<Self, CatalogError> {
        [Self::Pending, Self::Delivered, Self::Failed]
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| CatalogError::corrupt("state of a delivery", name))
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    Delivered { status: u16 },
    Retry { status: Option<u16>, error: String, next_attempt: Timestamp },
    Failed { status: Option<u16>, error: String },
}
