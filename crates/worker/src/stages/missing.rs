//! What events lack, as ClickHouse keeps it.

use mayday_event::{Timestamp, model::SymbolStatus};
use mayday_store::rows::{EventRow, MissingSymbolRow};
use sha2::{Digest, Sha256};

use crate::stages::lacking::Missing;

/// A row for each file that an event lacks; `tried` is when it was looked for.
pub(crate) fn rows(event: &EventRow, missing: Vec<Missing>, tried: Timestamp) -> Vec<MissingSymbolRow> {
    let user_hash = user_hash(&event.user);
    let row = |missing: Missing| MissingSymbolRow {
        project_id: event.project_id,
        symbol: missing.symbol,
        event_id: event.event_id,
        received: event.received,
        tried,
        kind: missing.kind.to_owned(),
        is_missing: missing.is_missing,
        status: status_name(missing.status).to_owned(),
        reason: missing.reason,
        file: missing.file,
        code_id: missing.code_id,
        arch: missing.arch,
        release: event.release.clone(),
        dist: event.dist.clone(),
        user_hash,
    };
    missing.into_iter().map(row).collect()
}

/// As in JSON.
fn status_name(status: SymbolStatus) -> &'static str {
    match status {
        SymbolStatus::Found => "found",
        SymbolStatus::Missing => "missing",
        SymbolStatus::Malformed => "malformed",
        SymbolStatus::TimedOut => "timed_out",
        SymbolStatus::Mismatch => "mismatch",
    }
}

/// Tells users apart without saying who they are; 0 for none.
fn user_hash(user: &str) -> u64 {
    if user.is_empty() {
        return 0;
    }
    Sha256::digest(user).iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte)).max(1)
}
