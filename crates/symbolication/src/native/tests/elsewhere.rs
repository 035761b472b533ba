//! Programs whose debug information is not in them, as compilers make them.

use std::process::Command;

use super::*;
use crate::{
    objects::{Told, caveat, inspect},
    testing::{Program, compile},
};

const CART: &str = "
static inline __attribute__((always_inline)) int price(volatile int *at) { return *at + 1; }
extern \"C\" __attribute__((noinline)) int pay(volatile int *at) {
    return price(at);
}
int main(int argc, char **) { volatile int paid = argc; return pay(&paid) == 0; }
";
const STOCK: &str = "
extern \"C\" __attribute__((noinline)) int stock(volatile int *at) { return *at + 2; }
";

fn features(program: &Program) -> Vec<&'static str> {
    let objects = inspect(&program.bytes(), &Told { name: "cart", debug_id: None }).unwrap();
    objects[0].features.clone()
}

/// The event of a crash in this function, symbolicated with the program.
fn crash_in(function: &str, program: &Program) -> Event {
    let file = program.bytes();
    let object = symbolic::debuginfo::Object::parse(&file).unwrap();
    let mut known = object.symbols();
    let address = known.find(|symbol| symbol.name.as_deref() == Some(function)).unwrap().address;
    let mut event = event_of(&json!({
        "platform": "native",
        "exception": { "values": [{ "type": "SIGSEGV", "stacktrace": { "frames": [
            { "instruction_addr": format!("{:#x}", 0x7000_0000 + address + 4) },
        ] } }] },
        "debug_meta": { "images": [{ "type": "elf", "debug_id": object.debug_id().to_string(),
            "code_file": "/usr/bin/cart", "image_addr": "0x70000000", "image_size": 0x10_0000 }] },
    }));
    let bytes = sym_cache(&file, Some(object.debug_id()), SymbolMaps::default()).unwrap();
    let symbols = OneFile(Ok(CacheFile::new(ByteView::from_vec(bytes), "uploads")));
    symbolicate_native(&mut event, &symbols);
    event
}

#[test]
fn split_dwarf_is_noted_in_features_frames_and_images() {
    for version in ["-gdwarf-4", "-gdwarf-5"] {
        let Some(program) = compile("cart.cpp", CART, &["-g", version, "-gsplit-dwarf", "-O1"]) else {
            return;
        };
        assert_eq!(features(&program), ["symtab", "unwind", "split-dwarf"], "{version}");
        let event = crash_in("pay", &program);
        let [frame] = frames(&event) else { panic!("{event:?}") };
        // The line is that of the inlined call, of which nothing else is known.
        assert_eq!((frame.function.as_deref(), frame.lineno), (Some("pay"), Some(2)), "{version}");
        assert!(frame.abs_path.as_deref().unwrap().ends_with("/cart.cpp"), "{frame:?}");
        assert!(frame.abs_path.as_deref().unwrap().starts_with('/'), "{frame:?}");
        for said in [&frame.symbolication, &event.debug_images[0].symbolication] {
            let said = said.as_ref().unwrap();
            assert_eq!((said.status, said.source.as_deref()), (SymbolStatus::Found, Some("uploads")));
            assert!(said.reason.as_deref().unwrap().contains(".dwo files"), "{said:?}");
        }
    }
    assert!(caveat("split-dwarf").unwrap().contains("build without -gsplit-dwarf"));
}

#[test]
fn frames_of_units_that_are_whole_are_as_ever() {
    let Some(stock) = compile("stock.cpp", STOCK, &["-g", "-O1", "-r"]) else { return };
    let stock = stock.path().to_str().unwrap();
    let program = compile("cart.cpp", CART, &["-g", "-gsplit-dwarf", "-O1", stock]).unwrap();
    assert_eq!(features(&program), ["symtab", "debug", "unwind", "split-dwarf"]);
    let whole = crash_in("stock", &program);
    assert_eq!(
        (frames(&whole)[0].lineno, &frames(&whole)[0].symbolication.as_ref().unwrap().reason),
        (Some(2), &None)
    );
    let poor = crash_in("pay", &program);
    assert_eq!(frames(&poor)[0].lineno, Some(2));
    assert!(poor.debug_images[0].symbolication.as_ref().unwrap().reason.is_some());
}

#[test]
fn files_of_split_dwarf_are_refused_with_what_helps() {
    let Some(program) = compile("cart.cpp", CART, &["-g", "-gsplit-dwarf"]) else { return };
    let files = std::fs::read_dir(program.folder()).unwrap().map(|file| file.unwrap().path());
    let dwo =
        files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "dwo")).unwrap();
    let refused = inspect(&std::fs::read(dwo).unwrap(), &Told::default()).unwrap_err();
    assert!(refused.to_string().contains("build without -gsplit-dwarf"), "{refused}");
}

#[test]
fn what_dwz_moved_to_a_file_of_its_own_is_noted() {
    let Some(program) = compile("cart.cpp", CART, &["-g", "-O1"]) else { return };
    let link = program.folder().join("link");
    std::fs::write(&link, b"/usr/lib/debug/.dwz/shop.debug\0\x11\x22\x33\x44").unwrap();
    let section = format!(".gnu_debugaltlink={}", link.display());
    let done = Command::new("objcopy").args(["--add-section", &section]).arg(program.path()).status();
    assert!(done.unwrap().success());
    assert_eq!(features(&program), ["symtab", "debug", "unwind", "dwz"]);
    let event = crash_in("pay", &program);
    let shown = shown(&event);
    assert!(shown[0].starts_with("pay cart.cpp:") && shown[1].ends_with("price cart.cpp:2"), "{shown:?}");
    let said = event.debug_images[0].symbolication.as_ref().unwrap();
    assert!(said.reason.as_deref().unwrap().contains("dwz"), "{said:?}");
}
