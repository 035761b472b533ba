//! Foreign formats as they come over the wire.

pub mod envelope;
pub mod store;
