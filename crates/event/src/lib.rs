//! What a crash report is: parsed, normalised and accounted for; pure.
//!
//! No tokio, no I/O and no clock: time and bytes are arguments. The way of a report through this crate:
//! [`RawReport`] (what ingest wrote to the journal) → [`wire`] (envelope framing, event JSON) →
//! [`normalize`] → [`Event`].

pub mod capped;
pub mod crash;
mod derive;
pub mod entry;
mod file_name;
pub mod filter;
pub mod grouping;
pub mod ids;
pub mod in_app;
mod items;
pub mod limits;
pub mod model;
pub mod normalize;
pub mod outcome;
pub mod quota;
pub mod raw;
pub mod release_order;
pub mod report;
pub mod retention;
pub mod scrub;
pub mod settings;
pub mod system_code;
pub mod time;
pub mod wire;

pub use entry::Entry;
pub use file_name::file_name;
pub use ids::{EventId, GroupHash, IssueId, OrganizationId, ProjectId, PublicKey};
pub use model::Event;
pub use outcome::{Category, Ledger, Outcome};
pub use raw::{JournalRecord, RawReport};
pub use report::{ReportError, entries_of};
pub use time::{Clock, Timestamp};
