//! Which symbol files events wanted and did not have.

use clickhouse::Row;
use mayday_event::{EventId, ProjectId, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::Stored;

/// A file that one event wanted. The row of the last try takes the place of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingSymbolRow {
    pub project_id: ProjectId,
    /// What the file is asked for by: a debug id, `code:` and a code id, a mapping's id, a source map's place.
    pub symbol: String,
    pub event_id: EventId,
    /// Of the event.
    pub received: Timestamp,
    /// When it was last looked for, by the server's clock.
    pub tried: Timestamp,
    /// `native`, `portable_pdb`, `proguard`, `source_map`, `dart`.
    pub kind: String,
    /// False: a better file would only help.
    pub is_missing: bool,
    /// `mayday_event::model::SymbolStatus`, by its name in JSON.
    pub status: String,
    /// For people.
    pub reason: String,
    /// File name without folders, or the minified file's URL.
    pub file: String,
    /// Empty if unknown.
    pub code_id: String,
    /// Empty if unknown.
    pub arch: String,
    pub release: String,
    pub dist: String,
    /// Tells users apart; 0 if unknown.
    pub user_hash: u64,
}

#[derive(Row, Serialize)]
pub(crate) struct MissingSymbolWire<'a> {
    project_id: u64,
    symbol: &'a str,
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    received: i64,
    tried: u64,
    kind: &'a str,
    is_missing: bool,
    status: &'a str,
    reason: &'a str,
    file: &'a str,
    code_id: &'a str,
    arch: &'a str,
    release: &'a str,
    dist: &'a str,
    user_hash: u64,
}

impl Stored for MissingSymbolRow {
    const TABLE: &'static str = "missing_symbols";
    type Wire = MissingSymbolWire<'static>;

    fn wire(&self) -> MissingSymbolWire<'_> {
        MissingSymbolWire {
            project_id: self.project_id.0,
            symbol: &self.symbol,
            event_id: self.event_id.0,
            received: self.received.0,
            tried: u64::try_from(self.tried.0).unwrap_or_default(),
            kind: &self.kind,
            is_missing: self.is_missing,
            status: &self.status,
            reason: &self.reason,
            file: &self.file,
            code_id: &self.code_id,
            arch: &self.arch,
            release: &self.release,
            dist: &self.dist,
            user_hash: self.user_hash,
        }
    }
}
