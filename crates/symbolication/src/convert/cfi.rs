//! CFI caches: how to unwind, in Breakpad's words.

use symbolic::{cfi::CfiCache, common::DebugId};

use super::{ConvertError, debug_file::object, guarded};

/// Longest chain of unwind entries of a Windows function.
const CHAIN: usize = 256;

/// Converts the unwind information of an ELF, Mach-O, PE, PDB or Breakpad file. `wanted` is as for
/// [`sym_cache`](super::sym_cache).
pub fn cfi_cache(file: &[u8], wanted: Option<DebugId>) -> Result<Vec<u8>, ConvertError> {
    guarded(|| converted(file, wanted))
}

fn converted(file: &[u8], wanted: Option<DebugId>) -> Result<Vec<u8>, ConvertError> {
    let object = object(file, wanted)?;
    if !object.has_unwind_info() {
        return Err(ConvertError::Lacks("unwind information"));
    }
    let mut options = symbolic::cfi::FromObjectOptions::default();
    options.max_unwind_chain_len = Some(CHAIN);
    let cache = CfiCache::from_object_with_opts(&object, options)
        .map_err(|error| ConvertError::malformed("unreadable unwind information", &error))?;
    let mut bytes = Vec::new();
    cache.write_to(&mut bytes).map_err(|error| ConvertError::malformed("CFI cache", &error))?;
    Ok(bytes)
}
