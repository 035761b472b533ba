use super::{
    FileType::{ElfCode, ElfDebug, MachCode, MachDebug, Pdb, Pe, PortablePdb, SourceBundle},
    Layout::{Breakpad, Debuginfod, Slashsymbols, Ssqp, Symstore, SymstoreIndex2, Unified},
    *,
};
use crate::ImageId;

fn elf() -> ImageId {
    ImageId {
        debug_id: "f0e1d2c3-b4a5-9687-7869-5a4b3c2d1e0f".parse().ok(),
        code_id: Some("C3D2E1F0A5B4879678695A4B3C2D1E0F11223344".to_owned()),
        debug_file: Some("libShop.so".to_owned()),
        code_file: Some("libShop.so".to_owned()),
    }
}

fn mach() -> ImageId {
    ImageId {
        debug_id: "3249d99d-0c40-4931-8610-f4e4fb0b6936".parse().ok(),
        code_id: Some("3249d99d0c4049318610f4e4fb0b6936".to_owned()),
        debug_file: Some("Shop".to_owned()),
        code_file: Some("Shop".to_owned()),
    }
}

fn windows() -> ImageId {
    ImageId {
        debug_id: "3249d99d-0c40-4931-8610-f4e4fb0b6936-1b".parse().ok(),
        code_id: Some("5ab380779000".to_owned()),
        debug_file: Some("Shop.pdb".to_owned()),
        code_file: Some("Shop.exe".to_owned()),
    }
}

/// The first two digits are a folder.
fn behind(id: &str) -> &str {
    id.split_at(2).1
}

#[test]
fn each_layout_has_a_place_for_each_file() {
    let (elf, mach, windows) = (&elf(), &mach(), &windows());
    let build = "c3d2e1f0a5b4879678695a4b3c2d1e0f11223344";
    let uuid = "3249d99d0c4049318610f4e4fb0b6936";
    let upper = uuid.to_uppercase();
    let breakpad = "F0E1D2C3B4A5968778695A4B3C2D1E0F0";
    for (layout, ty, image, expected) in [
        (Symstore, Pdb, windows, format!("Shop.pdb/{upper}1b/Shop.pdb")),
        (Symstore, PortablePdb, windows, format!("Shop.pdb/{upper}FFFFFFFF/Shop.pdb")),
        (Symstore, Pe, windows, "Shop.exe/5AB380779000/Shop.exe".to_owned()),
        (Symstore, ElfCode, elf, format!("libShop.so/elf-buildid-{build}/libShop.so")),
        (Symstore, ElfDebug, elf, format!("_.debug/elf-buildid-sym-{build}/_.debug")),
        (Symstore, MachCode, mach, format!("Shop/mach-uuid-{uuid}/Shop")),
        (Symstore, MachDebug, mach, format!("_.dwarf/mach-uuid-sym-{uuid}/_.dwarf")),
        (SymstoreIndex2, Pdb, windows, format!("sh/Shop.pdb/{upper}1b/Shop.pdb")),
        (SymstoreIndex2, ElfDebug, elf, format!("_./_.debug/elf-buildid-sym-{build}/_.debug")),
        (Ssqp, Pdb, windows, format!("shop.pdb/{uuid}1b/shop.pdb")),
        (Ssqp, PortablePdb, windows, format!("shop.pdb/{uuid}FFFFFFFF/shop.pdb")),
        (Ssqp, Pe, windows, "shop.exe/5AB380779000/shop.exe".to_owned()),
        (Ssqp, ElfCode, elf, format!("libshop.so/elf-buildid-{build}/libshop.so")),
        (Breakpad, FileType::Breakpad, elf, format!("libShop.so/{breakpad}/libShop.so.sym")),
        (Breakpad, FileType::Breakpad, windows, format!("Shop.pdb/{upper}1b/Shop.sym")),
        (Slashsymbols, FileType::Breakpad, windows, format!("Shop.pdb/{upper}1b/symbols")),
        (Debuginfod, ElfDebug, elf, format!("buildid/{build}/debuginfo")),
        (Debuginfod, ElfCode, elf, format!("buildid/{build}/executable")),
        (Unified, ElfDebug, elf, format!("c3/{}/debuginfo", behind(build))),
        (Unified, MachCode, mach, format!("32/{}/executable", behind(uuid))),
        (Unified, Pdb, windows, format!("32/{}1b/debuginfo", behind(uuid))),
        (Unified, Pe, windows, "5a/b380779000/executable".to_owned()),
        (Unified, FileType::Breakpad, elf, format!("f0/{}/breakpad", behind(&breakpad.to_lowercase()))),
    ] {
        assert_eq!(paths(layout, ty, image), [expected], "{layout:?} {ty:?}");
    }
    let sources = paths(Unified, SourceBundle, elf);
    assert_eq!(sources.len(), 2);
    assert_eq!(sources[0], format!("c3/{}/sourcebundle", behind(build)));
}

#[test]
fn what_a_layout_does_not_keep_has_no_place() {
    for (layout, ty) in [
        (Breakpad, Pdb),
        (Slashsymbols, ElfDebug),
        (Debuginfod, Pe),
        (Symstore, SourceBundle),
        (Ssqp, FileType::Breakpad),
    ] {
        assert_eq!(paths(layout, ty, &elf()), [""; 0], "{layout:?} {ty:?}");
    }
}

#[test]
fn no_report_chooses_a_path() {
    let hostile = ["../../etc/passwd", "..", "a/b", "a\\b", "c:x", "a?b", "a#b", "%2e%2e", "a\nb", ""];
    for name in hostile {
        for code_id in ["../../x", "zz", "", "1234", "0"] {
            let image = ImageId {
                debug_file: Some(name.to_owned()),
                code_file: Some(name.to_owned()),
                code_id: Some(code_id.to_owned()),
                ..elf()
            };
            for layout in Layout::ALL {
                for ty in [ElfDebug, ElfCode, Pdb, PortablePdb, Pe, FileType::Breakpad] {
                    let found = paths(layout, ty, &image);
                    let is_of_debug_id =
                        layout == Unified && found.iter().all(|path| path.starts_with("f0/"));
                    assert!(found.is_empty() || is_of_debug_id, "{layout:?} {ty:?} {name:?}: {found:?}");
                }
            }
        }
    }
    let nameless = ImageId { debug_id: elf().debug_id, ..ImageId::default() };
    for layout in [Symstore, SymstoreIndex2, Ssqp, Breakpad, Debuginfod, Slashsymbols] {
        assert_eq!(paths(layout, Pdb, &nameless), [""; 0]);
    }
}
