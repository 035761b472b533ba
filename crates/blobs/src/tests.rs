//! Blobs on a local disk.

use std::fs;

use mayday_event::{EventId, ProjectId};
use uuid::Uuid;

use super::*;

/// 2026-11-24T04:00:00Z.
const NOW: Timestamp = Timestamp(1_795_492_800_000);

fn store() -> (tempfile::TempDir, Blobs) {
    let directory = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(&Url::from_directory_path(directory.path()).unwrap()).unwrap();
    (directory, blobs)
}

fn attachment(id: u64, received: Timestamp) -> BlobKey {
    BlobKey::Attachment { project: ProjectId(1), event: EventId(Uuid::from_u128(2)), id, received }
}

#[tokio::test]
async fn a_blob_comes_back_as_it_was_written_until_it_is_deleted() {
    let (_directory, blobs) = store();
    let key = BlobKey::Spool(Uuid::from_u128(1));
    assert!(matches!(blobs.get(&key).await, Err(BlobError::NotFound { .. })));
    for content in [&b"first"[..], b"", b"second"] {
        blobs.put(&key, Bytes::from_static(content)).await.unwrap();
        assert_eq!(blobs.get(&key).await.unwrap(), content);
    }
    blobs.delete(&key).await.unwrap();
    blobs.delete(&key).await.unwrap();
    assert!(matches!(blobs.get(&key).await, Err(BlobError::NotFound { .. })));
    blobs.ping().await.unwrap();
}

#[tokio::test]
async fn a_damaged_blob_is_noticed() {
    let (directory, blobs) = store();
    let key = attachment(7, NOW);
    blobs.put(&key, Bytes::from_static(b"a file of a crash")).await.unwrap();
    let path = directory.path().join(key.to_string());
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    changed[3] ^= 1;
    for damaged in [&changed[..], &whole[..whole.len() - 1], b"", b"12345678"] {
        fs::write(&path, damaged).unwrap();
        assert!(matches!(blobs.get(&key).await, Err(BlobError::Damaged { .. })));
    }
}

#[tokio::test]
async fn a_blob_is_read_in_pieces() {
    let (_directory, blobs) = store();
    let key = attachment(7, NOW);
    assert!(matches!(blobs.read(&key).await, Err(BlobError::NotFound { .. })));
    for length in [0, 5, 1 << 20, (1 << 20) + 1, (5 << 20) / 2] {
        let content: Bytes = (0..length).map(|at| (at % 251) as u8).collect::<Vec<_>>().into();
        blobs.put(&key, content.clone()).await.unwrap();
        let mut reader = blobs.read(&key).await.unwrap();
        assert_eq!(reader.length(), content.len() as u64);
        let mut read = Vec::new();
        while let Some(piece) = reader.next().await.unwrap() {
            assert!(!piece.is_empty() && piece.len() <= 1 << 20, "{}", piece.len());
            read.extend_from_slice(&piece);
        }
        assert!(read == content, "{length}");
    }
}

#[tokio::test]
async fn the_last_piece_of_a_damaged_blob_does_not_come() {
    let (directory, blobs) = store();
    let key = attachment(7, NOW);
    blobs.put(&key, Bytes::from(vec![7; 3 << 20])).await.unwrap();
    let path = directory.path().join(key.to_string());
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    changed[3] ^= 1;
    for damaged in [&changed[..], &whole[..whole.len() - 1], &whole[1..], &whole[..9], b"1234567", b""] {
        fs::write(&path, damaged).unwrap();
        let mut read = 0;
        let end = match blobs.read(&key).await {
            Ok(mut reader) => loop {
                match reader.next().await {
                    Ok(Some(piece)) => read += piece.len(),
                    end => break end.map(|_| ()),
                }
            },
            Err(error) => Err(error),
        };
        assert!(matches!(end, Err(BlobError::Damaged { .. })), "{end:?}");
        assert!(read < damaged.len().max(1), "{read}");
    }
    // What is cut off while it is read is noticed too.
    fs::write(&path, &whole).unwrap();
    let mut reader = blobs.read(&key).await.unwrap();
    reader.next().await.unwrap();
    fs::write(&path, &whole[..1 << 21]).unwrap();
    reader.next().await.unwrap();
    assert!(reader.next().await.is_err());
}

