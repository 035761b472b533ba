//! What can go wrong with ClickHouse, by kind.

/// Kinds: the caller decides by variant, never by text.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer; may pass.
    #[error("ClickHouse is not available")]
    Unavailable(#[source] clickhouse::error::Error),
    /// It refused the statement; the same again will be refused again.
    #[error("ClickHouse refused a statement (code {code:?})")]
    Refused {
        /// ClickHouse's exception code.
        code: Option<u32>,
        /// What it said.
        #[source]
        source: clickhouse::error::Error,
    },
    /// A query was cut off by its time, memory or row limit.
    #[error("query took too much and was cut off by its {0} limit; narrow the time range or the filter")]
    LimitExceeded(&'static str),
    /// A row could not be read back.
    #[error("stored {what} cannot be read: {detail}")]
    Corrupt {
        /// What kind of row.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
}
