//! Source files of a build: those of a source bundle, or those that a debug file embeds.

use symbolic::common::DebugId;

use super::{ConvertError, debug_file::object, guarded};
use crate::source_files::SourceFilesWriter;

/// Bytes of all files together; what is beyond has no lines to show.
const SOURCES_BYTES: usize = 1 << 30;

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
    let (mut files, mut room, mut is_empty) = (SourceFilesWriter::default(), SOURCES_BYTES, true);
    // A file that cannot be read costs its own frames their lines, and no others.
    for entry in session.files().flatten() {
        let path = entry.abs_path_str();
        let Ok(Some(source)) = session.source_by_path(&path) else { continue };
        // Where a file is on some server does not matter: nothing is fetched from there.
        let Some(source) = source.contents() else { continue };
        let bytes = path.len() + source.len();
        if bytes > room {
            break;
        }
        room -= bytes;
        is_empty = false;
        files.add(&path, source).map_err(|error| ConvertError::malformed("source files", &error))?;
    }
    if is_empty {
        return Err(ConvertError::Lacks("source files"));
    }
    files.finish().map_err(|error| ConvertError::malformed("source files", &error))
}

/// The text of one source file as it is; of other encodings than UTF-8, what is ASCII.
pub fn source_file(file: &[u8]) -> Result<Vec<u8>, ConvertError> {
    if file.contains(&0) {
        return Err(ConvertError::Malformed("not a source file: it is no text".to_owned()));
    }
    Ok(String::from_utf8_lossy(file).into_owned().into_bytes())
}
