//! A segment's bytes. All numbers little-endian.
//!
//! ```text
//! segment = header record*
//! header  = magic[8] version:u32 journal_id[16] first_position:u64 crc32c:u32     (40 bytes; crc of those before it)
//! record  = length:u32 crc32c:u32 payload[length]                                  (crc of position:u64 length payload)
//! ```
//!
//! A record's position is not written: it is the segment's first position plus the records before it. It is part of
//! the checksum, so that a record that was moved is not taken for another.
//!
//! Version 1 is a new file, which ends with its last record until a kill tears it. Version 2 was written over a file that
//! was done with: while it is the last segment, bytes of that file may follow its last record.

use std::{fs::File, io, os::unix::fs::FileExt};

use bytes::Bytes;
use uuid::Uuid;

/// Length of a segment's header, bytes.
pub(super) const HEADER: usize = 40;
/// Length of a record's head, bytes.
pub(super) const RECORD_HEAD: usize = 8;

const MAGIC: &[u8; 8] = b"MAYDAYJ\n";
const FRESH: u32 = 1;
const REUSED: u32 = 2;

/// What a segment's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) journal: Uuid,
    pub(super) first: u64,
    /// Written over another file, of which something may follow the last record.
    pub(super) reused: bool,
}

impl Header {
    pub(super) fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let version = if self.reused { REUSED } else { FRESH };
        let parts: [&[u8]; 4] =
            [MAGIC, &version.to_le_bytes(), self.journal.as_bytes(), &self.first.to_le_bytes()];
        let mut at = 0;
        for part in parts {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        let crc = crc32c::crc32c(&bytes[..at]);
        bytes[at..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The header of these bytes, or what is wrong with it.
    pub(super) fn decode(bytes: &[u8; HEADER]) -> Result<Self, String> {
        let (body, crc) = bytes.split_at(HEADER - 4);
        if !body.starts_with(MAGIC) {
            return Err("is no journal segment".to_owned());
        }
        if crc32c::crc32c(body) != number(crc) as u32 {
            return Err("header does not match its checksum".to_owned());
        }
        let version = number(&body[8..12]) as u32;
        if ![FRESH, REUSED].contains(&version) {
            return Err(format!("has version {version}, this program knows {FRESH} and {REUSED}"));
        }
        let mut journal = [0; 16];
        journal.copy_from_slice(&body[12..28]);
        Ok(Self {
            journal: Uuid::from_bytes(journal),
            first: number(&body[28..36]),
            reused: version == REUSED,
        })
    }
}

/// Adds a record to a buffer.
pub(super) fn encode_record(position: u64, payload: &[u8], buffer: &mut Vec<u8>) {
    // A record is at most `Options::max_record_bytes` long, far below 4 GiB.
    let length = (payload.len() as u32).to_le_bytes();
    buffer.extend_from_slice(&length);
    buffer.extend_from_slice(&checksum(position, length, payload).to_le_bytes());
    buffer.extend_from_slice(payload);
}

/// The head of the record at `offset`, or `None` where the file ends.
pub(super) fn read_head(file: &File, offset: u64) -> io::Result<Option<Head>> {
    let mut bytes = [0; RECORD_HEAD];
    match file.read_exact_at(&mut bytes, offset) {
        Ok(()) => Ok(Some(Head {
            length: [bytes[0], bytes[1], bytes[2], bytes[3]],
            crc: number(&bytes[4..]) as u32,
        })),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// A record's head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    length: [u8; 4],
    crc: u32,
}

impl Head {
    /// Length of the payload, bytes.
    pub(super) fn length(&self) -> u64 {
        number(&self.length)
    }

    /// Length of the whole record, bytes.
    pub(super) fn record_length(&self) -> u64 {
        RECORD_HEAD as u64 + self.length()
    }

    /// The payload that follows at `offset`; `None` if it does not match its checksum. `offset` is the record's.
    pub(super) fn read_payload(&self, file: &File, offset: u64, position: u64) -> io::Result<Option<Bytes>> {
        let mut payload = vec![0; self.length() as usize];
        file.read_exact_at(&mut payload, offset + RECORD_HEAD as u64)?;
        let intact = checksum(position, self.length, &payload) == self.crc;
        Ok(intact.then(|| payload.into()))
    }
}

/// `00000000000000000042.segment`
pub(super) fn file_name(first: u64) -> String {
    format!("{first:020}.segment")
}

/// The first position that a file's name says; `None` if it is no segment.
pub(super) fn first_of(file_name: &str) -> Option<u64> {
    file_name.strip_suffix(".segment")?.parse().ok()
}

fn checksum(position: u64, length: [u8; 4], payload: &[u8]) -> u32 {
    let crc = crc32c::crc32c_append(crc32c::crc32c(&position.to_le_bytes()), &length);
    crc32c::crc32c_append(crc, payload)
}

/// Up to eight little-endian bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written_and_damage_is_seen() {
        for reused in [false, true] {
            let header = Header { journal: Uuid::from_u128(7), first: 42, reused };
            let bytes = header.encode();
            assert_eq!(Header::decode(&bytes), Ok(header));
            for at in 0..HEADER {
                let mut damaged = bytes;
                damaged[at] ^= 1;
                assert!(Header::decode(&damaged).is_err(), "byte {at}");
            }
        }
    }
}
