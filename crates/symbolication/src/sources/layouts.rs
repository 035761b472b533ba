//! The layouts.
//!
//! <https://learn.microsoft.com/windows/win32/debug/using-symstore>,
//! <https://github.com/dotnet/symstore/blob/main/docs/specs/SSQP_Key_Conventions.md>,
//! <https://sourceware.org/elfutils/Debuginfod.html>, and Sentry's description of what its own server reads.

use super::{
    FileType, Layout,
    names::{code_file, code_id, debug_file, debug_id, mach_uuid, pe_id},
};
use crate::ImageId;

/// Where a server of this layout may have a file of this type, the likeliest first; empty if it keeps none.
pub fn paths(layout: Layout, ty: FileType, image: &ImageId) -> Vec<String> {
    let path = match layout {
        Layout::Symstore => symstore(ty, image),
        Layout::SymstoreIndex2 => symstore(ty, image).and_then(|path| below_two_letters(&path)),
        Layout::Ssqp => ssqp(ty, image),
        Layout::Breakpad => breakpad(ty, image),
        Layout::Debuginfod => debuginfod(ty, image),
        Layout::Slashsymbols => slashsymbols(ty, image),
        Layout::Unified => return unified(ty, image),
    };
    path.into_iter().collect()
}

fn symstore(ty: FileType, image: &ImageId) -> Option<String> {
    Some(match ty {
        FileType::Pdb => {
            let (name, id) = (debug_file(image)?, debug_id(image)?);
            let signature = id.uuid().simple().to_string().to_uppercase();
            format!("{name}/{signature}{:x}/{name}", id.appendix())
        }
        FileType::PortablePdb => {
            let (name, id) = (debug_file(image)?, debug_id(image)?);
            format!("{name}/{}FFFFFFFF/{name}", id.uuid().simple().to_string().to_uppercase())
        }
        FileType::Pe => {
            let (name, id) = (code_file(image)?, pe_id(image)?);
            format!("{name}/{id}/{name}")
        }
        FileType::ElfCode => {
            let (name, id) = (code_file(image)?, code_id(image)?);
            format!("{name}/elf-buildid-{id}/{name}")
        }
        FileType::ElfDebug => format!("_.debug/elf-buildid-sym-{}/_.debug", code_id(image)?),
        FileType::MachCode => {
            let (name, id) = (code_file(image)?, mach_uuid(image)?);
            format!("{name}/mach-uuid-{id}/{name}")
        }
        FileType::MachDebug => format!("_.dwarf/mach-uuid-sym-{}/_.dwarf", mach_uuid(image)?),
        FileType::Breakpad | FileType::SourceBundle => return None,
    })
}

/// `ap/app.pdb/…`
fn below_two_letters(path: &str) -> Option<String> {
    let letters: String = path.chars().take(2).collect();
    (letters.chars().count() == 2).then(|| format!("{}/{path}", letters.to_lowercase()))
}

/// Names and signatures in lower case; a few parts are in upper case still.
fn ssqp(ty: FileType, image: &ImageId) -> Option<String> {
    Some(match ty {
        FileType::Pdb => {
            let (name, id) = (debug_file(image)?.to_lowercase(), debug_id(image)?);
            format!("{name}/{}{:x}/{name}", id.uuid().simple(), id.appendix())
        }
        FileType::PortablePdb => {
            let (name, id) = (debug_file(image)?.to_lowercase(), debug_id(image)?);
            format!("{name}/{}FFFFFFFF/{name}", id.uuid().simple())
        }
        FileType::Pe => {
            let (name, id) = (code_file(image)?.to_lowercase(), pe_id(image)?);
            format!("{name}/{id}/{name}")
        }
        other => symstore(other, image)?.to_lowercase(),
    })
}

/// `app.pdb/ID/app.sym`, `libapp.so/ID/libapp.so.sym`.
fn breakpad(ty: FileType, image: &ImageId) -> Option<String> {
    if ty != FileType::Breakpad {
        return None;
    }
    let (name, id) = (debug_file(image)?, debug_id(image)?);
    let stem = name.strip_suffix(".pdb").unwrap_or(name);
    Some(format!("{name}/{}/{stem}.sym", id.breakpad()))
}

fn slashsymbols(ty: FileType, image: &ImageId) -> Option<String> {
    if ty != FileType::Breakpad {
        return None;
    }
    let (name, id) = (debug_file(image)?, debug_id(image)?);
    Some(format!("{name}/{}/symbols", id.breakpad()))
}

fn debuginfod(ty: FileType, image: &ImageId) -> Option<String> {
    let file = match ty {
        FileType::ElfDebug => "debuginfo",
        FileType::ElfCode => "executable",
        _ => return None,
    };
    Some(format!("buildid/{}/{file}", code_id(image)?))
}

fn unified(ty: FileType, image: &ImageId) -> Vec<String> {
    let by_debug_id = || debug_id(image).map(|id| id.breakpad().to_string().to_lowercase());
    let (file, ids) = match ty {
        FileType::ElfDebug => ("debuginfo", [code_id(image), None]),
        FileType::ElfCode => ("executable", [code_id(image), None]),
        FileType::MachDebug => ("debuginfo", [mach_uuid(image), None]),
        FileType::MachCode => ("executable", [mach_uuid(image), None]),
        FileType::Pdb | FileType::PortablePdb => ("debuginfo", [by_debug_id(), None]),
        FileType::Pe => ("executable", [pe_id(image).map(|id| id.to_lowercase()), None]),
        FileType::Breakpad => ("breakpad", [by_debug_id(), None]),
        FileType::SourceBundle => ("sourcebundle", [code_id(image), by_debug_id()]),
    };
    let path = |id: String| id.split_at_checked(2).map(|(first, rest)| format!("{first}/{rest}/{file}"));
    ids.into_iter().flatten().filter_map(path).collect()
}
