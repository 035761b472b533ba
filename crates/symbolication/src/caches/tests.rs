use std::fs;

use mayday_event::{ProjectId, Timestamp};
use symbolic::symcache::SymCache;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::{Absent, ArtifactKind, Status, Wanted};

/// 2026-11-24T04:00:00Z.
const NOW: Timestamp = Timestamp(1_795_492_800_000);
const BREAKPAD: &str = "MODULE Linux x86_64 C22813AC7D101E2FF13B4F2A1D0E6C600 shop\n\
                        FILE 0 src/pay.cpp\n\
                        FUNC 1000 20 0 pay(int)\n\
                        1000 20 42 0\n\
                        STACK CFI INIT 1000 20 .cfa: $rsp 8 + .ra: .cfa -8 + ^\n";

fn key(id: u128) -> CacheKey {
    CacheKey::of(ProjectId(7), &Wanted::Proguard(Uuid::from_u128(id))).unwrap()
}

fn open(folder: &TempDir, max_bytes: u64) -> Caches {
    Caches::open(Options { directory: folder.path().to_owned(), max_bytes }).unwrap()
}

fn put(caches: &Caches, id: u128, content: &[u8], now: Timestamp) {
    let path = caches.unfinished();
    fs::write(&path, content).unwrap();
    caches.put(&key(id), &path, "uploads", now).unwrap();
}

fn content(caches: &Caches, id: u128, now: Timestamp) -> Option<Vec<u8>> {
    caches.get(&key(id), now).map(|file| file.unwrap().bytes.to_vec())
}

/// Every file below, with its path from there.
fn files(folder: &TempDir) -> Vec<std::path::PathBuf> {
    let mut folders = vec![folder.path().to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

#[test]
fn a_file_is_there_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let caches = open(&folder, 1000);
    assert!(caches.get(&key(1), NOW).is_none());
    put(&caches, 1, b"converted", NOW);
    let found = caches.get(&key(1), NOW).unwrap().unwrap();
    assert_eq!((&*found.bytes, &*found.source), (&b"converted"[..], "uploads"));
    // Of another project it is another file.
    let other = CacheKey { project: ProjectId(8), ..key(1) };
    assert!(caches.get(&other, NOW).is_none());
    drop(caches);
    let caches = open(&folder, 1000);
    assert_eq!(content(&caches, 1, NOW).unwrap(), b"converted");
    assert_eq!(caches.bytes(), 9);
    put(&caches, 1, b"anew", NOW);
    assert_eq!(content(&caches, 1, NOW).unwrap(), b"anew");
    assert_eq!((caches.bytes(), files(&folder).len()), (4, 2));
}

#[test]
fn a_damaged_file_is_as_good_as_none() {
    for damage in [&b"convertex"[..], b"conv", b""] {
        let folder = tempfile::tempdir().unwrap();
        put(&open(&folder, 1000), 1, b"converted", NOW);
        let path = files(&folder).into_iter().find(|path| path.extension().unwrap() != "json").unwrap();
        fs::write(path, damage).unwrap();
        let caches = open(&folder, 1000);
        assert_eq!(content(&caches, 1, NOW), None);
        assert_eq!((caches.bytes(), files(&folder).len()), (0, 0));
        put(&caches, 1, b"converted", NOW);
        assert_eq!(content(&caches, 1, NOW).unwrap(), b"converted");
    }
}

#[test]
fn what_was_left_half_done_and_what_is_of_another_version_goes() {
    let folder = tempfile::tempdir().unwrap();
    put(&open(&folder, 1000), 1, b"converted", NOW);
    let kept = files(&folder);
    let sibling = kept[0].with_extension("9999");
    let old = folder.path().join("proguard-0/ab");
    fs::create_dir_all(&old).unwrap();
    for left in
        [folder.path().join("unfinished.3"), sibling, old.join("x.json"), kept[0].with_file_name("y.json")]
    {
        fs::write(left, b"{}").unwrap();
    }
    let caches = open(&folder, 1000);
    assert_eq!(files(&folder), kept);
    assert_eq!(content(&caches, 1, NOW).unwrap(), b"converted");
}

#[test]
fn what_was_not_used_for_longest_makes_room() {
    let folder = tempfile::tempdir().unwrap();
    let caches = open(&folder, 30);
    let hours = |hours: i64| NOW.plus_ms(hours * Timestamp::HOUR_MS);
    for (id, hour) in [(1, 0), (2, 1), (3, 2)] {
        put(&caches, id, b"ten bytes.", hours(hour));
    }
    assert!(content(&caches, 1, hours(5)).is_some());
    drop(caches);
    // Its use is remembered over a restart.
    let caches = open(&folder, 30);
    put(&caches, 4, b"ten bytes.", hours(6));
    let left = [1, 2, 3, 4].map(|id| content(&caches, id, hours(6)).is_some());
    assert_eq!(left, [true, false, false, true]);
    assert_eq!(files(&folder).len(), 4);
    // A file larger than all the room is still of use.
    put(&caches, 5, &[b'x'; 100], hours(7));
    assert_eq!(content(&caches, 5, hours(7)).unwrap().len(), 100);
    assert_eq!(caches.bytes(), 100);
}

#[test]
fn a_reason_why_not_holds_for_longer_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let caches = open(&folder, 1000);
    let absent = |status| Absent { status, reason: "not uploaded".into() };
    let minutes = |minutes: i64| NOW.plus_ms(minutes * 60_000);
    caches.put_absent(&key(1), absent(Status::Missing), NOW);
    assert_eq!(caches.get(&key(1), minutes(9)).unwrap().unwrap_err(), absent(Status::Missing));
    assert!(caches.get(&key(1), minutes(10)).is_none());
    caches.put_absent(&key(1), absent(Status::Missing), minutes(10));
    assert!(caches.get(&key(1), minutes(49)).is_some());
    assert!(caches.get(&key(1), minutes(50)).is_none());
    // Until somebody uploads it.
    caches.put_absent(&key(1), absent(Status::Malformed), minutes(50));
    caches.forget(ProjectId(7), &key(1).id);
    assert!(caches.get(&key(1), minutes(50)).is_none());
    put(&caches, 1, b"old", minutes(50));
    caches.forget(ProjectId(7), &key(1).id);
    assert!(caches.get(&key(1), minutes(50)).is_none());
    assert_eq!(files(&folder).len(), 0);
}

