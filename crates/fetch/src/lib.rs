//! Brings files of symbol servers, buckets and directories to this machine, within what the operator allows.
//!
//! Where a source keeps a file is [`mayday_symbolication::sources`]' to say; here it is asked for it.

mod address;
mod directory;
mod download;
mod error;
mod probe;
mod signature;

use std::{path::Path, path::PathBuf, time::Duration};

use mayday_event::Timestamp;
use mayday_symbolication::sources::{SourceSettings, SourceType};
use tokio::{sync::Semaphore, time::timeout};

use self::download::Downloader;
pub use self::{
    error::FetchError,
    probe::{Probe, Probed},
};

/// Sources that are probed at once; who probes more waits.
const PROBES: usize = 4;

/// What the operator allows.
#[derive(Debug, Clone)]
pub struct SourceLimits {
    /// Servers on private networks and on this machine may be asked.
    pub allow_private_addresses: bool,
    /// Directories that projects may name, with what is below them.
    pub directories: Vec<PathBuf>,
    /// Longest that one file may take, from the question to its last byte.
    pub file_time: Duration,
}

impl Default for SourceLimits {
    fn default() -> Self {
        Self { allow_private_addresses: false, directories: Vec::new(), file_time: Duration::from_secs(60) }
    }
}

/// Asks the sources of all projects.
#[derive(Debug)]
pub struct Fetcher {
    downloader: Downloader,
    limits: SourceLimits,
    probes: Semaphore,
}

impl Fetcher {
    /// Within these limits.
    pub fn new(limits: SourceLimits) -> Self {
        let downloader = Downloader::new(limits.allow_private_addresses);
        Self { downloader, limits, probes: Semaphore::new(PROBES) }
    }

    /// Brings a source's file of at most so many bytes to a path, packed as it may be. `place` is below the source's root;
    /// `now` is what requests to buckets are signed with.
    pub async fn fetch(
        &self,
        source: &SourceSettings,
        place: &str,
        to: (&Path, u64),
        now: Timestamp,
    ) -> Result<(), FetchError> {
        match source.ty {
            SourceType::Http | SourceType::S3 => {
                let fetched = self.downloader.fetch(source, place, to, now);
                timeout(self.limits.file_time, fetched).await.unwrap_or(Err(FetchError::TimedOut))
            }
            SourceType::Directory => directory::fetch(&self.limits, source, place, to.0).await,
        }
    }
}
