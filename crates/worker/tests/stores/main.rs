//! The worker on real stores.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;
mod jobs;
mod outcomes;
mod shared_symbols;
mod symbol_servers;
mod symbols;
mod unwinding;
