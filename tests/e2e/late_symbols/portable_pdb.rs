//! A portable PDB as a compiler writes it, of one method: <https://github.com/dotnet/runtime/blob/main/docs/design/specs/PortablePdb-Metadata.md>.

/// GUID and stamp, as clients say which build an assembly is of.
pub(super) const DEBUG_ID: &str = "b6919861-510c-4887-9994-943f64f70c37-870b9ef9";
/// The same as it is written into the file.
const PDB_ID: [u8; 20] = [
    0x61, 0x98, 0x91, 0xb6, 0x0c, 0x51, 0x87, 0x48, 0x99, 0x94, 0x94, 0x3f, 0x64, 0xf7, 0x0c, 0x37, 0xf9,
    0x9e, 0x0b, 0x87,
];
/// C#, as the language of a document.
const CSHARP: [u8; 16] =
    [0xf8, 0x62, 0x51, 0x3f, 0xc6, 0x07, 0xd3, 0x11, 0x90, 0x53, 0x00, 0xc0, 0x4f, 0xa3, 0x02, 0xa1];
const DOCUMENTS: u32 = 0x30;
const METHOD_DEBUG_INFORMATION: u32 = 0x31;
const METHODS: u32 = 0x06;

/// The first method is at line 42 of `/src/Shop.cs` at its beginning, and at line 44 from its IL offset 5 on.
pub(super) fn portable_pdb() -> Vec<u8> {
    let (mut blobs, mut at) = (vec![0], Vec::new());
    let name = |at: &[u8]| [b"/\0".as_slice(), at].concat();
    for part in [b"src".as_slice(), b"Shop.cs"] {
        at.push(blob(&mut blobs, part));
    }
    let document = blob(&mut blobs, &name(&at));
    // No local variables; IL offset, lines and columns, line and column; then the same as differences, signed ones doubled.
    let points = blob(&mut blobs, &[0, 0, 0, 10, 42, 9, 5, 0, 10, 2 << 1, 0]);

    let mut pdb = PDB_ID.to_vec();
    pdb.extend(0_u32.to_le_bytes());
    pdb.extend((1_u64 << METHODS).to_le_bytes());
    pdb.extend(1_u32.to_le_bytes());

    let mut tables = vec![0, 0, 0, 0, 2, 0, 0, 1];
    tables.extend((1_u64 << DOCUMENTS | 1 << METHOD_DEBUG_INFORMATION).to_le_bytes());
    tables.extend(0_u64.to_le_bytes());
    for rows in [1_u32, 1] {
        tables.extend(rows.to_le_bytes());
    }
    // A document's name, hash algorithm, hash and language; a method's document and sequence points.
    for column in [document.into(), 0, 0, 1, 1, points.into()] {
        tables.extend(u16::to_le_bytes(column));
    }
    file(&[
        ("#Pdb", pdb),
        ("#~", tables),
        ("#Strings", vec![0]),
        ("#GUID", CSHARP.to_vec()),
        ("#Blob", blobs),
    ])
}

/// Adds a blob; where it is.
fn blob(blobs: &mut Vec<u8>, content: &[u8]) -> u8 {
    let at = u8::try_from(blobs.len()).expect("few blobs");
    blobs.push(u8::try_from(content.len()).expect("a short blob"));
    blobs.extend(content);
    at
}

fn file(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let padded = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(bytes.len() / 4 * 4 + 4, 0);
        bytes
    };
    let mut file = b"BSJB\x01\0\x01\0\0\0\0\0\x0c\0\0\0PDB v1.0\0\0\0\0\0\0".to_vec();
    file.extend(u16::try_from(streams.len()).expect("few streams").to_le_bytes());
    let heads: usize = streams.iter().map(|(name, _)| 8 + padded(name).len()).sum();
    let mut start = file.len() + heads;
    for (name, content) in streams {
        for number in [start, content.len()] {
            file.extend(u32::try_from(number).expect("a short file").to_le_bytes());
        }
        file.extend(padded(name));
        start += content.len().next_multiple_of(4);
    }
    for (_, content) in streams {
        file.extend(content);
        file.resize(file.len().next_multiple_of(4), 0);
    }
    file
}
