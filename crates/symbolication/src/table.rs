//! A sorted table of names and the texts that they stand for, read where it lies: of a file that is mapped into memory, only
//! what a search touches is read.
//!
//! # Format
//!
//! All numbers are little-endian `u32`s:
//! - a head of 16 bytes: what the table is of (4 letters), the format's version, the number of entries, 0;
//! - the entries, sorted by the bytes of their names, each once: start and length of the name, start and length of the text,
//!   counted from the end of the entries;
//! - names and texts, in any order.
//!
//! What reads it trusts none of these numbers: a damaged table finds nothing, or another text.

const VERSION: u32 = 1;
const HEAD_BYTES: usize = 16;
const ENTRY_BYTES: usize = 16;

/// Why a table cannot be written or read; the text is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TableError {
    #[error("of another format")]
    OtherFormat,
    #[error("cut short")]
    CutShort,
    #[error("larger than 4 GiB")]
    TooLarge,
}

/// A table that is being made.
#[derive(Debug, Default)]
pub(crate) struct TableWriter {
    entries: Vec<[u32; 4]>,
    data: Vec<u8>,
}

impl TableWriter {
    /// Of a name that comes twice, the first text counts.
    pub(crate) fn add(&mut self, name: &str, text: &str) -> Result<(), TableError> {
        let (name, text) = (self.put(name)?, self.put(text)?);
        self.entries.push([name.0, name.1, text.0, text.1]);
        Ok(())
    }

    fn put(&mut self, text: &str) -> Result<(u32, u32), TableError> {
        let number = |number: usize| u32::try_from(number).map_err(|_| TableError::TooLarge);
        let (start, length) = (number(self.data.len())?, number(text.len())?);
        self.data.extend_from_slice(text.as_bytes());
        Ok((start, length))
    }

    /// The table; `magic` says what it is of.
    pub(crate) fn finish(mut self, magic: [u8; 4]) -> Result<Vec<u8>, TableError> {
        let data = &self.data;
        let name = |entry: &[u32; 4]| slice(data, entry[0], entry[1]);
        self.entries.sort_by(|one, other| name(one).cmp(name(other)));
        self.entries.dedup_by(|later, first| name(later) == name(first));
        let count = u32::try_from(self.entries.len()).map_err(|_| TableError::TooLarge)?;
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.entries.len() * ENTRY_BYTES + data.len());
        bytes.extend_from_slice(&magic);
        for number in [VERSION, count, 0].iter().chain(self.entries.iter().flatten()) {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(data);
        Ok(bytes)
    }
}

/// A table that is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'a> {
    entries: &'a [[u8; ENTRY_BYTES]],
    data: &'a [u8],
}

impl<'a> Table<'a> {
    /// Reads the head.
    pub(crate) fn open(magic: [u8; 4], bytes: &'a [u8]) -> Result<Self, TableError> {
        let (head, rest) = bytes.split_first_chunk::<HEAD_BYTES>().ok_or(TableError::CutShort)?;
        if !head.starts_with(&magic) || number(head, 4) != VERSION {
            return Err(TableError::OtherFormat);
        }
        let (entries, _) = rest.as_chunks::<ENTRY_BYTES>();
        let count = number(head, 8) as usize;
        let entries = entries.get(..count).ok_or(TableError::CutShort)?;
        let data = rest.get(count * ENTRY_BYTES..).ok_or(TableError::CutShort)?;
        Ok(Self { entries, data })
    }

    /// What a name stands for.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let part = |entry: &[u8; ENTRY_BYTES], at| slice(self.data, number(entry, at), number(entry, at + 4));
        let found = self.entries.binary_search_by(|entry| part(entry, 0).cmp(name.as_bytes())).ok()?;
        std::str::from_utf8(part(self.entries.get(found)?, 8)).ok()
    }
}

fn slice(data: &[u8], start: u32, length: u32) -> &[u8] {
    let start = start as usize;
    data.get(start..start.saturating_add(length as usize)).unwrap_or_default()
}

fn number(bytes: &[u8; 16], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const MAGIC: [u8; 4] = *b"TEST";

    fn table(entries: &[(String, String)]) -> Vec<u8> {
        let mut table = TableWriter::default();
        for (name, text) in entries {
            table.add(name, text).unwrap();
        }
        table.finish(MAGIC).unwrap()
    }

    /// The format of version 1, byte for byte: what was written once is read by what comes later, or has another version.
    #[test]
    fn the_first_format_is_read() {
        let golden = b"TEST\x01\0\0\0\x02\0\0\0\0\0\0\0\
            \x03\0\0\0\x01\0\0\0\x04\0\0\0\x01\0\0\0\
            \0\0\0\0\x01\0\0\0\x01\0\0\0\x02\0\0\0b22a1";
        assert_eq!(table(&[("b".into(), "22".into()), ("a".into(), "1".into())]), golden);
        let table = Table::open(MAGIC, golden).unwrap();
        assert_eq!((table.get("a"), table.get("b"), table.get("c")), (Some("1"), Some("22"), None));
        assert_eq!(Table::open(*b"ELSE", golden).unwrap_err(), TableError::OtherFormat);
        assert_eq!(Table::open(MAGIC, &golden[..40]).unwrap_err(), TableError::CutShort);
    }

    proptest! {
        #[test]
        fn all_that_was_written_is_found(entries in prop::collection::vec((".{0,8}", ".{0,8}"), 0..50), other in ".{0,8}") {
            let bytes = table(&entries);
            let table = Table::open(MAGIC, &bytes).unwrap();
            let mut first = BTreeMap::new();
            for (name, text) in &entries {
                first.entry(name.as_str()).or_insert(text.as_str());
            }
            for name in entries.iter().map(|(name, _)| name.as_str()).chain([other.as_str()]) {
                prop_assert_eq!(table.get(name), first.get(name).copied());
            }
        }

        #[test]
        fn damage_is_no_danger(mut bytes in prop::collection::vec(any::<u8>(), 0..100), entries: u8) {
            let head = [b"TEST\x01\0\0\0".as_slice(), &[entries % 8, 0, 0, 0], &[0; 4]].concat();
            bytes.splice(..0, head);
            if let Ok(table) = Table::open(MAGIC, &bytes) {
                table.get("a");
            }
        }
    }
}
