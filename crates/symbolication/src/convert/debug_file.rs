//! A debug file, opened under caps.

use symbolic::{
    common::DebugId,
    debuginfo::{Archive, Object, ParseObjectOptions},
};

use super::ConvertError;

/// Largest section of an ELF file once decompressed, bytes. The largest that browsers and games ship have about a gigabyte.
const SECTION_BYTES: usize = 2 << 30;
/// Largest source file that is embedded, bytes.
const SOURCE_BYTES: usize = 64 << 20;
/// Deepest inlining in a Breakpad file.
const INLINE_DEPTH: u32 = 256;
/// Most binaries in a fat file.
const OBJECTS: usize = 64;

/// The object with this debug id in a file, which may be fat; without an id, the file's only one.
pub(super) fn object(file: &[u8], wanted: Option<DebugId>) -> Result<Object<'_>, ConvertError> {
    let mut options = ParseObjectOptions::default();
    options.max_decompressed_section_size = Some(SECTION_BYTES);
    options.max_decompressed_embedded_source_size = Some(SOURCE_BYTES);
    options.max_inline_depth = Some(INLINE_DEPTH);
    let archive = Archive::parse_with_opts(file, options)
        .map_err(|error| ConvertError::malformed("not a debug file", &error))?;
    let mut found = Vec::new();
    let mut error = None;
    for object in archive.objects().take(OBJECTS) {
        match object {
            Ok(object) if wanted.is_none_or(|wanted| is_of(&object, wanted)) => return Ok(object),
            Ok(object) => found.push(object.debug_id().to_string()),
            Err(problem) => error = Some(ConvertError::malformed("damaged debug file", &problem)),
        }
    }
    Err(match (error, wanted) {
        (Some(error), _) => error,
        (None, Some(wanted)) if !found.is_empty() => {
            ConvertError::Mismatch { found: found.join(", "), wanted: wanted.to_string() }
        }
        _ => ConvertError::Lacks("binary in it"),
    })
}

/// Ages of PDBs grow when tools touch them; the GUID is what names the build. What has no id was found by its place.
fn is_of(object: &Object<'_>, wanted: DebugId) -> bool {
    let id = object.debug_id();
    id.is_nil() || id.uuid() == wanted.uuid()
}
