//! The store on a real engine.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod about_events;
mod cluster;
mod deletion;
mod events;
mod facets;
mod harness;
mod healing;
mod inserts;
mod outcomes;
mod session_counts;
mod sessions;
mod statistics;
mod stored_tags;
