//! Why there is no file.

use mayday_symbolication::{Absent, Status};

/// Why a source gave no file. No text names the source's address: that may be nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Its settings lead nowhere.
    #[error("no address is configured")]
    NoAddress,
    /// A literal address or a name leads into a private network, or to this machine.
    #[error("its address is private, and the operator does not allow that")]
    PrivateAddress,
    /// Not below one that the operator names.
    #[error("the operator does not allow this directory")]
    ForbiddenDirectory,
    /// A directory without the file.
    #[error("does not have it")]
    NotThere,
    /// Another HTTP status than 200, and no redirection.
    #[error("answered {0}")]
    Answered(u16),
    /// A redirection that says not where to.
    #[error("redirects nowhere")]
    RedirectsNowhere,
    /// More redirections than are followed.
    #[error("redirects without end")]
    RedirectsForever,
    /// Larger than what was asked for may be.
    #[error("the file is larger than {mib} MiB")]
    TooLarge { mib: u64 },
    /// Nothing came, or not all.
    #[error("did not answer in time")]
    TimedOut,
    /// Nobody listens there, or the name is unknown.
    #[error("cannot be reached")]
    Unreachable,
    /// The answer ended too early, or is none.
    #[error("broke off")]
    BrokeOff,
    /// This machine is at fault.
    #[error("could not be read just now")]
    Unavailable,
}

impl FetchError {
    /// The same of a source with this name, as frames have it.
    pub fn absent(self, source: &str) -> Absent {
        let reason = match self {
            Self::NoAddress | Self::PrivateAddress | Self::ForbiddenDirectory | Self::TooLarge { .. } => {
                format!("{source}: {self}")
            }
            Self::Unavailable => self.to_string(),
            _ => format!("{source} {self}"),
        };
        Absent { status: self.status(), reason: reason.into() }
    }

    /// Whether other files of the source would end the same way.
    pub(crate) fn is_of_all(self) -> bool {
        !matches!(self, Self::Answered(_) | Self::NotThere | Self::TooLarge { .. })
    }

    fn status(self) -> Status {
        const TOO_MANY_REQUESTS: u16 = 429;
        match self {
            Self::TimedOut | Self::Unreachable | Self::BrokeOff | Self::Unavailable => Status::TimedOut,
            Self::Answered(status) if status >= 500 || status == TOO_MANY_REQUESTS => Status::TimedOut,
            Self::TooLarge { .. } => Status::Malformed,
            _ => Status::Missing,
        }
    }
}
