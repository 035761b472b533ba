//! The rows as they are written, a table a file.

use clickhouse::{Row, RowWrite};

mod attachments;
mod events;
mod fates;
mod feedback;
mod missing_symbols;
mod outcomes;
mod recent_payloads;
mod sessions;
pub(crate) mod tags;

pub use attachments::AttachmentRow;
pub use events::{EventRow, StackNames};
pub use fates::FateRow;
pub use feedback::FeedbackRow;
pub use missing_symbols::MissingSymbolRow;
pub use outcomes::OutcomeRow;
pub use recent_payloads::RecentPayloadRow;
pub use sessions::SessionRow;

/// A row of a table.
pub(crate) trait Stored {
    const TABLE: &'static str;
    /// How it goes over the wire, in the names and types of the table.
    type Wire: RowWrite;

    fn wire(&self) -> <Self::Wire as Row>::Value<'_>;
}
