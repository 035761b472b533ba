//! Two journals beside each other, so that one noisy sender does not make the others wait.
//!
//! A sender (a project) has a bounded number of records waiting in the first lane; what it appends beyond waits in the
//! second, until all of it there is done with. Each lane is read on its own: whatever waits in the second, a record of a
//! quiet sender is behind a few hundred records of each noisy one at most.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;

use crate::{AppendError, Journal, OpenError, Options, Position};

/// Records of one sender that may wait in the first lane.
const FIRST_LANE_RECORDS: u64 = 500;
/// The second lane's folder in the first one's.
const SECOND: &str = "second-lane";

/// The lanes; cheap to clone, all clones are the same.
#[derive(Debug, Clone)]
pub struct Lanes {
    lanes: [Journal; 2],
    waiting: Arc<Mutex<HashMap<u64, Waiting>>>,
}

/// Records of one sender that wait, by lane. What an earlier process appended is not counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Waiting([u64; 2]);

impl Lanes {
    /// Opens or creates both lanes in `directory`.
    pub fn open(directory: &Path, options: Options) -> Result<Self, OpenError> {
        let first = Journal::open(directory, options.clone())?;
        let second = Journal::open(&directory.join(SECOND), options)?;
        Ok(Self { lanes: [first, second], waiting: Arc::default() })
    }

    /// Appends a record of `sender`; resolves when it is on disk.
    pub async fn append(&self, sender: u64, record: Bytes) -> Result<Position, AppendError> {
        let lane = self.enter(sender);
        let appended = self.lanes[lane].append(record).await;
        if appended.is_err() {
            self.done(lane, sender, 1);
        }
        appended
    }

    /// The lane that the sender's next record goes to; it is counted as waiting there.
    fn enter(&self, sender: u64) -> usize {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Waiting(lanes) = waiting.entry(sender).or_default();
        let lane = usize::from(lanes[1] > 0 || lanes[0] >= FIRST_LANE_RECORDS);
        lanes[lane] += 1;
        lane
    }

    /// So many records of `sender` in this lane are done with.
    pub fn done(&self, lane: usize, sender: u64, records: u64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Waiting(lanes)) = waiting.get_mut(&sender) else { return };
        if let Some(count) = lanes.get_mut(lane) {
            *count = count.saturating_sub(records);
        }
        if *lanes == [0, 0] {
            waiting.remove(&sender);
        }
    }

    /// The lanes' journals.
    pub fn journals(&self) -> &[Journal; 2] {
        &self.lanes
    }

    /// Records that are not done with, in all lanes.
    pub fn backlog(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.last().0.saturating_sub(lane.committed().0)).sum()
    }

    /// Stops taking records, finishes those under way and syncs.
    pub async fn close(&self) {
        for lane in &self.lanes {
            lane.close().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_noisy_sender_moves_over_and_the_quiet_ones_do_not_notice() {
        let directory = tempfile::tempdir().unwrap();
        let options = Options { reserve_bytes: 0, ..Options::default() };
        let lanes = Lanes::open(directory.path(), options).unwrap();
        let record = Bytes::from_static(b"record");
        let (noisy, quiet) = (1, 2);
        let appends = (0..FIRST_LANE_RECORDS + 10).map(|_| lanes.append(noisy, record.clone()));
        for append in appends {
            append.await.unwrap();
        }
        lanes.append(quiet, record.clone()).await.unwrap();
        let lasts = |lanes: &Lanes| lanes.journals().each_ref().map(|lane| lane.last().0);
        assert_eq!(lasts(&lanes), [FIRST_LANE_RECORDS + 1, 10]);
        // It stays there until all of it there is done with, whatever room there is in the first lane.
        lanes.done(0, noisy, FIRST_LANE_RECORDS);
        lanes.done(1, noisy, 9);
        lanes.append(noisy, record.clone()).await.unwrap();
        assert_eq!(lasts(&lanes), [FIRST_LANE_RECORDS + 1, 11]);
        lanes.done(1, noisy, 2);
        lanes.append(noisy, record).await.unwrap();
        assert_eq!(lasts(&lanes), [FIRST_LANE_RECORDS + 2, 11]);
        lanes.close().await;
    }
}
