//! Debug information that a file says is in other files, which nobody here reads.
//!
//! - `-gsplit-dwarf`: the file has mere skeletons of its units, and each names the `.dwo` file that has the unit.
//! - `dwz -m`: what several files have in common is in one of its own, which `.gnu_debugaltlink` names.
//!
//! Such a file looks like one with debug information, and says less. So that people are told why, a symcache that
//! is made of it ends with a mark: its reader passes over what is behind its texts.

use symbolic::debuginfo::{
    Object,
    dwarf::{Dwarf, gimli},
    elf::ElfObject,
};

/// Where the rest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// In `.dwo` files.
    Dwo {
        /// Of some units; others are whole.
        in_part: bool,
    },
    /// In the file of `dwz -m`.
    Supplementary,
}

const MARK_BYTES: usize = 8;
const MARKS: [([u8; MARK_BYTES], Elsewhere); 3] = [
    (*b"\0mdnote1", Elsewhere::Dwo { in_part: false }),
    (*b"\0mdnote2", Elsewhere::Dwo { in_part: true }),
    (*b"\0mdnote3", Elsewhere::Supplementary),
];

impl Elsewhere {
    /// What the file says; `None`: it has all that there is, or cannot be read this far.
    pub(crate) fn of(object: &Object<'_>) -> Option<Self> {
        let Object::Elf(elf) = object else { return None };
        of_units(elf).or_else(|| elf.has_section("gnu_debugaltlink").then_some(Self::Supplementary))
    }

    /// Whether the file has debug information itself, too.
    pub(crate) fn is_in_part(self) -> bool {
        self != Self::Dwo { in_part: false }
    }

    /// The word for it among a file's features.
    pub(crate) fn feature(self) -> &'static str {
        match self {
            Self::Dwo { .. } => "split-dwarf",
            Self::Supplementary => "dwz",
        }
    }

    /// What is missing, why, and what helps.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Dwo { .. } => {
                "inlined calls are missing, for its debug information is in .dwo files, which cannot be used, nor can a .dwp: build without -gsplit-dwarf"
            }
            Self::Supplementary => {
                "part of its debug information is in the file that dwz -m made, which cannot be used: take the debug file from before dwz"
            }
        }
    }

    /// What ends a symcache of such a file.
    pub(crate) fn mark(self) -> [u8; MARK_BYTES] {
        MARKS.into_iter().find(|(_, of)| *of == self).map_or([0; MARK_BYTES], |(mark, _)| mark)
    }

    /// What a symcache was marked with.
    pub(crate) fn marked(cache: &[u8]) -> Option<Self> {
        let mark = cache.last_chunk::<MARK_BYTES>()?;
        MARKS.into_iter().find(|(known, _)| known == mark).map(|(_, of)| of)
    }
}

/// Looks at the heads of all units.
fn of_units(elf: &ElfObject<'_>) -> Option<Elsewhere> {
    // Where skeletons keep the addresses of their units.
    if !elf.has_section("debug_addr") {
        return None;
    }
    let (info, abbreviations) = (elf.section("debug_info")?, elf.section("debug_abbrev")?);
    let info = gimli::DebugInfo::new(&info.data, elf.endianity());
    let abbreviations = gimli::DebugAbbrev::new(&abbreviations.data, elf.endianity());
    let (mut skeletons, mut whole) = (false, false);
    let mut units = info.units();
    while let Ok(Some(unit)) = units.next() {
        match is_skeleton(&unit, &abbreviations) {
            true => skeletons = true,
            false => whole |= !matches!(unit.type_(), gimli::UnitType::Type { .. }),
        }
        if skeletons && whole {
            break;
        }
    }
    skeletons.then_some(Elsewhere::Dwo { in_part: whole })
}

/// DWARF 5 says it in the unit's head; before, GNU's extension does by what its first entry has.
pub(crate) fn is_skeleton<R: gimli::Reader>(
    unit: &gimli::UnitHeader<R>,
    abbreviations: &gimli::DebugAbbrev<R>,
) -> bool {
    if unit.version() >= 5 {
        return matches!(unit.type_(), gimli::UnitType::Skeleton(_));
    }
    let has_dwo_name = || {
        let abbreviations = unit.abbreviations(abbreviations).ok()?;
        let mut entries = unit.entries_raw(&abbreviations, None).ok()?;
        let first = entries.read_abbreviation().ok()??;
        Some(first.attributes().iter().any(|attribute| attribute.name() == gimli::DW_AT_GNU_dwo_name))
    };
    has_dwo_name().unwrap_or_default()
}
