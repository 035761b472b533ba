//! Files of compilers and linkers, and what is made of them: all that `symbolic` calls an archive of objects.

use symbolic::{
    common::Arch,
    debuginfo::{Archive, FileFormat, Object, ObjectKind, ParseObjectOptions, dwarf::Dwarf},
};

use super::{MAX_OBJECTS, ObjectInfo, Unfit};
use crate::elsewhere::Elsewhere;

/// Largest section that is inflated to look at it, bytes; to recognise a file, none needs to be.
const SECTION_BYTES: usize = 64 << 20;

/// The objects in it; `None`: it is not of these kinds.
pub(super) fn inspect(bytes: &[u8]) -> Result<Option<Vec<ObjectInfo>>, Unfit> {
    let format = Archive::peek(bytes);
    if format == FileFormat::Unknown {
        return Ok(None);
    }
    let kind = format.name();
    let malformed = |problem: String| Unfit::Malformed { kind, problem };
    let mut options = ParseObjectOptions::default();
    options.max_decompressed_section_size = Some(SECTION_BYTES);
    options.max_decompressed_embedded_source_size = Some(SECTION_BYTES);
    let archive = Archive::parse_with_opts(bytes, options).map_err(|error| malformed(error.to_string()))?;
    let mut objects = Vec::new();
    for object in archive.objects() {
        if objects.len() == MAX_OBJECTS {
            return Err(Unfit::TooManyObjects);
        }
        let object = object.map_err(|error| malformed(error.to_string()))?;
        if object.is_malformed() {
            return Err(malformed("its sections are cut off or overlap".to_owned()));
        }
        let info = info(kind, &object)?;
        // Slices of one build may repeat an id; the first stands for them.
        if objects.iter().all(|known: &ObjectInfo| known.debug_id != info.debug_id) {
            objects.push(info);
        }
    }
    match objects.is_empty() {
        true => Err(malformed("there is no object in it".to_owned())),
        false => Ok(Some(objects)),
    }
}

fn info(kind: &'static str, object: &Object<'_>) -> Result<ObjectInfo, Unfit> {
    let debug_id = object.debug_id();
    if debug_id.is_nil() {
        return Err(if is_dwo(object) { Unfit::Dwo } else { Unfit::NoDebugId { kind } });
    }
    let elsewhere = Elsewhere::of(object);
    let features = [
        ("symtab", object.has_symbols()),
        ("debug", object.has_debug_info() && elsewhere.is_none_or(Elsewhere::is_in_part)),
        ("unwind", object.has_unwind_info()),
        ("sources", object.has_sources()),
        (elsewhere.map_or("", Elsewhere::feature), elsewhere.is_some()),
    ];
    Ok(ObjectInfo {
        kind,
        object_kind: match object.kind() {
            ObjectKind::None => "",
            kind => kind.name(),
        },
        debug_id,
        code_id: object.code_id().map(|id| id.as_str().to_ascii_lowercase()),
        arch: match object.arch() {
            Arch::Unknown => "",
            arch => arch.name(),
        },
        features: features.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect(),
    })
}

/// What `-gsplit-dwarf` puts beside an object file, or a package of them.
fn is_dwo(object: &Object<'_>) -> bool {
    matches!(object, Object::Elf(elf) if elf.has_section("debug_info.dwo"))
}
