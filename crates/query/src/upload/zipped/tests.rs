use std::fs;

use super::*;
use crate::upload::zips::zip;

const LIMITS: Limits = Limits { members: 10, member_bytes: 64 << 20, total_bytes: 96 << 20, ratio: 200 };

/// What comes out of a zip, or why not; and how many files are left in the folder.
fn extracted(bytes: &[u8]) -> (Result<Vec<(String, u64)>, String>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("it.zip");
    fs::write(&path, bytes).unwrap();
    let mut found = Vec::new();
    let outcome = extract(&path, folder.path(), &LIMITS, |member| {
        found.push((member.name, member.file.bytes()));
        Ok(())
    });
    let left = fs::read_dir(folder.path()).unwrap().count() - 1;
    (outcome.map(|()| found).map_err(|refusal| refusal.to_string()), left)
}

fn refused(bytes: &[u8]) -> String {
    let (outcome, left) = extracted(bytes);
    assert_eq!(left, 0, "something was left behind");
    outcome.unwrap_err()
}

/// The zip with one text in it exchanged for another of the same length, everywhere.
fn forged(zip: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut forged = zip.to_vec();
    for at in memmem::find_iter(zip, from) {
        forged[at..at + to.len()].copy_from_slice(to);
    }
    forged
}

#[test]
fn files_come_out_and_nothing_is_left_behind() {
    let (outcome, left) = extracted(&zip(&[("a/b.sym", b"hello"), ("c", b"")]));
    assert_eq!(outcome.unwrap(), [("a/b.sym".to_owned(), 5), ("c".to_owned(), 0)]);
    assert_eq!(left, 0);
}

#[test]
fn paths_that_lead_out_are_refused() {
    let honest = zip(&[("aa/aa/passwd", b"x")]);
    for name in ["../../passwd", "/a/aa/passwd", "C:/aa/passwd", "aa\\..\\passwd", "aa/aa/p\0sswd"] {
        let why = refused(&forged(&honest, b"aa/aa/passwd", name.as_bytes()));
        assert!(why.contains("leads out of it"), "{name}: {why}");
    }
}

#[test]
fn bombs_are_refused_by_ratio_and_by_size_whatever_their_headers_say() {
    let bomb = zip(&[("bomb", &vec![0; 48 << 20])]);
    assert_eq!(refused(&bomb), "zip: \"bomb\" inflates to more than 16777216 bytes");
    let lying = forged(&bomb, &(48_u32 << 20).to_le_bytes(), &5_u32.to_le_bytes());
    assert_ne!(lying, bomb);
    let why = refused(&lying);
    assert!(why.contains("inflates to more than") || why.contains("cannot be"), "{why}");
}

#[test]
fn all_members_together_are_bounded() {
    let noise: Vec<u8> =
        (0..40_u32 << 18).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let names = ["a", "b", "c"];
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, noise.as_slice())).collect();
    assert_eq!(refused(&zip(&files)), "zip: \"c\" inflates to more than 16777216 bytes");
}

#[test]
fn too_many_members_are_refused_before_they_are_read() {
    let names: Vec<String> = (0..11).map(|n| n.to_string()).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert_eq!(refused(&zip(&files)), "zip has more than 10 members");
}

#[test]
fn damage_is_told() {
    let whole = zip(&[("a", b"hello hello hello")]);
    assert!(refused(&whole[..whole.len() / 2]).starts_with("zip cannot be"));
    assert!(refused(b"PK\x03\x04").starts_with("zip cannot be read"));
    let content = memmem::find(&whole, b"a").unwrap() + 1;
    let mut changed = whole.clone();
    changed[content + 2] ^= 0x55;
    assert!(refused(&changed).starts_with("zip cannot be"));
}

#[test]
fn links_are_refused() {
    use std::io::Cursor;
    use zip::{ZipWriter, write::SimpleFileOptions};
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    assert_eq!(refused(&writer.finish().unwrap().into_inner()), "zip: \"link\" is a link");
}
