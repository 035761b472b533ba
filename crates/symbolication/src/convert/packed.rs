//! Debug files as symbol servers keep them: in Microsoft's cabinets, or compressed.

use std::io::{Cursor, Read};

use bytes::Bytes;
use mayday_event::capped::{InflateLimits, inflate};
use symbolic::common::ByteView;

use super::ConvertError;

/// Largest debug file that comes out, bytes.
const FILE_BYTES: usize = 2 << 30;
/// Most that compression may save; debug information does not come near.
const RATIO: usize = 500;

/// The file itself, or the one in a cabinet (`app.pd_`, or under its own name), in gzip, zlib or zstd.
pub fn unpacked(file: ByteView<'static>) -> Result<ByteView<'static>, ConvertError> {
    let encoding = match file.get(..4) {
        Some(b"MSCF") => return cabinet(&file).map(ByteView::from_vec),
        Some([0x1f, 0x8b, ..]) => "gzip",
        // What zlib writes at its usual levels.
        Some([0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]) => "deflate",
        Some([0x28, 0xb5, 0x2f, 0xfd]) => "zstd",
        _ => return Ok(file),
    };
    let limits = InflateLimits { inflated_bytes: FILE_BYTES, ratio: RATIO, ..InflateLimits::default() };
    let inflated = inflate(Bytes::copy_from_slice(&file), encoding, &limits);
    let inflated = inflated.map_err(|error| ConvertError::malformed("compressed debug file", &error))?;
    Ok(ByteView::from_vec(inflated.into()))
}

/// The first file of a cabinet.
fn cabinet(bytes: &[u8]) -> Result<Vec<u8>, ConvertError> {
    let malformed = |error: std::io::Error| ConvertError::malformed("cabinet", &error);
    let mut cabinet = cab::Cabinet::new(Cursor::new(bytes)).map_err(malformed)?;
    let first = cabinet.folder_entries().flat_map(|folder| folder.file_entries()).next();
    let name = first.map(|file| file.name().to_owned()).ok_or(ConvertError::Lacks("file in its cabinet"))?;
    let most = FILE_BYTES.min(bytes.len().saturating_mul(RATIO)) as u64;
    let mut file = Vec::new();
    let mut reader = cabinet.read_file(&name).map_err(malformed)?.take(most + 1);
    reader.read_to_end(&mut file).map_err(malformed)?;
    if file.len() as u64 > most {
        return Err(ConvertError::Malformed(format!("cabinet: its file has more than {most} bytes")));
    }
    Ok(file)
}
