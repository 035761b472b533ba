//! The end of a blob: eight bytes that tell whether what is before them is what was written.

use bytes::Bytes;

/// Says that a checksum follows: CRC-32C, little-endian.
const MARK: [u8; 4] = *b"mdb1";
/// Bytes of a seal.
pub(crate) const SEAL_BYTES: usize = 8;

/// Makes the seal of bytes that come piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Sealer {
    checksum: u32,
}

impl Sealer {
    pub(crate) fn update(&mut self, piece: &[u8]) {
        self.checksum = crc32c::crc32c_append(self.checksum, piece);
    }

    /// The seal of the bytes so far.
    pub(crate) fn seal(&self) -> Vec<u8> {
        [MARK, self.checksum.to_le_bytes()].concat()
    }
}

/// The seal of these bytes.
pub(crate) fn of(bytes: &[u8]) -> Bytes {
    let mut sealer = Sealer::default();
    sealer.update(bytes);
    sealer.seal().into()
}

/// The bytes before the seal, if it fits.
pub(crate) fn opened(sealed: Bytes) -> Option<Bytes> {
    let length = sealed.len().checked_sub(SEAL_BYTES)?;
    let bytes = sealed.slice(..length);
    (sealed.slice(length..) == of(&bytes)).then_some(bytes)
}
