//! The journal as ingest and worker use it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use mayday_journal::{AppendError, Journal, OpenError, Options, Position};
use proptest::{collection::vec, prelude::*};

fn small_segments() -> Options {
    Options { segment_bytes: 200, reserve_bytes: 0, ..Options::default() }
}

fn open(directory: &Path) -> Journal {
    Journal::open(directory, small_segments()).unwrap()
}

fn record(number: u64) -> Bytes {
    format!("record {number} {}", "x".repeat((number % 50) as usize)).into()
}

async fn append(journal: &Journal, numbers: std::ops::RangeInclusive<u64>) {
    for number in numbers {
        assert_eq!(journal.append(record(number)).await.unwrap(), Position(number));
    }
}

async fn read_all(journal: &Journal, after: u64) -> Vec<Bytes> {
    let records = journal.read(Position(after), usize::MAX, usize::MAX).await.unwrap();
    for (expected, record) in (after + 1..).zip(&records) {
        assert_eq!(record.position, Position(expected));
    }
    records.into_iter().map(|record| record.bytes).collect()
}

fn segments(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "segment"))
        .collect();
    paths.sort();
    paths
}

#[tokio::test]
async fn records_come_back_in_order_over_segments_and_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let id = journal.id();
    append(&journal, 1..=40).await;
    journal.close().await;
    drop(journal);
    assert!(segments(directory.path()).len() > 3);

    let journal = open(directory.path());
    assert_eq!((journal.id(), journal.last()), (id, Position(40)));
    append(&journal, 41..=50).await;
    let expected: Vec<Bytes> = (1..=50).map(record).collect();
    assert_eq!(read_all(&journal, 0).await, expected);
    assert_eq!(read_all(&journal, 30).await, expected[30..]);
    assert!(read_all(&journal, 50).await.is_empty());
}

#[tokio::test]
async fn a_read_stays_within_its_limits_but_gives_at_least_one() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    append(&journal, 1..=10).await;
    assert_eq!(journal.read(Position(0), 3, usize::MAX).await.unwrap().len(), 3);
    assert_eq!(journal.read(Position(0), 9, 1).await.unwrap().len(), 1);
    let bytes = record(1).len() + record(2).len();
    assert_eq!(journal.read(Position(0), 9, bytes).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_commit_is_remembered_and_frees_what_is_behind_it() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    append(&journal, 1..=40).await;
    let before = segments(directory.path()).len();
    journal.commit(Position(30)).await.unwrap();
    assert!(segments(directory.path()).len() < before);
    journal.commit(Position(12)).await.unwrap();
    assert_eq!(journal.committed(), Position(30));
    drop(journal);

    let journal = open(directory.path());
    assert_eq!(journal.committed(), Position(30));
    let left: Vec<Bytes> = (31..=40).map(record).collect();
    assert_eq!(read_all(&journal, 30).await, left);
    journal.commit(Position(40)).await.unwrap();
    assert_eq!(segments(directory.path()).len(), 1);
    append(&journal, 41..=41).await;
}

#[tokio::test]
async fn a_reader_that_waits_is_woken() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let waiting = tokio::spawn({
        let journal = journal.clone();
        async move {
            journal.wait(Position(1)).await;
            journal.last()
        }
    });
    append(&journal, 1..=2).await;
    assert_eq!(waiting.await.unwrap(), Position(2));
}

#[tokio::test]
async fn appends_at_once_all_get_their_own_place() {
    let directory = tempfile::tempdir().unwrap();
    let journal =
        Journal::open(directory.path(), Options { reserve_bytes: 0, ..Options::default() }).unwrap();
    let appends: Vec<_> = (0..500u64)
        .map(|number| {
            let journal = journal.clone();
            tokio::spawn(async move { (journal.append(record(number)).await.unwrap(), record(number)) })
        })
        .collect();
    let mut placed = Vec::new();
    for append in appends {
        placed.push(append.await.unwrap());
    }
    placed.sort();
    let found: Vec<_> = read_all(&journal, 0).await;
    assert_eq!(placed.iter().map(|(_, bytes)| bytes.clone()).collect::<Vec<_>>(), found);
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_with_its_reason() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { max_record_bytes: 10, reserve_bytes: 0, ..Options::default() };
    let journal = Journal::open(directory.path(), options).unwrap();
    let error = journal.append(Bytes::from_static(b"eleven byte")).await.unwrap_err();
    assert!(matches!(error, AppendError::TooLarge { length: 11, limit: 10 }), "{error}");
    let second = Journal::open(directory.path(), small_segments()).unwrap_err();
    assert!(matches!(second, OpenError::InUse { .. }), "{second}");
    journal.close().await;
    let error = journal.append(Bytes::from_static(b"late")).await.unwrap_err();
    assert!(matches!(error, AppendError::Closed), "{error}");
    drop(journal);

    let full = Options { reserve_bytes: u64::MAX / 2, ..Options::default() };
    let journal = Journal::open(directory.path(), full).unwrap();
    let error = journal.append(Bytes::from_static(b"more")).await.unwrap_err();
    assert!(matches!(error, AppendError::DiskNearlyFull { .. }), "{error}");
}

