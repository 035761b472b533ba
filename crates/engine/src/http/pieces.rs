//! Making one output of the pieces in which the engine gives it.
//!
//! Each piece is formatted on its own. Formats of rows without a head can be joined as they are; of those with one,
//! the binary formats' head can be told and is dropped from every piece but the first. All others are asked for whole.

use bytes::{Buf, Bytes};

/// Formats whose pieces can be joined.
const PLAIN: [&str; 12] = [
    "CSV",
    "JSONCompactEachRow",
    "JSONEachRow",
    "JSONLines",
    "Native",
    "NDJSON",
    "RawBLOB",
    "RowBinary",
    "TabSeparated",
    "TabSeparatedRaw",
    "TSV",
    "TSVRaw",
];
const WITH_NAMES: &str = "RowBinaryWithNames";
const WITH_NAMES_AND_TYPES: &str = "RowBinaryWithNamesAndTypes";

/// Joins pieces of one format.
#[derive(Debug)]
pub(super) struct Joiner {
    /// Strings for each column in the head.
    strings_per_column: u64,
    head: Option<Bytes>,
}

impl Joiner {
    /// `None` if pieces of this format cannot be joined.
    pub(super) fn new(format: &str) -> Option<Self> {
        let strings_per_column = match format {
            WITH_NAMES_AND_TYPES => 2,
            WITH_NAMES => 1,
            plain if PLAIN.contains(&plain) => 0,
            _ => return None,
        };
        Some(Self { strings_per_column, head: None })
    }

    /// The piece as it goes out.
    pub(super) fn join(&mut self, mut piece: Bytes) -> Bytes {
        if self.strings_per_column == 0 {
            return piece;
        }
        match &self.head {
            None => {
                let length = head_length(&piece, self.strings_per_column).unwrap_or(0);
                self.head = Some(piece.slice(..length));
            }
            Some(head) if piece.starts_with(head) => piece.advance(head.len()),
            Some(_) => {}
        }
        piece
    }
}

/// Length of `columns:varint (length:varint bytes)*`.
fn head_length(piece: &[u8], strings_per_column: u64) -> Option<usize> {
    let mut rest = piece;
    let columns = varint(&mut rest)?;
    for _ in 0..columns.checked_mul(strings_per_column)? {
        let length = usize::try_from(varint(&mut rest)?).ok()?;
        rest = rest.get(length..)?;
    }
    Some(piece.len() - rest.len())
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_piece_keeps_its_head() {
        let mut joiner = Joiner::new(WITH_NAMES_AND_TYPES).unwrap();
        let head = b"\x01\x01a\x05UInt8";
        let piece = |rows: &[u8]| Bytes::from([head.as_slice(), rows].concat());
        assert_eq!(joiner.join(piece(b"12")), piece(b"12"));
        assert_eq!(joiner.join(piece(b"34")), Bytes::from_static(b"34"));
        assert!(Joiner::new("JSON").is_none());
    }
}
