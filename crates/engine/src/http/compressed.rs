//! ClickHouse's compressed blocks, as clients send them with `decompress=1`.
//!
//! `cityhash128[16] method:u8 compressed_length:u32 length:u32 data`; the hash is of all that follows it, the
//! compressed length counts from the method. Source: ClickHouse's description of its native format.

/// Length of the hash, bytes.
const HASH: usize = 16;
/// Length of method and lengths, bytes.
const HEAD: usize = 9;
/// Longest block, compressed or not, bytes (clients send 1 MiB or less).
const MAX_BLOCK: usize = 128 << 20;
const METHOD_LZ4: u8 = 0x82;
const METHOD_NONE: u8 = 0x02;

/// Puts blocks together from pieces and inflates them.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    pending: Vec<u8>,
}

impl Blocks {
    /// Takes a piece; gives what the blocks that it completes hold.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<Vec<u8>, String> {
        self.pending.extend_from_slice(piece);
        let mut rows = Vec::new();
        let mut at = 0;
        while let Some(length) = block_length(&self.pending[at..])? {
            if self.pending.len() < at + length {
                break;
            }
            inflate(&self.pending[at..at + length], &mut rows)?;
            at += length;
        }
        self.pending.drain(..at);
        Ok(rows)
    }

    /// Whether the last block was whole.
    pub(super) fn finish(&self) -> Result<(), String> {
        match self.pending.is_empty() {
            true => Ok(()),
            false => Err(damaged("the last one is cut short")),
        }
    }
}

/// Length of the block that begins here; `None` while its head is not all there.
fn block_length(bytes: &[u8]) -> Result<Option<usize>, String> {
    let Some(compressed) = number(bytes, HASH + 1) else { return Ok(None) };
    if !(HEAD..=MAX_BLOCK).contains(&compressed) {
        return Err(damaged(&format!("one is {compressed} bytes long, the limit is {MAX_BLOCK}")));
    }
    Ok(Some(HASH + compressed))
}

fn inflate(block: &[u8], rows: &mut Vec<u8>) -> Result<(), String> {
    let (hash, body) = block.split_at(HASH);
    // ClickHouse writes the two halves of the hash in the other order.
    let expected = cityhash_rs::cityhash_102_128(body).rotate_right(64).to_le_bytes();
    if hash != expected {
        return Err(damaged("one does not match its checksum"));
    }
    let length =
        number(body, 5).filter(|length| *length <= MAX_BLOCK).ok_or_else(|| damaged("one is too long"))?;
    let data = &body[HEAD..];
    match body[0] {
        METHOD_NONE => rows.extend_from_slice(data),
        METHOD_LZ4 => {
            let inflated =
                lz4_flex::block::decompress(data, length).map_err(|error| damaged(&error.to_string()))?;
            rows.extend_from_slice(&inflated);
        }
        method => return Err(damaged(&format!("compression method {method:#x} is not known"))),
    }
    Ok(())
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}

fn damaged(detail: &str) -> String {
    format!("Code: 271. DB::Exception: Cannot decompress the blocks sent: {detail}. (CANNOT_DECOMPRESS)")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block(rows: &[u8]) -> Vec<u8> {
        let data = lz4_flex::block::compress(rows);
        let mut body = vec![METHOD_LZ4];
        body.extend(u32::try_from(data.len() + HEAD).unwrap().to_le_bytes());
        body.extend(u32::try_from(rows.len()).unwrap().to_le_bytes());
        body.extend(data);
        let mut block = cityhash_rs::cityhash_102_128(&body).rotate_right(64).to_le_bytes().to_vec();
        block.extend(body);
        block
    }

    #[test]
    fn blocks_come_through_however_they_are_cut() {
        let bytes = [block(b"first rows"), block(&[7; 5000])].concat();
        for cut in [1, 7, 30, bytes.len()] {
            let mut blocks = Blocks::default();
            let rows: Vec<u8> = bytes.chunks(cut).flat_map(|piece| blocks.push(piece).unwrap()).collect();
            assert_eq!(rows, [b"first rows".as_slice(), &[7; 5000]].concat());
            blocks.finish().unwrap();
        }
    }

    proptest! {
        #[test]
        fn damage_is_an_error_and_never_other_rows(at in 0usize..30, bit in 0u8..8) {
            let mut bytes = block(b"rows and rows and rows");
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            let mut blocks = Blocks::default();
            let rows = blocks.push(&bytes).and_then(|rows| blocks.finish().map(|()| rows));
            prop_assert!(rows.is_err());
        }
    }
}
