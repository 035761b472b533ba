//! What a file is: which builds it has symbols of, and of what use it is.
//!
//! Reads headers and no more than needed for that. Whatever the bytes are, it ends with an answer: a library that panics
//! on them is caught, and what has no id of its own must be told one by its uploader.

mod mapping;
mod native;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use symbolic::common::{ByteView, DebugId};
use uuid::Uuid;

use crate::elsewhere::Elsewhere;

/// Objects in a file at most: one for each architecture there is, and some.
const MAX_OBJECTS: usize = 64;
/// Characters of a name that are kept.
const MAX_NAME: usize = 250;

/// One build's symbols in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// `elf`, `macho`, `pe`, `pdb`, `breakpad`, `portablepdb`, `wasm`, `sourcebundle`, `proguard`, `bcsymbolmap`,
    /// `uuidmap`, `il2cpp`, `dartsymbolmap`.
    pub kind: &'static str,
    /// `exe`, `lib`, `dbg`, `src` …; empty for what is no object file.
    pub object_kind: &'static str,
    pub debug_id: DebugId,
    /// Lower-case hexadecimal.
    pub code_id: Option<String>,
    /// `arm64`, `x86_64` …; empty if that makes no sense.
    pub arch: &'static str,
    /// Of `symtab`, `debug`, `unwind`, `sources`, `mapping`; `split-dwarf` and `dwz`, where debug information is in other
    /// files, see [`caveat`].
    pub features: Vec<&'static str>,
}

/// What an uploader says of a file.
#[derive(Debug, Clone, Default)]
pub struct Told<'a> {
    /// File name; some kinds carry their id in it.
    pub name: &'a str,
    pub debug_id: Option<DebugId>,
}

/// Why a file is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// None of the kinds that are known.
    #[error("not a debug file of a known kind")]
    UnknownKind,
    /// Of a known kind, and damaged.
    #[error("{kind} file cannot be read: {problem}")]
    Malformed {
        /// Its kind.
        kind: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A build without an id, which no crash could name.
    #[error("{kind} file has no debug id: build it with one (for ELF: -Wl,--build-id)")]
    NoDebugId {
        /// Its kind.
        kind: &'static str,
    },
    /// Debug information apart from its binary.
    #[error(
        "file of split DWARF (.dwo, .dwp) cannot be used: build without -gsplit-dwarf, so that the binary has its debug information"
    )]
    Dwo,
    /// A kind that has no id of its own.
    #[error("{kind} file needs a debug id: {advice}")]
    NeedsDebugId {
        /// Its kind.
        kind: &'static str,
        /// Where it is to be given.
        advice: &'static str,
    },
    /// Said to be of one build, and of another.
    #[error("file was said to be of debug id {told}, but is of {found}")]
    OtherDebugId {
        /// What the uploader says.
        told: DebugId,
        /// What the file says.
        found: DebugId,
    },
    /// What the uploader says is no debug id.
    #[error("{told:?} is not a debug id")]
    NoDebugIdAtAll {
        /// What is said.
        told: String,
    },
    /// It cannot be opened.
    #[error("file cannot be read: {problem}")]
    Unreadable {
        /// What the system says.
        problem: String,
    },
    /// More objects than any honest file has.
    #[error("file has more than {MAX_OBJECTS} objects in it")]
    TooManyObjects,
}

/// The symbols in a file; never empty. Takes as long as reading some of it takes: not for a thread that answers.
pub fn inspect(bytes: &[u8], told: &Told<'_>) -> Result<Vec<ObjectInfo>, Unfit> {
    let caught = catch_unwind(AssertUnwindSafe(|| recognize(bytes, told)));
    let objects = caught.unwrap_or_else(|_| {
        let problem = "its reader gave up on it".to_owned();
        Err(Unfit::Malformed { kind: "debug", problem })
    })?;
    check_told(&objects, told)?;
    Ok(objects)
}

/// The symbols in a file on this machine, which is mapped into memory; `debug_id` as its uploader says it.
pub fn inspect_file(path: &Path, name: &str, debug_id: Option<&str>) -> Result<Vec<ObjectInfo>, Unfit> {
    let debug_id = match debug_id {
        Some(text) => Some(text.parse().map_err(|_| Unfit::NoDebugIdAtAll { told: text.to_owned() })?),
        None => None,
    };
    let bytes = ByteView::open(path).map_err(|error| Unfit::Unreadable { problem: error.to_string() })?;
    inspect(&bytes, &Told { name, debug_id })
}

/// The debug id that an uploader gives a file, as it is written here: said, or in the name of a ProGuard mapping.
pub fn told_debug_id(name: &str, debug_id: Option<&str>) -> Option<String> {
    let said = debug_id.and_then(|text| text.parse::<DebugId>().ok());
    said.or_else(|| proguard_id(name).map(DebugId::from_uuid)).map(|id| id.to_string())
}

/// File name without folders, as it is kept.
pub fn file_name(path: &str) -> String {
    let name = mayday_event::file_name(path.trim_end_matches(['/', '\\']));
    name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect()
}

/// What a feature of a file keeps it from, in words for people; `None` for all that are of use.
pub fn caveat(feature: &str) -> Option<&'static str> {
    let known = [Elsewhere::Dwo { in_part: false }, Elsewhere::Supplementary];
    known.into_iter().find(|elsewhere| elsewhere.feature() == feature).map(Elsewhere::reason)
}

fn recognize(bytes: &[u8], told: &Told<'_>) -> Result<Vec<ObjectInfo>, Unfit> {
    if let Some(id) = proguard_id(told.name) {
        return mapping::proguard(bytes, id).map(|object| vec![object]);
    }
    if let Some(objects) = native::inspect(bytes)? {
        return Ok(objects);
    }
    mapping::inspect(bytes, told).map(|object| vec![object])
}

/// An uploader cannot know a file's id better than the file; mappings without one of their own got theirs from it.
fn check_told(objects: &[ObjectInfo], told: &Told<'_>) -> Result<(), Unfit> {
    let (Some(wanted), Some(first)) = (told.debug_id, objects.first()) else { return Ok(()) };
    // Of a program database, uploaders may leave the age out.
    match objects.iter().any(|object| object.debug_id.uuid() == wanted.uuid()) {
        true => Ok(()),
        false => Err(Unfit::OtherDebugId { told: wanted, found: first.debug_id }),
    }
}

/// `/proguard/UUID.txt`, as uploaders of mappings call them; also `proguard/mapping-UUID.txt`.
fn proguard_id(name: &str) -> Option<Uuid> {
    let name = name.trim_start_matches('/').strip_prefix("proguard/")?;
    let stem = name.strip_suffix(".txt").unwrap_or(name);
    Uuid::try_parse(stem.strip_prefix("mapping-").unwrap_or(stem)).ok()
}

#[cfg(test)]
mod tests;
