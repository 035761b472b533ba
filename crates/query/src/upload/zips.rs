//! Zips for tests.

use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A zip of files: name and content.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in files {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// An artifact bundle: the eight bytes, a manifest, files.
pub(crate) fn bundle(manifest: &serde_json::Value, files: &[(&str, &[u8])]) -> Vec<u8> {
    let manifest = manifest.to_string();
    let mut all = vec![("manifest.json", manifest.as_bytes())];
    all.extend_from_slice(files);
    [b"SYSB\x02\0\0\0".as_slice(), &zip(&all)].concat()
}
