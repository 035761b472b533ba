use symbolic::{
    cfi::CfiCache,
    common::ByteView,
    debuginfo::sourcebundle::{SourceBundleWriter, SourceFileInfo, SourceFileType},
    symcache::SymCache,
};

use super::*;
use crate::testing::{Program, compile};

const MAIN: &str = "
#include <cstdlib>
namespace shop {
struct Cart { int total; };
inline __attribute__((always_inline)) int price(volatile int *at) { return *at + 1; }
__attribute__((noinline)) int pay(Cart &cart, volatile int *at) {
    cart.total += price(at);
    return cart.total;
}
}
int main(int argc, char **argv) {
    shop::Cart cart{argc};
    volatile int paid = argc;
    return shop::pay(cart, &paid) == 0;
}
";

fn program() -> Option<Program> {
    compile("cart.cpp", MAIN, &["-g", "-O1"])
}

/// The address of a function by its mangled name, as the symbol table has it.
fn address(file: &[u8], name: &str) -> u64 {
    let object = symbolic::debuginfo::Object::parse(file).unwrap();
    let mut symbols = object.symbols();
    symbols.find(|symbol| symbol.name.as_deref() == Some(name)).unwrap().address
}

#[test]
fn inlined_calls_lines_and_files_of_an_elf_file_are_in_its_symcache() {
    let Some(program) = program() else { return };
    let file = program.bytes();
    let bytes = sym_cache(&file, None, SymbolMaps::default()).unwrap();
    let cache = SymCache::parse(&bytes).unwrap();
    let start = address(&file, "_ZN4shop3payERNS_4CartEPVi");
    let named = |address: u64| -> Vec<(String, u32)> {
        let locations = cache.lookup(address);
        locations.map(|location| (location.function().name().to_owned(), location.line())).collect()
    };
    let inlined = (start..start + 32).map(named).find(|found| found.len() == 2).unwrap();
    assert!(inlined[0].0.contains("price"), "{inlined:?}");
    assert_eq!((inlined[0].1, inlined[1].1), (5, 7));
    let file = cache.lookup(start).next().unwrap().file().unwrap();
    assert!(file.full_path().ends_with("/cart.cpp"));
}

#[test]
fn unwind_information_becomes_breakpads_text() {
    let Some(program) = program() else { return };
    let bytes = cfi_cache(&program.bytes(), None).unwrap();
    let cache = CfiCache::from_bytes(ByteView::from_vec(bytes)).unwrap();
    assert!(cache.is_latest());
    assert!(std::str::from_utf8(cache.as_slice()).unwrap().starts_with("STACK CFI INIT"));
}

#[test]
fn a_stripped_file_has_no_symbols_and_one_of_another_build_is_told_apart() {
    let Some(program) = program() else { return };
    let stripped = program.stripped().bytes();
    let other = "11111111-1111-1111-1111-111111111111".parse().ok();
    let error = sym_cache(&stripped, None, SymbolMaps::default());
    // The linker's table of what is imported has no addresses.
    assert!(error.is_err() || SymCache::parse(&error.unwrap()).unwrap().files().next().is_none());
    assert!(matches!(
        sym_cache(&program.bytes(), other, SymbolMaps::default()),
        Err(ConvertError::Mismatch { .. })
    ));
}

#[test]
fn what_is_no_debug_file_is_refused_with_a_reason() {
    let none = sym_cache(b"hello", None, SymbolMaps::default()).unwrap_err();
    assert!(none.to_string().starts_with("not a debug file"), "{none}");
    assert!(cfi_cache(b"", None).is_err());
    let sym = b"MODULE Linux x86_64 000000000000000000000000000000000 a\n";
    assert_eq!(
        sym_cache(sym, None, SymbolMaps::default()),
        Err(ConvertError::Lacks("debug information or symbol table"))
    );
}

#[test]
fn a_breakpad_file_serves_for_both() {
    let sym = "MODULE Linux x86_64 C0BCC3F19827FE653058404B2831D9E60 crash\nFILE 0 /src/main.cpp\n\
        FUNC 1000 10 0 shop::pay()\n1000 10 42 0\nSTACK CFI INIT 1000 10 .cfa: $rsp 8 + .ra: .cfa -8 + ^\n";
    let bytes = sym_cache(sym.as_bytes(), None, SymbolMaps::default()).unwrap();
    let cache = SymCache::parse(&bytes).unwrap();
    let location = cache.lookup(0x1004).next().unwrap();
    assert_eq!((location.function().name(), location.line()), ("shop::pay()", 42));
    assert!(cfi_cache(sym.as_bytes(), None).is_ok());
}

#[test]
fn files_in_cabinets_and_compressed_ones_are_unpacked_and_bombs_are_not() {
    let content = b"MODULE Linux x86_64 C0BCC3F19827FE653058404B2831D9E60 crash\n".repeat(50);
    let packed = |content: &[u8], compression| {
        let mut builder = cab::CabinetBuilder::new();
        builder.add_folder(compression).add_file("crash.sym");
        let mut writer = builder.build(std::io::Cursor::new(Vec::new())).unwrap();
        while let Some(mut file) = writer.next_file().unwrap() {
            std::io::Write::write_all(&mut file, content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    for bytes in [
        content.clone(),
        packed(&content, cab::CompressionType::MsZip),
        packed(&content, cab::CompressionType::None),
        zstd::encode_all(content.as_slice(), 1).unwrap(),
    ] {
        assert_eq!(&*unpacked(ByteView::from_vec(bytes)).unwrap(), content);
    }
    let bomb = packed(&vec![0; 8 << 20], cab::CompressionType::MsZip);
    assert!(matches!(unpacked(ByteView::from_vec(bomb)), Err(ConvertError::Malformed(_))));
    assert!(unpacked(ByteView::from_slice(b"MSCF")).is_err());
}

#[test]
fn a_map_is_given_the_sources_that_lie_beside_it_in_the_bundle() {
    const ID: &str = "c0bcc3f1-9827-fe65-3058-404b2831d9e6";
    let map = r#"{"version":3,"sources":["../src/a.js","gone.js"],"names":[],"mappings":"AAAA"}"#;
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut bundle = SourceBundleWriter::start(&mut bytes).unwrap();
    for (url, ty, content) in [
        ("~/js/app.js", SourceFileType::MinifiedSource, "f();\n//# sourceMappingURL=app.js.map"),
        ("~/js/app.js.map", SourceFileType::SourceMap, map),
        ("~/src/a.js", SourceFileType::Source, "first();\nsecond();\n"),
    ] {
        let mut info = SourceFileInfo::new();
        info.set_ty(ty);
        info.set_url(url.to_owned());
        if ty != SourceFileType::Source {
            info.add_header("debug-id".to_owned(), ID.to_owned());
        }
        bundle.add_file(url.trim_start_matches("~/"), content.as_bytes(), info).unwrap();
    }
    bundle.finish().unwrap();
    let bundle = bytes.into_inner();
    for place in [
        Bundled::DebugId(ID.parse().unwrap()),
        Bundled::Urls { map: "~/js/app.js.map".into(), minified: None },
    ] {
        let inputs = Inputs { file: &bundle, bundled: Some(&place), ..Inputs::default() };
        let cache = artifact(crate::ArtifactKind::SourceMap, &inputs).unwrap();
        assert!(cache.windows(9).any(|bytes| bytes == b"second();"), "{place:?}");
    }
}
