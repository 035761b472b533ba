//! Where notifications go.

pub(crate) mod webhook;
