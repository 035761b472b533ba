//! The store on a real engine.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod events;
mod harness;
mod inserts;
mod statistics;
