//! What symbolication reads of a file, by kind.

use symbolic::common::DebugId;

use super::{
    ConvertError, SymbolMaps,
    bundled::{Bundled, unbundled},
    cfi_cache, portable_pdb_cache, source_file, source_files, sym_cache,
};
use crate::{
    ArtifactKind,
    dart::dart_map_cache,
    js::{inlined_map, source_map_cache},
    jvm::proguard_cache,
};

/// What a conversion reads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inputs<'a> {
    /// The debug file, mapping or source map.
    pub file: &'a [u8],
    /// Which object is wanted of a debug file; `None` takes the only one.
    pub debug_id: Option<DebugId>,
    /// For a symcache.
    pub maps: SymbolMaps<'a>,
    /// Where a source map and its minified file are, if `file` is the artifact bundle that holds them.
    pub bundled: Option<&'a Bundled>,
}

/// Makes of the inputs what symbolication reads.
pub fn artifact(kind: ArtifactKind, inputs: &Inputs<'_>) -> Result<Vec<u8>, ConvertError> {
    match kind {
        ArtifactKind::SymCache => sym_cache(inputs.file, inputs.debug_id, inputs.maps),
        ArtifactKind::Cfi => cfi_cache(inputs.file, inputs.debug_id),
        ArtifactKind::PortablePdb => portable_pdb_cache(inputs.file, inputs.debug_id),
        ArtifactKind::Proguard => Ok(proguard_cache(inputs.file)?),
        ArtifactKind::SourceMap => source_map(inputs),
        ArtifactKind::DartMap => Ok(dart_map_cache(inputs.file)?),
        ArtifactKind::Sources => source_files(inputs.file, inputs.debug_id),
        ArtifactKind::SourceFile => source_file(inputs.file),
    }
}

fn source_map(inputs: &Inputs<'_>) -> Result<Vec<u8>, ConvertError> {
    let Some(bundled) = inputs.bundled else { return Ok(source_map_cache("", inputs.file)?) };
    let files = unbundled(inputs.file, bundled)?;
    let map = match files.map {
        Some(map) => map,
        None => inlined_map(&files.minified)?.ok_or(ConvertError::Lacks("source map in it"))?,
    };
    Ok(source_map_cache(&files.minified, &map)?)
}
