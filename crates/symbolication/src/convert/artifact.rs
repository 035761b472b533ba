//! What symbolication reads of a file, by kind.

use std::{borrow::Cow, str};

use proguard::{ProguardCache, ProguardMapping};
use symbolic::{
    common::DebugId, debuginfo::sourcebundle::SourceBundle, sourcemapcache::SourceMapCacheWriter,
};

use super::{
    ConvertError, SymbolMaps,
    bundled::{Bundled, unbundled},
    cfi_cache, portable_pdb_cache, sym_cache,
};
use crate::ArtifactKind;

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
pub fn artifact<'a>(kind: ArtifactKind, inputs: &Inputs<'a>) -> Result<Cow<'a, [u8]>, ConvertError> {
    match kind {
        ArtifactKind::SymCache => sym_cache(inputs.file, inputs.debug_id, inputs.maps).map(Cow::Owned),
        ArtifactKind::Cfi => cfi_cache(inputs.file, inputs.debug_id).map(Cow::Owned),
        ArtifactKind::PortablePdb => portable_pdb_cache(inputs.file, inputs.debug_id).map(Cow::Owned),
        ArtifactKind::Proguard => proguard(inputs.file).map(Cow::Owned),
        ArtifactKind::SourceMap => source_map(inputs).map(Cow::Owned),
        ArtifactKind::DartMap => {
            serde_json::from_slice::<Vec<Cow<'_, str>>>(inputs.file)
                .map_err(|error| ConvertError::malformed("not a list of names", &error))?;
            Ok(Cow::Borrowed(inputs.file))
        }
        ArtifactKind::Sources => {
            SourceBundle::parse(inputs.file)
                .map_err(|error| ConvertError::malformed("not a source bundle", &error))?;
            Ok(Cow::Borrowed(inputs.file))
        }
    }
}

fn proguard(file: &[u8]) -> Result<Vec<u8>, ConvertError> {
    let mapping = ProguardMapping::new(file);
    if !mapping.is_valid() {
        return Err(ConvertError::Malformed(
            "not a ProGuard or R8 mapping: no class in its first lines".to_owned(),
        ));
    }
    let mut cache = Vec::new();
    let written = ProguardCache::write(&mapping, &mut cache);
    written.map_err(|error| ConvertError::malformed("mapping cache", &error))?;
    Ok(cache)
}

fn source_map(inputs: &Inputs<'_>) -> Result<Vec<u8>, ConvertError> {
    let writer = match inputs.bundled {
        Some(bundled) => {
            let files = unbundled(inputs.file, bundled)?;
            SourceMapCacheWriter::new(&files.minified, &files.map)
        }
        None => {
            let map = str::from_utf8(inputs.file)
                .map_err(|error| ConvertError::malformed("source map is not text", &error))?;
            SourceMapCacheWriter::new("", map)
        }
    };
    let writer = writer.map_err(|error| ConvertError::malformed("unreadable source map", &error))?;
    let mut cache = Vec::new();
    let written = writer.serialize(&mut cache);
    written.map_err(|error| ConvertError::malformed("source map cache", &error))?;
    Ok(cache)
}
