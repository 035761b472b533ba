//! Turns addresses, obfuscated names and minified positions into functions, files and lines, or a reason why not.
//!
//! Knows no store: what it needs it asks of [`Artifacts`], and what it cannot have it writes down with the reason.

mod artifacts;
pub mod caches;
pub mod convert;
pub mod dart;
pub mod dotnet;
mod elsewhere;
pub mod folders;
mod frame_copy;
pub mod in_app;
pub mod js;
pub mod jvm;
mod kept;
mod managed;
pub mod minidump;
pub mod native;
pub mod objects;
mod outcome;
pub mod report;
mod source_context;
mod source_files;
pub mod sources;
mod stacks;
mod table;
mod whole;

pub use artifacts::{Absent, ArtifactKind, Artifacts, CacheFile, ImageId, Status, Wanted};
pub use kept::KeptFrames;
pub use managed::symbolicate_managed;
pub use source_context::add_source_context;
pub use stacks::restore;
pub use whole::symbolicate;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod testing_bundles;
#[cfg(test)]
mod testing_events;
