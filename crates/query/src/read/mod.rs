//! What is shown, composed of catalog and store: both the API and the pages answer from here. No HTTP.
//!
//! Whatever takes a [`Project`](mayday_catalog::projects::Project) or an
//! [`Issue`](mayday_catalog::issues::Issue) trusts that it came from [`projects::find`] or [`issues::find`],
//! which know only what the principal's organisation owns.

pub(crate) mod attachments;
mod bare_event;
pub(crate) mod buckets;
pub(crate) mod debug_files;
pub(crate) mod environments;
pub(crate) mod events;
pub(crate) mod fate;
pub(crate) mod feedback;
pub(crate) mod grouping;
pub(crate) mod hooks;
mod issue_counts;
pub(crate) mod issue_list;
mod issue_search;
pub(crate) mod issues;
pub(crate) mod kept;
pub(crate) mod missing_symbols;
pub(crate) mod organization_sessions;
pub(crate) mod outcomes;
mod page;
pub(crate) mod period;
pub(crate) mod projects;
pub(crate) mod quarantine;
pub(crate) mod reasons;
pub(crate) mod regrouping;
pub(crate) mod release_health;
pub(crate) mod release_list;
pub(crate) mod release_order;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod source_trial;
pub(crate) mod stats;
pub(crate) mod suspects;
pub(crate) mod symbol_sources;
pub(crate) mod tags;
pub(crate) mod trial;

use mayday_event::Timestamp;

/// Events per bucket, oldest first, zeros included: `(start of bucket, events)`.
pub(crate) type Series = Vec<(Timestamp, u64)>;

/// Rows in a page when nobody says how many.
pub(crate) const DEFAULT_LIMIT: usize = 25;
/// Most rows in a page.
pub(crate) const MAX_LIMIT: usize = 100;
