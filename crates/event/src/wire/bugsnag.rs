//! Bugsnag's notify and session payloads, as its SDKs post them.

use super::{WireError, envelope::Item};

/// The items of a notify body: one `event` item an error report.
pub fn notify_items(_body: &[u8]) -> Result<Vec<Item>, WireError> {
    Ok(Vec::new())
}

/// The items of a sessions body.
pub fn session_items(_body: &[u8]) -> Result<Vec<Item>, WireError> {
    Ok(Vec::new())
}
