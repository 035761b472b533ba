//! Sources that are tried, to see whether their settings are right.

use std::time::Duration;

use mayday_event::Clock;
use mayday_symbolication::{
    ImageId,
    sources::{FileType, SourceSettings, SourceType},
};
use tokio::time::{Instant, timeout};

use super::{FetchError, Fetcher, directory};

/// Longest that one answer may take to begin.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// After this time no further place is asked for.
const PROBE_TIME: Duration = Duration::from_secs(20);

/// What came of asking a source for the files of one binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// In the order in which they were asked for; none where the source is asked for no file of this binary.
    pub places: Vec<Probed>,
    pub took: Duration,
}

/// One place where a source may have a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// Below the source's root.
    pub place: String,
    /// The file's bytes, as far as the source says how many.
    pub found: Result<Option<u64>, FetchError>,
    pub took: Duration,
}

impl Fetcher {
    /// Asks a source for each file that it may have of a binary, as if it were to be fetched, and reads none. Ends early where
    /// the source does not answer at all.
    pub async fn probe(&self, source: &SourceSettings, image: &ImageId, clock: &Clock) -> Probe {
        let begun = Instant::now();
        let mut places = Vec::new();
        // Never closed.
        if let Ok(_slot) = self.probes.acquire().await {
            for place in source.places(&FileType::ALL, image) {
                let asked = Instant::now();
                let found = self.probe_place(source, &place, clock).await;
                places.push(Probed { place, found, took: asked.elapsed() });
                if found.is_err_and(FetchError::is_of_all) || begun.elapsed() > PROBE_TIME {
                    break;
                }
            }
        }
        Probe { places, took: begun.elapsed() }
    }

    async fn probe_place(
        &self,
        source: &SourceSettings,
        place: &str,
        clock: &Clock,
    ) -> Result<Option<u64>, FetchError> {
        match source.ty {
            SourceType::Http | SourceType::S3 => {
                let opened = self.downloader.open(source, place, clock.now());
                let opened = timeout(ANSWER_TIME.min(self.limits.file_time), opened).await;
                opened.unwrap_or(Err(FetchError::TimedOut)).map(|response| response.content_length())
            }
            SourceType::Directory => directory::size(&self.limits, source, place).await.map(Some),
        }
    }
}
