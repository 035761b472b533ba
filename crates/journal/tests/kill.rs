//! A process that appends is killed at random moments: what it was told is durable is there.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use bytes::Bytes;
use mayday_journal::{Journal, Options, Position};

const DIRECTORY: &str = "MAYDAY_TEST_JOURNAL";

fn options() -> Options {
    Options { segment_bytes: 20_000, reserve_bytes: 0, ..Options::default() }
}

/// No test of its own: the process that the test below kills. It prints each position once it is confirmed.
#[tokio::test(flavor = "multi_thread")]
async fn child_that_appends() {
    let Some(directory) = env::var_os(DIRECTORY) else { return };
    let journal = Journal::open(Path::new(&directory), options()).unwrap();
    let start = journal.last().0;
    let mut at_once = tokio::task::JoinSet::new();
    for client in 0..8 {
        let journal = journal.clone();
        at_once.spawn(async move {
            for number in start.. {
                let record = Bytes::from(format!(
                    "client {client} number {number} {}",
                    "y".repeat(number as usize % 900)
                ));
                let position = journal.append(record.clone()).await.unwrap();
                println!("\nconfirmed {} {}", position.0, crc32(&record));
            }
        });
    }
    at_once.join_next().await;
}

/// Enough to tell two records apart.
fn crc32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(5381, |hash: u32, byte| hash.wrapping_mul(33) ^ u32::from(*byte))
}

#[tokio::test]
async fn confirmed_records_survive_a_kill_at_any_moment() {
    let directory = tempfile::tempdir().unwrap();
    let mut confirmed = Vec::new();
    for round in 0..8 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "child_that_appends", "--nocapture"])
            .env(DIRECTORY, directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut kill_after = 50 + round * 37;
        for line in lines {
            let Some((position, hash)) =
                line.strip_prefix("confirmed ").and_then(|rest| rest.split_once(' '))
            else {
                continue;
            };
            confirmed.push((position.parse::<u64>().unwrap(), hash.parse::<u32>().unwrap()));
            kill_after -= 1;
            if kill_after == 0 {
                // Lines already printed are read to the end: they were confirmed too.
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
    }
    assert!(confirmed.len() > 500);
    let journal = Journal::open(directory.path(), options()).unwrap();
    let records = journal.read(Position(0), usize::MAX, usize::MAX).await.unwrap();
    for (position, hash) in confirmed {
        let record = &records[position as usize - 1];
        assert_eq!(record.position, Position(position));
        assert_eq!(crc32(&record.bytes), hash, "record {position}");
    }
}