#[tokio::test]
async fn old_days_and_orphans_go_and_the_rest_stays() {
    let (_directory, blobs) = store();
    let yesterday = NOW.plus_ms(-Timestamp::DAY_MS);
    let keys = [attachment(1, yesterday), attachment(2, NOW), BlobKey::Spool(Uuid::from_u128(1))];
    for key in &keys {
        blobs.put(key, Bytes::from_static(b"x")).await.unwrap();
    }
    assert_eq!(blobs.delete_attachments_of_before(ProjectId(99), NOW).await.unwrap(), 0);
    assert!(blobs.get(&keys[0]).await.is_ok());
    assert_eq!(blobs.delete_attachments_before(NOW).await.unwrap(), 1);
    assert!(blobs.get(&keys[0]).await.is_err());
    assert!(blobs.get(&keys[1]).await.is_ok());
    assert_eq!(blobs.delete_spooled_before(Timestamp(0)).await.unwrap(), 0);
    assert_eq!(blobs.delete_spooled_before(Timestamp(i64::MAX / 2)).await.unwrap(), 1);
    assert!(blobs.get(&keys[2]).await.is_err());
}

#[tokio::test]
async fn a_write_that_was_cut_off_is_not_seen_and_goes() {
    let (directory, blobs) = store();
    let (spooled, yesterday) =
        (BlobKey::Spool(Uuid::from_u128(1)), attachment(1, NOW.plus_ms(-Timestamp::DAY_MS)));
    let left = [&spooled, &yesterday].map(|key| directory.path().join(format!("{key}#1")));
    for (key, left) in [&spooled, &yesterday].into_iter().zip(&left) {
        blobs.put(key, Bytes::from_static(b"whole")).await.unwrap();
        fs::write(left, b"who").unwrap();
        assert_eq!(blobs.get(key).await.unwrap(), &b"whole"[..]);
    }
    // Not while it may still be written.
    assert_eq!(blobs.delete_spooled_before(Timestamp(0)).await.unwrap(), 0);
    blobs.delete(&spooled).await.unwrap();
    assert!(matches!(blobs.get(&spooled).await, Err(BlobError::NotFound { .. })));
    assert!(left[0].is_file());
    assert_eq!(blobs.delete_spooled_before(Timestamp(i64::MAX / 2)).await.unwrap(), 1);
    assert_eq!(blobs.delete_attachments_before(NOW).await.unwrap(), 1);
    assert!(left.iter().all(|left| fs::metadata(left).is_err()));
    // Nothing is left of the day.
    assert!(fs::metadata(left[1].ancestors().nth(3).unwrap()).is_err());
}

