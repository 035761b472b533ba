//! What was received and what became of it, by minute.

use clickhouse::Row;
use mayday_event::{ProjectId, Timestamp};
use serde::Serialize;

use super::Stored;

/// How many things of one kind one source had in a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeRow {
    /// 0: it could not be told.
    pub project_id: ProjectId,
    /// The catalog's id of the DSN key; 0: it could not be told.
    pub key_id: i64,
    /// `mayday_event::Category`'s name.
    pub category: &'static str,
    /// `received`, `mayday_event::Outcome`'s name, or `client_discard`.
    pub outcome: String,
    /// Stable, in `snake_case`; as the client says for `client_discard`; empty for `received` and `accepted`.
    pub reason: String,
    /// In which they were received.
    pub minute: Timestamp,
    pub quantity: u64,
    /// Where the number comes from, such as `JOURNAL:first-last`. The same source's number replaces an earlier one.
    pub source: String,
}

#[derive(Row, Serialize)]
pub(crate) struct OutcomeWire<'a> {
    project_id: u64,
    minute: u32,
    category: &'a str,
    outcome: &'a str,
    reason: &'a str,
    key_id: i64,
    source: &'a str,
    quantity: u64,
}

impl Stored for OutcomeRow {
    const TABLE: &'static str = "outcomes";
    type Wire = OutcomeWire<'static>;

    fn wire(&self) -> OutcomeWire<'_> {
        let minute = self.minute.seconds().div_euclid(60) * 60;
        OutcomeWire {
            project_id: self.project_id.0,
            minute: u32::try_from(minute).unwrap_or_default(),
            category: self.category,
            outcome: &self.outcome,
            reason: &self.reason,
            key_id: self.key_id,
            source: &self.source,
            quantity: self.quantity,
        }
    }
}
