//! Where symbol servers keep files: paths below a server's root, as pure functions of what a report says of a binary.
//!
//! No part of a report becomes part of a path but hexadecimal ids and file names without folders; paths of source files come
//! from debug files, and lead nowhere else once they are normalised.

mod layouts;
mod names;
mod settings;
mod source_file;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub(crate) use self::names::code_id;
pub use self::{
    layouts::paths,
    settings::{Platform, SOURCES, SourceSettings, SourceType},
    source_file::{normal_path, source_path},
};

/// How a symbol server names its files; stable names, in settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Microsoft's `symstore`: `app.pdb/SIGNATUREage/app.pdb`.
    Symstore,
    /// The same below the first two letters of the name.
    SymstoreIndex2,
    /// Microsoft's newer protocol (`Simple Symbol Query Protocol`): the same in lower case.
    Ssqp,
    /// Breakpad's and Mozilla's: `app.pdb/ID/app.sym`.
    Breakpad,
    /// elfutils': `buildid/ID/debuginfo`.
    Debuginfod,
    /// `nn/nnnn…/debuginfo`, for all formats.
    Unified,
    /// Breakpad files as `app.pdb/ID/symbols`.
    Slashsymbols,
}

/// What a file on a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileType {
    /// An ELF file with debug information.
    ElfDebug,
    /// The ELF file that was loaded.
    ElfCode,
    /// The binary in a dSYM.
    MachDebug,
    /// The Mach-O file that was loaded.
    MachCode,
    /// Debug information of a Windows binary.
    Pdb,
    /// Debug information of a managed binary.
    PortablePdb,
    /// The Windows binary that was loaded.
    Pe,
    /// Breakpad's text, of any system.
    Breakpad,
    /// Source files, of any system.
    SourceBundle,
}

impl FileType {
    /// All of them, symbols before binaries.
    pub const ALL: [Self; 9] = [
        Self::ElfDebug,
        Self::MachDebug,
        Self::Pdb,
        Self::PortablePdb,
        Self::Breakpad,
        Self::ElfCode,
        Self::MachCode,
        Self::Pe,
        Self::SourceBundle,
    ];
}

impl Layout {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Symstore,
        Self::SymstoreIndex2,
        Self::Ssqp,
        Self::Breakpad,
        Self::Debuginfod,
        Self::Unified,
        Self::Slashsymbols,
    ];
}
