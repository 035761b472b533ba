//! The end of a blob: eight bytes that tell whether what is before them is what was written.

use bytes::Bytes;

/// Says that a checksum follows: CRC-32C, little-endian.
const MARK: [u8; 4] = *b"mdb1";
const SEAL_BYTES: usize = 8;

/// The seal of these bytes.
pub(crate) fn of(bytes: &[u8]) -> Bytes {
    let mut seal = MARK.to_vec();
    seal.extend_from_slice(&crc32c::crc32c(bytes).to_le_bytes());
    seal.into()
}

/// The bytes before the seal, if it fits.
pub(crate) fn opened(sealed: Bytes) -> Option<Bytes> {
    let length = sealed.len().checked_sub(SEAL_BYTES)?;
    let bytes = sealed.slice(..length);
    (sealed.slice(length..) == of(&bytes)).then_some(bytes)
}