#[test]
fn a_job_converts_files_or_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let (file, output) = (folder.path().join("shop.sym"), folder.path().join("out"));
    fs::write(&file, BREAKPAD).unwrap();
    let id = "c22813ac-7d10-1e2f-f13b-4f2a1d0e6c60".parse().unwrap();
    let job = Job {
        kind: ArtifactKind::SymCache,
        file: file.clone(),
        debug_id: Some(id),
        bcsymbolmap: None,
        il2cpp: None,
        bundled: None,
        output: output.clone(),
    };
    job.run().unwrap();
    let converted = fs::read(&output).unwrap();
    let symcache = SymCache::parse(&converted).unwrap();
    let line = symcache.lookup(0x1004).next().unwrap();
    assert_eq!((line.function().name(), line.line()), ("pay(int)", 42));
    Job { kind: ArtifactKind::Cfi, ..job.clone() }.run().unwrap();
    assert!(String::from_utf8_lossy(&fs::read(&output).unwrap()).contains("STACK CFI INIT 1000 20"));

    let other = Job { debug_id: "11111111-7d10-1e2f-f13b-4f2a1d0e6c60".parse().ok(), ..job.clone() };
    for (job, status, reason) in [
        (
            other,
            Status::Mismatch,
            "the file is of another build: it has c22813ac-7d10-1e2f-f13b-4f2a1d0e6c60",
        ),
        (
            Job { kind: ArtifactKind::Proguard, ..job.clone() },
            Status::Malformed,
            "not a ProGuard or R8 mapping",
        ),
        (Job { kind: ArtifactKind::DartMap, ..job.clone() }, Status::Malformed, "not a Dart symbol map"),
        (Job { kind: ArtifactKind::SourceMap, ..job.clone() }, Status::Malformed, "not a source map"),
        (Job { kind: ArtifactKind::Sources, ..job.clone() }, Status::Missing, "the file has no source files"),
        (Job { kind: ArtifactKind::PortablePdb, ..job.clone() }, Status::Malformed, "not a portable PDB"),
    ] {
        let refusal = job.run().unwrap_err().refusal().unwrap();
        assert_eq!(refusal.status, status);
        assert!(refusal.reason.starts_with(reason), "{}", refusal.reason);
    }
    fs::remove_file(file).unwrap();
    assert!(job.run().unwrap_err().refusal().is_none());
}
