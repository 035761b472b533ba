//! Reading records in order; where the last read ended is remembered, so that going on costs no search.

use std::{fs::File, ops::Bound};

use super::{
    Segments, lock,
    segment::{self, HEADER},
};
use crate::{Position, ReadError, Record};

/// Reads one journal's segments.
#[derive(Debug)]
pub(super) struct Reader {
    segments: Segments,
    cursor: Option<Cursor>,
}

/// A place in a segment.
#[derive(Debug)]
struct Cursor {
    /// First position of the segment.
    segment: u64,
    file: File,
    /// Where the record of position `next` begins, if it is in this segment.
    offset: u64,
    next: u64,
}

impl Reader {
    pub(super) fn new(segments: Segments) -> Self {
        Self { segments, cursor: None }
    }

    /// Records behind `after`, up to `through`, which is durable.
    pub(super) fn read(
        &mut self,
        after: u64,
        through: u64,
        max_records: usize,
        max_bytes: usize,
    ) -> Result<Vec<Record>, ReadError> {
        let mut records = Vec::new();
        let mut bytes = 0;
        let mut next = after + 1;
        while next <= through && records.len() < max_records {
            let cursor = self.seek(next)?;
            let head = segment::read_head(&cursor.file, cursor.offset)?
                .ok_or(ReadError::Damaged { position: next })?;
            bytes += usize::try_from(head.length()).unwrap_or(usize::MAX);
            if bytes > max_bytes && !records.is_empty() {
                break;
            }
            let payload = head
                .read_payload(&cursor.file, cursor.offset, next)?
                .ok_or(ReadError::Damaged { position: next })?;
            cursor.offset += head.record_length();
            cursor.next += 1;
            records.push(Record { position: Position(next), bytes: payload });
            next += 1;
        }
        Ok(records)
    }

    /// Places the cursor before `position`, which exists.
    fn seek(&mut self, position: u64) -> Result<&mut Cursor, ReadError> {
        let segments = lock(&self.segments);
        let upto = (Bound::Unbounded, Bound::Included(position));
        let Some((&first, path)) = segments.range(upto).next_back() else {
            // Committed and deleted: a caller asks for what it has said it is done with.
            return Err(ReadError::Damaged { position });
        };
        let here = |cursor: &Cursor| cursor.segment == first && cursor.next <= position;
        if !self.cursor.as_ref().is_some_and(here) {
            let file = File::open(path)?;
            self.cursor = Some(Cursor { segment: first, file, offset: HEADER as u64, next: first });
        }
        drop(segments);
        let Some(cursor) = &mut self.cursor else { return Err(ReadError::Damaged { position }) };
        while cursor.next < position {
            let head = segment::read_head(&cursor.file, cursor.offset)?
                .ok_or(ReadError::Damaged { position: cursor.next })?;
            cursor.offset += head.record_length();
            cursor.next += 1;
        }
        Ok(cursor)
    }
}
