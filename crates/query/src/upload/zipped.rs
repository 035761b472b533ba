//! Zips of strangers: what is in them is read under caps, and a path in one is never a path on this machine.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use memchr::memmem;
use zip::{ZipArchive, read::ZipFile, result::ZipError};

use super::{Refusal, Scratch};

/// Beginning of a member's entry in a zip's directory.
const ENTRY: &[u8] = b"PK\x01\x02";
/// Beginning of a zip.
const ZIP: &[u8] = b"PK\x03\x04";
/// What is read at once, bytes.
const BUFFER: usize = 256 << 10;
/// Bytes of a member below which it may compress as well as it likes.
const RATIO_FREE: u64 = 16 << 20;
/// Bytes of a member's name at most.
const MAX_NAME: usize = 4096;

/// How much a zip may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) members: usize,
    /// Of one member, inflated.
    pub(super) member_bytes: u64,
    /// Of all members, inflated.
    pub(super) total_bytes: u64,
    /// Most bytes out for one byte in.
    pub(super) ratio: u64,
}

/// A file in a zip, unpacked.
pub(super) struct Member {
    /// In the zip, as it is called there.
    pub(super) name: String,
    pub(super) file: Scratch,
}

/// A zip whose directory is read; it holds no more members than it may, and none with a bad name.
pub(super) struct Zip {
    archive: ZipArchive<BufReader<File>>,
    limits: Limits,
    left: u64,
}

/// Whether a file begins as zips do.
pub(super) fn is_zip(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(ZIP.len() as u64).read_to_end(&mut start)?;
    Ok(start == ZIP)
}

/// Unpacks a zip's files into `folder`, one after the other.
pub(super) fn extract(
    path: &Path,
    folder: &Path,
    limits: &Limits,
    mut each: impl FnMut(Member) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut zip = Zip::open(path, limits)?;
    for index in 0..zip.len() {
        let mut file = Scratch::new_in(folder)?;
        if let Some(name) = zip.inflate(index, &mut file)? {
            each(Member { name, file })?;
        }
    }
    Ok(())
}

impl Zip {
    /// Opens one after a look at how much its directory holds: reading that takes memory for each entry.
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, Refusal> {
        if entries(File::open(path)?, limits.members)? > limits.members {
            return Err(Refusal::Unfit(format!("zip has more than {} members", limits.members)));
        }
        let archive =
            ZipArchive::new(BufReader::new(File::open(path)?)).map_err(|error| unreadable(&error))?;
        let bad = archive.file_names().find(|name| !is_safe(name));
        if let Some(name) = bad {
            let name: String = name.chars().take(100).collect();
            return Err(Refusal::Unfit(format!("zip: the path {name:?} leads out of it")));
        }
        Ok(Self { archive, limits: *limits, left: limits.total_bytes })
    }

    pub(super) fn len(&self) -> usize {
        self.archive.len()
    }

    /// Where a member is; `None`: there is none of this name.
    pub(super) fn index_of(&self, name: &str) -> Option<usize> {
        self.archive.index_for_name(name)
    }

    /// Writes a member's bytes and gives its name; `None`: it is a folder.
    pub(super) fn inflate(
        &mut self,
        index: usize,
        into: &mut impl io::Write,
    ) -> Result<Option<String>, Refusal> {
        let member = self.archive.by_index(index).map_err(|error| unreadable(&error))?;
        let name = member.name().to_owned();
        if member.is_dir() {
            return Ok(None);
        }
        if member.is_symlink() {
            return Err(Refusal::Unfit(format!("zip: {name:?} is a link")));
        }
        let cap = cap(&member, &self.limits, self.left);
        // Its header may lie: what comes out is what counts.
        let declared = member.size();
        let written = match declared > cap {
            true => declared,
            false => copy(&mut member.take(cap + 1), into)?,
        };
        if written > cap {
            return Err(Refusal::Unfit(format!("zip: {name:?} inflates to more than {cap} bytes")));
        }
        self.left -= written;
        Ok(Some(name))
    }
}

/// How far a member may inflate.
fn cap(member: &ZipFile<'_, BufReader<File>>, limits: &Limits, left: u64) -> u64 {
    let by_ratio = member.compressed_size().saturating_mul(limits.ratio).max(RATIO_FREE);
    by_ratio.min(limits.member_bytes).min(left)
}

/// As `io::copy`, which tells a damaged zip from a full disk.
fn copy(from: &mut impl Read, into: &mut impl io::Write) -> Result<u64, Refusal> {
    let mut buffer = vec![0; BUFFER];
    let mut copied = 0;
    loop {
        let length = match from.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(length) => length,
            Err(error) => return Err(Refusal::Unfit(format!("zip cannot be inflated: {error}"))),
        };
        into.write_all(buffer.get(..length).unwrap_or_default())?;
        copied += length as u64;
    }
}

/// How many entries a zip's directory may have, by their beginnings; counting ends soon after `enough`.
fn entries(mut file: File, enough: usize) -> io::Result<usize> {
    let mut buffer = Vec::with_capacity(2 * BUFFER);
    let mut count = 0;
    loop {
        let kept = buffer.len().min(ENTRY.len() - 1);
        buffer.drain(..buffer.len() - kept);
        let read = (&mut file).take(BUFFER as u64).read_to_end(&mut buffer)?;
        count += memmem::find_iter(&buffer, ENTRY).count();
        if read == 0 || count > enough {
            return Ok(count);
        }
    }
}

/// Whether a name stays within the zip, wherever it were unpacked.
pub(super) fn is_safe(name: &str) -> bool {
    let has_drive = name.split(['/', '\\']).next().is_some_and(|first| first.contains(':'));
    !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.starts_with(['/', '\\'])
        && !has_drive
        && !name.contains(char::is_control)
        && name.split(['/', '\\']).all(|part| part != "..")
}

fn unreadable(error: &ZipError) -> Refusal {
    Refusal::Unfit(format!("zip cannot be read: {error}"))
}

#[cfg(test)]
mod tests;
