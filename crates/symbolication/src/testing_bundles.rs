//! Source bundles for tests.

use std::io::Cursor;

use symbolic::debuginfo::sourcebundle::{SourceBundleWriter, SourceFileInfo, SourceFileType};

/// As `sentry-cli debug-files bundle-jvm` makes one: files have URLs and no paths.
pub(crate) fn jvm_bundle(debug_id: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut bundle = SourceBundleWriter::start(&mut bytes).unwrap();
    bundle.set_attribute("debug_id", debug_id);
    for (url, source) in files {
        let mut info = SourceFileInfo::new();
        info.set_ty(SourceFileType::Source);
        info.set_url((*url).to_owned());
        bundle.add_file(url.replace('~', "_/_"), source.as_bytes(), info).unwrap();
    }
    bundle.finish().unwrap();
    bytes.into_inner()
}
