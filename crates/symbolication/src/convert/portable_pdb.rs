//! Portable PDB caches: methods and instructions of .NET to files and lines.

use symbolic::{
    common::DebugId,
    ppdb::{PortablePdb, PortablePdbCache, PortablePdbCacheConverter},
};

use super::{ConvertError, guarded};

/// Converts a portable PDB. `wanted` refuses the file of another build.
pub fn portable_pdb_cache(file: &[u8], wanted: Option<DebugId>) -> Result<Vec<u8>, ConvertError> {
    guarded(|| converted(file, wanted))
}

fn converted(file: &[u8], wanted: Option<DebugId>) -> Result<Vec<u8>, ConvertError> {
    let pdb =
        PortablePdb::parse(file).map_err(|error| ConvertError::malformed("not a portable PDB", &error))?;
    if let (Some(wanted), Some(found)) = (wanted, pdb.pdb_id())
        && wanted.uuid() != found.uuid()
    {
        return Err(ConvertError::Mismatch { found: found.to_string(), wanted: wanted.to_string() });
    }
    if !pdb.has_debug_info() {
        return Err(ConvertError::Lacks("methods with lines"));
    }
    let mut converter = PortablePdbCacheConverter::new();
    let process = converter.process_portable_pdb(&pdb);
    process.map_err(|error| ConvertError::malformed("unreadable portable PDB", &error))?;
    let mut cache = Vec::new();
    let written = converter.serialize(&mut cache);
    written.map_err(|error| ConvertError::malformed("portable PDB cache", &error))?;
    PortablePdbCache::parse(&cache).map_err(|error| ConvertError::malformed("portable PDB cache", &error))?;
    Ok(cache)
}
