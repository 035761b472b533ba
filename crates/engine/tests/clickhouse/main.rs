//! The engine as clients of ClickHouse see it: the official crate and plain HTTP, on the real library.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
mod harness;
mod inserts;
mod plain_http;
mod selects;
