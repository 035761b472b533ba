//! What symbolication reads of a file, by kind.

use std::borrow::Cow;

use symbolic::{common::DebugId, debuginfo::sourcebundle::SourceBundle};

use super::{
    ConvertError, SymbolMaps,
    bundled::{Bundled, unbundled},
    cfi_cache, portable_pdb_cache, sym_cache,
};
use crate::{ArtifactKind, dart::DartMap, js::source_map_cache, jvm::proguard_cache};

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
        ArtifactKind::Proguard => Ok(Cow::Owned(proguard_cache(inputs.file)?)),
        ArtifactKind::SourceMap => source_map(inputs).map(Cow::Owned),
        ArtifactKind::DartMap => {
            DartMap::parse(inputs.file)?;
            Ok(Cow::Borrowed(inputs.file))
        }
        ArtifactKind::Sources => {
            SourceBundle::parse(inputs.file)
                .map_err(|error| ConvertError::malformed("not a source bundle", &error))?;
            Ok(Cow::Borrowed(inputs.file))
        }
    }
}

fn source_map(inputs: &Inputs<'_>) -> Result<Vec<u8>, ConvertError> {
    let Some(bundled) = inputs.bundled else { return Ok(source_map_cache("", inputs.file)?) };
    let files = unbundled(inputs.file, bundled)?;
    Ok(source_map_cache(&files.minified, files.map.as_bytes())?)
}
