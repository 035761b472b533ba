//! The stages, each taking one type and giving the next.

pub(crate) mod deduplicate;
pub(crate) mod discard;
pub(crate) mod files;
pub(crate) mod lacking;
pub(crate) mod missing;
pub(crate) mod payload;
pub(crate) mod process;
pub(crate) mod read;
pub(crate) mod rest;
pub(crate) mod row;
mod searchable;
pub(crate) mod store;
pub(crate) mod symbolicate;
