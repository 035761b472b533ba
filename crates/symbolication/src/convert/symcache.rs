//! Symcaches: addresses to functions, files and lines.

use symbolic::{
    common::{ByteView, DebugId},
    debuginfo::{Object, macho::BcSymbolMap},
    il2cpp::LineMapping,
    symcache::SymCacheConverter,
};

use super::{ConvertError, debug_file::object, guarded, skeletons};
use crate::elsewhere::Elsewhere;

/// Files that say what the names and lines in a debug file stand for.
#[derive(Debug, Clone, Copy, Default)]
pub struct SymbolMaps<'a> {
    /// A `.bcsymbolmap`: names that Apple hid when it compiled bitcode.
    pub bitcode: Option<&'a [u8]>,
    /// Unity's `LineNumberMappings.json`: lines of C# for lines of generated C++.
    pub il2cpp: Option<&'a [u8]>,
}

/// Converts an ELF, Mach-O (fat too), PE, PDB or Breakpad file to a symcache. `wanted` picks from a fat file, and refuses a
/// file of another build. A file with nothing but a symbol table makes a symcache without lines; one whose debug
/// information is in other files says so, see [`Elsewhere`].
pub fn sym_cache(
    file: &[u8],
    wanted: Option<DebugId>,
    maps: SymbolMaps<'_>,
) -> Result<Vec<u8>, ConvertError> {
    guarded(|| converted(file, wanted, maps))
}

fn converted(file: &[u8], wanted: Option<DebugId>, maps: SymbolMaps<'_>) -> Result<Vec<u8>, ConvertError> {
    let mut object = object(file, wanted)?;
    if !object.has_debug_info() && !object.has_symbols() {
        return Err(ConvertError::Lacks("debug information or symbol table"));
    }
    let mut converter = SymCacheConverter::new();
    if let Some(map) = maps.bitcode {
        let parse = || {
            BcSymbolMap::parse(map)
                .map_err(|error| ConvertError::malformed("not a bitcode symbol map", &error))
        };
        if let Object::MachO(mach_o) = &mut object {
            mach_o.load_symbolmap(parse()?);
        }
        converter.add_transformer(parse()?);
    }
    if let Some(mapping) = maps.il2cpp {
        let mapping = LineMapping::parse(mapping)
            .ok_or_else(|| ConvertError::Malformed("not an il2cpp line mapping".to_owned()))?;
        converter.add_transformer(mapping);
    }
    let elsewhere = Elsewhere::of(&object);
    if let (Object::Elf(elf), Some(Elsewhere::Dwo { .. })) = (&object, elsewhere) {
        skeletons::add_lines(elf, &mut converter);
    }
    let process = converter.process_object(&object);
    process.map_err(|error| ConvertError::malformed("unreadable debug information", &error))?;
    let mut cache = Vec::new();
    let written = converter.serialize(&mut cache);
    written.map_err(|error| ConvertError::malformed("symcache", &error))?;
    // Read back what will be read: a file that cannot be is better known now.
    let view = ByteView::from_slice(&cache);
    symbolic::symcache::SymCache::parse(&view)
        .map_err(|error| ConvertError::malformed("symcache", &error))?;
    cache.extend(elsewhere.into_iter().flat_map(Elsewhere::mark));
    Ok(cache)
}
