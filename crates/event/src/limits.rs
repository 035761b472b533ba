//! Every cap on what a client controls, each with the answer or note that it leads to.

/// Largest request body as sent, compressed (413).
pub const BODY_BYTES: usize = 20 << 20;
/// Largest body after inflation (413).
pub const INFLATED_BYTES: usize = 100 << 20;
/// Largest ratio of inflated to compressed bytes once past [`RATIO_FREE_BYTES`] (413).
pub const INFLATE_RATIO: usize = 1000;
/// Inflated bytes below which no ratio is held against a body.
pub const RATIO_FREE_BYTES: usize = 4 << 20;
