//! What can go wrong with ClickHouse, by kind.

use clickhouse::error::Error;

/// Kinds: the caller decides by variant, never by text.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL of ClickHouse cannot be used.
    #[error("bad ClickHouse URL: {0}")]
    Url(String),
    /// A newer program was here.
    #[error(
        "ClickHouse database {database:?} has schema version {found}, this program knows versions up to \
         {known}; start the newer program again"
    )]
    SchemaTooNew {
        /// The database.
        database: String,
        /// The version it has.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// It does not answer, or cannot do it now; may pass.
    #[error("ClickHouse is not available")]
    Unavailable(#[source] Error),
    /// It refused the statement; the same again will be refused again.
    #[error("ClickHouse refused a statement (code {code:?})")]
    Refused {
        /// ClickHouse's exception code.
        code: Option<u32>,
        /// What it said.
        #[source]
        source: Error,
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

/// Codes with which ClickHouse finds fault with an insert's rows; any other failure of an insert is its own.
const FAULTY_ROWS: [u32; 13] = [6, 27, 33, 53, 69, 70, 117, 128, 131, 321, 349, 407, 691];

impl StoreError {
    /// The kind of a failed query or definition.
    pub(crate) fn of_query(source: Error) -> Self {
        match (&source, exception_code(&source)) {
            (_, Some(159 | 160)) => Self::LimitExceeded("time"),
            (_, Some(241)) => Self::LimitExceeded("memory"),
            (_, Some(158 | 307 | 396)) => Self::LimitExceeded("row"),
            (_, code @ Some(_)) => Self::Refused { code, source },
            (Error::Network(_) | Error::TimedOut | Error::BadResponse(_), None) => Self::Unavailable(source),
            (_, None) => Self::Refused { code: None, source },
        }
    }

    /// The kind of a failed insert: refused only where its rows are at fault. A missing table or a full disk
    /// is for an operator to mend and must not cost a row.
    pub(crate) fn of_insert(source: Error) -> Self {
        let code = exception_code(&source);
        match source {
            Error::SchemaMismatch(_) | Error::Custom(_) => Self::Refused { code, source },
            _ if code.is_some_and(|code| FAULTY_ROWS.contains(&code)) => Self::Refused { code, source },
            _ => Self::Unavailable(source),
        }
    }
}

/// The number in `Code: 159. DB::Exception: …`.
fn exception_code(error: &Error) -> Option<u32> {
    let Error::BadResponse(text) = error else { return None };
    let (_, rest) = text.split_once("Code: ")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Error {
        Error::BadResponse(text.into())
    }

    #[test]
    fn errors_are_told_apart_by_code() {
        let query = |text| StoreError::of_query(said(text));
        assert!(matches!(query("Code: 159. DB::Exception: Timeout"), StoreError::LimitExceeded("time")));
        assert!(matches!(query("Code: 241. DB::Exception: Memory"), StoreError::LimitExceeded("memory")));
        assert!(matches!(query("Code: 62. Syntax error"), StoreError::Refused { code: Some(62), .. }));
        assert!(matches!(query("503 Service Unavailable"), StoreError::Unavailable(_)));

        let insert = |text| StoreError::of_insert(said(text));
        assert!(matches!(
            insert("Code: 117. DB::Exception: bad"),
            StoreError::Refused { code: Some(117), .. }
        ));
        assert!(matches!(insert("Code: 241. DB::Exception: Memory"), StoreError::Unavailable(_)));
        assert!(matches!(insert("Code: 60. DB::Exception: no table"), StoreError::Unavailable(_)));
    }
}
