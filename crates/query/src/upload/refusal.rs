//! Why an upload is not taken: the sender's fault, or ours.

use mayday_blobs::BlobError;
use mayday_catalog::CatalogError;
use mayday_symbolication::objects::Unfit;

use crate::QueryError;

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// It is not what it should be; the text says why, and what to do.
    #[error("{0}")]
    Unfit(String),
    /// A chunk was lost on its way; sent again, the file may be taken.
    #[error("chunk {0} is lost or damaged; send it again")]
    Lost(String),
    /// A store failed; the same file again may be taken.
    #[error("it could not be stored; send it again")]
    Failed(#[source] QueryError),
}

impl From<Unfit> for Refusal {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit.to_string())
    }
}

impl From<QueryError> for Refusal {
    fn from(error: QueryError) -> Self {
        Self::Failed(error)
    }
}

impl From<BlobError> for Refusal {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::TooLarge { .. } => Self::Unfit("file is larger than 2 GiB".into()),
            error => Self::Failed(error.into()),
        }
    }
}

impl From<CatalogError> for Refusal {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Invalid(why) => Self::Unfit(why),
            error => Self::Failed(error.into()),
        }
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(QueryError::Unavailable(error.into()))
    }
}

impl From<Refusal> for QueryError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unfit(why) => Self::Invalid(why),
            Refusal::Lost(_) => Self::Unavailable(refusal.into()),
            Refusal::Failed(error) => error,
        }
    }
}
