//! Source files of a build: those of a source bundle, or those that a debug file embeds.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
};

use serde::Deserialize;
use symbolic::{
    common::DebugId,
    debuginfo::{
        Object, ObjectDebugSession,
        sourcebundle::{SourceBundle, SourceBundleDebugSession},
    },
};
use zip::ZipArchive;

use super::{ConvertError, debug_file::object, guarded};
use crate::{
    jvm::{bundled_name, declared_package},
    source_files::SourceFilesWriter,
};

/// Bytes of all files together; what is beyond has no lines to show.
const SOURCES_BYTES: usize = 1 << 30;
/// Largest list of the files in a bundle, bytes.
const MANIFEST_BYTES: u64 = 64 << 20;

/// Takes the source files out of a source bundle or a portable PDB, so that each can be read where it lies.
pub fn source_files(file: &[u8], wanted: Option<DebugId>) -> Result<Vec<u8>, ConvertError> {
    guarded(|| converted(file, wanted))
}

fn converted(file: &[u8], wanted: Option<DebugId>) -> Result<Vec<u8>, ConvertError> {
    let object = object(file, wanted)?;
    if !object.has_sources() {
        return Err(ConvertError::Lacks("source files"));
    }
    let session =
        object.debug_session().map_err(|error| ConvertError::malformed("damaged source bundle", &error))?;
    let mut files = Files { writer: SourceFilesWriter::default(), room: SOURCES_BYTES, is_empty: true };
    // A file that cannot be read costs its own frames their lines, and no others.
    for entry in session.files().flatten() {
        let path = entry.abs_path_str();
        let Ok(Some(source)) = session.source_by_path(&path) else { continue };
        // Where a file is on some server does not matter: nothing is fetched from there.
        let Some(source) = source.contents() else { continue };
        files.add(&path, source)?;
    }
    if let (Object::SourceBundle(bundle), ObjectDebugSession::SourceBundle(session)) = (&object, &session) {
        add_named_by_url(bundle, session, &mut files)?;
    }
    files.finish()
}

/// The files of a bundle that have no path where they were built, but the name that a JVM's frames lead to.
fn add_named_by_url(
    bundle: &SourceBundle<'_>,
    session: &SourceBundleDebugSession<'_>,
    files: &mut Files,
) -> Result<(), ConvertError> {
    for url in urls(bundle)? {
        let Ok(Some(source)) = session.source_by_url(&url) else { continue };
        let Some(source) = source.contents() else { continue };
        files.add(&url, source)?;
        // Kotlin's files need not lie in folders as their packages are called.
        let stem = url.rsplit('/').next().and_then(|name| name.strip_suffix(".jvm"));
        let name = stem.zip(declared_package(source)).map(|(stem, package)| bundled_name(&package, stem));
        if let Some(name) = name.filter(|name| *name != url) {
            files.add(&name, source)?;
        }
    }
    Ok(())
}

/// What a bundle says of what is in it.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    files: BTreeMap<String, ManifestFile>,
}

#[derive(Deserialize)]
struct ManifestFile {
    #[serde(default)]
    path: String,
    #[serde(default)]
    url: String,
}

/// The URLs of the files that have no path.
fn urls(bundle: &SourceBundle<'_>) -> Result<Vec<String>, ConvertError> {
    let damaged = |error: &dyn std::error::Error| ConvertError::malformed("damaged source bundle", error);
    let mut zip = ZipArchive::new(Cursor::new(bundle.data())).map_err(|error| damaged(&error))?;
    let manifest = zip.by_name("manifest.json").map_err(|error| damaged(&error))?;
    let mut text = Vec::new();
    manifest.take(MANIFEST_BYTES).read_to_end(&mut text).map_err(|error| damaged(&error))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| damaged(&error))?;
    let named = manifest.files.into_values().filter(|file| file.path.is_empty() && !file.url.is_empty());
    Ok(named.map(|file| file.url).collect())
}

/// Source files, as many as there is room for.
struct Files {
    writer: SourceFilesWriter,
    room: usize,
    is_empty: bool,
}

impl Files {
    fn add(&mut self, path: &str, source: &str) -> Result<(), ConvertError> {
        let bytes = path.len() + source.len();
        if bytes > self.room {
            self.room = 0;
            return Ok(());
        }
        self.room -= bytes;
        self.is_empty = false;
        self.writer.add(path, source).map_err(|error| ConvertError::malformed("source files", &error))
    }

    fn finish(self) -> Result<Vec<u8>, ConvertError> {
        if self.is_empty {
            return Err(ConvertError::Lacks("source files"));
        }
        self.writer.finish().map_err(|error| ConvertError::malformed("source files", &error))
    }
}

/// The text of one source file as it is; of other encodings than UTF-8, what is ASCII.
pub fn source_file(file: &[u8]) -> Result<Vec<u8>, ConvertError> {
    if file.contains(&0) {
        return Err(ConvertError::Malformed("not a source file: it is no text".to_owned()));
    }
    Ok(String::from_utf8_lossy(file).into_owned().into_bytes())
}