#[tokio::test]
async fn damage_that_is_no_torn_tail_stops_the_start_and_names_the_place() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    append(&journal, 1..=30).await;
    journal.close().await;
    drop(journal);
    let first = &segments(directory.path())[0];
    let mut bytes = fs::read(first).unwrap();
    bytes[60] ^= 1;
    fs::write(first, &bytes).unwrap();
    let error = Journal::open(directory.path(), small_segments()).unwrap_err();
    assert!(matches!(&error, OpenError::Damaged { path, .. } if path == first), "{error}");
}

#[tokio::test]
async fn segments_deleted_by_hand_do_not_bring_positions_back() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    append(&journal, 1..=30).await;
    journal.commit(Position(30)).await.unwrap();
    journal.close().await;
    drop(journal);
    for path in segments(directory.path()) {
        fs::remove_file(path).unwrap();
    }
    let journal = open(directory.path());
    append(&journal, 31..=32).await;
    assert_eq!(read_all(&journal, 30).await, [record(31), record(32)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// However the last segment was cut or overwritten, every record before the damage is there, and goes on.
    #[test]
    fn a_torn_tail_costs_only_what_was_torn(lengths in vec(0usize..300, 1..12), cut in 0u64..400, garbage in vec(any::<u8>(), 0..60)) {
        let directory = tempfile::tempdir().unwrap();
        let options = || Options { reserve_bytes: 0, ..Options::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let records: Vec<Bytes> = lengths.iter().enumerate().map(|(at, length)| vec![at as u8; *length].into()).collect();
        runtime.block_on(async {
            let journal = Journal::open(directory.path(), options()).unwrap();
            for record in &records {
                journal.append(record.clone()).await.unwrap();
            }
            journal.close().await;
        });
        let path = segments(directory.path()).pop().unwrap();
        let whole = fs::metadata(&path).unwrap().len();
        let kept = whole.saturating_sub(cut).max(40);
        OpenOptions::new().write(true).open(&path).unwrap().set_len(kept).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(&garbage);
        fs::write(&path, &bytes).unwrap();

        let mut intact = 0;
        let mut end = 40;
        for length in &lengths {
            end += 8 + *length as u64;
            if end > kept {
                break;
            }
            intact += 1;
        }
        runtime.block_on(async {
            let journal = Journal::open(directory.path(), options()).unwrap();
            let found = read_all(&journal, 0).await;
            // Garbage may by chance begin with the very bytes that were cut: then more is intact.
            assert!(found.len() >= intact, "{} of {intact}", found.len());
            assert_eq!(found, records[..found.len()]);
            let next = journal.append(Bytes::from_static(b"goes on")).await.unwrap();
            assert_eq!(next, Position(found.len() as u64 + 1));
            assert_eq!(read_all(&journal, found.len() as u64).await, [Bytes::from_static(b"goes on")]);
        });
    }

    /// Segments are written over those that are done with: a kill then leaves records of an earlier use behind the last
    /// one, which never come back.
    #[test]
    fn a_kill_at_any_moment_brings_nothing_back(steps in vec((1u64..12, 0u64..14, any::<bool>()), 1..14)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut directory = tempfile::tempdir().unwrap();
            let mut journal = open(directory.path());
            let (mut last, mut committed) = (0, 0);
            for (appended, done, killed) in steps {
                append(&journal, last + 1..=last + appended).await;
                last += appended;
                committed = last.min(committed + done);
                journal.commit(Position(committed)).await.unwrap();
                if killed {
                    let left = copy(directory.path());
                    drop(journal);
                    journal = open(left.path());
                    directory = left;
                }
                let left: Vec<Bytes> = (committed + 1..=last).map(record).collect();
                prop_assert_eq!(read_all(&journal, committed).await, left);
                prop_assert_eq!(journal.last(), Position(last));
            }
            Ok(())
        })?;
    }
}

/// What a kill leaves: the files as they are, without what closing does.
fn copy(directory: &Path) -> tempfile::TempDir {
    let copied = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copied.path().join(entry.file_name())).unwrap();
    }
    copied
}