#[tokio::test]
async fn writers_of_the_same_key_do_not_mix() {
    let (directory, blobs) = store();
    let key = attachment(1, NOW);
    let contents: Vec<Bytes> = (0..8).map(|number| vec![number; 100_000].into()).collect();
    let puts = contents.iter().map(|content| blobs.put(&key, content.clone()));
    for put in futures_util::future::join_all(puts).await {
        put.unwrap();
    }
    assert!(contents.contains(&blobs.get(&key).await.unwrap()));
    let folder = directory.path().join(key.to_string());
    assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_nearly_full_disk_is_told_apart() {
    let (_directory, blobs) = store();
    let blobs = blobs.with_reserve(u64::MAX / 2);
    let refused = blobs.put(&attachment(1, NOW), Bytes::from_static(b"x")).await;
    assert!(matches!(refused, Err(BlobError::DiskNearlyFull { .. })));
}

#[test]
fn an_address_that_is_none_is_refused() {
    for url in ["s3://bucket/x", "file://host/x"] {
        assert!(matches!(Blobs::open(&Url::parse(url).unwrap()), Err(BlobError::Url { .. })), "{url}");
    }
}

#[test]
fn keys_say_where_blobs_lie() {
    let path = attachment(255, NOW).to_string();
    assert_eq!(path, "attachments/2026-11-24/1/00000000000000000000000000000002/00000000000000ff");
}

#[tokio::test]
async fn a_file_goes_into_the_store_and_comes_out_as_it_was() {
    let (directory, blobs) = store();
    let key = BlobKey::DebugFile("ab12".into());
    let scratch = blobs.scratch().await.unwrap();
    let (file, copy) = (scratch.join("in"), scratch.join("out"));
    assert!(matches!(blobs.get_file(&key, &copy).await, Err(BlobError::NotFound { .. })));
    for length in [0, 5, 8 << 20, (8 << 20) + 3] {
        let content: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        fs::write(&file, &content).unwrap();
        blobs.put_file(&key, &file).await.unwrap();
        assert_eq!(blobs.get(&key).await.unwrap(), content);
        blobs.get_file(&key, &copy).await.unwrap();
        assert_eq!(fs::read(&copy).unwrap(), content);
    }
    let path = directory.path().join(key.to_string());
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    changed[3] ^= 1;
    for damaged in [&changed[..], &whole[..whole.len() - 1], b"", b"1234567"] {
        fs::write(&path, damaged).unwrap();
        assert!(matches!(blobs.get_file(&key, &copy).await, Err(BlobError::Damaged { .. })));
    }
    assert_eq!(blobs.delete_scratch_before(Timestamp(0)).await.unwrap(), 0);
    assert_eq!(blobs.delete_scratch_before(Timestamp(i64::MAX / 2)).await.unwrap(), 2);
}

#[tokio::test]
async fn blobs_called_by_digest_are_listed_when_they_are_old() {
    let (directory, blobs) = store();
    let keys = [BlobKey::ArtifactBundle("cd34".into()), BlobKey::DebugFile("ab12".into())];
    let chunk = BlobKey::Chunk { organization: mayday_event::OrganizationId(1), sha1: "ef".into() };
    for key in keys.iter().chain([&chunk]) {
        blobs.put(key, Bytes::from_static(b"x")).await.unwrap();
    }
    assert_eq!(blobs.called_by_digest(Timestamp(0)).await.unwrap(), []);
    let mut listed = blobs.called_by_digest(Timestamp(i64::MAX / 2)).await.unwrap();
    listed.sort_unstable_by_key(ToString::to_string);
    assert_eq!(listed, keys);
    assert_eq!(keys[1].to_string(), "debug-files/ab/ab12");
    let torn = directory.path().join(format!("{}#1", keys[1]));
    fs::write(&torn, b"who").unwrap();
    assert_eq!(blobs.delete_cut_off_uploads_before(Timestamp(0)).await.unwrap(), 0);
    assert_eq!(blobs.delete_cut_off_uploads_before(Timestamp(i64::MAX / 2)).await.unwrap(), 1);
    assert_eq!(blobs.get(&keys[1]).await.unwrap(), &b"x"[..]);
    assert_eq!(blobs.delete_chunks_before(Timestamp(i64::MAX / 2)).await.unwrap(), 1);
    assert!(blobs.get(&chunk).await.is_err());
}

#[tokio::test]
async fn converted_symbols_go_by_their_age() {
    let (directory, blobs) = store();
    let key = BlobKey::ConvertedSymbols("ab12".into());
    blobs.put(&key, Bytes::from_static(b"x")).await.unwrap();
    fs::write(directory.path().join(format!("{key}#1")), b"who").unwrap();
    assert_eq!(blobs.called_by_digest(Timestamp(i64::MAX / 2)).await.unwrap(), [], "no upload of anybody's");
    assert_eq!(blobs.delete_converted_symbols_before(Timestamp(0)).await.unwrap(), 0);
    assert_eq!(blobs.delete_converted_symbols_before(Timestamp(i64::MAX / 2)).await.unwrap(), 1);
    assert!(matches!(blobs.get(&key).await, Err(BlobError::NotFound { .. })));
    assert_eq!(blobs.delete_cut_off_uploads_before(Timestamp(i64::MAX / 2)).await.unwrap(), 1);
}
