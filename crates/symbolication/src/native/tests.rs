mod arm64;
mod elsewhere;

use mayday_event::model::{Event, SymbolStatus, Symbolication};
use serde_json::{Value, json};
use symbolic::{
    common::ByteView,
    debuginfo::sourcebundle::{SourceBundleWriter, SourceFileInfo, SourceFileType},
};

use super::*;
use crate::{
    Absent, ArtifactKind, CacheFile, Wanted,
    convert::{Inputs, SymbolMaps, artifact, sym_cache},
    restore,
    testing_events::event_of,
};

/// `app` is at 0x1000 in the file: `outer` 0x100..0x200 calls `middle`, into which `inner` is inlined.
const SYM: &str = "MODULE Linux x86_64 C0BCC3F19827FE653058404B2831D9E60 libapp.so
FILE 0 /src/app/cart.cpp
FILE 1 /src/app/price.h
INLINE_ORIGIN 0 _ZN4shop5priceEi
FUNC 100 100 0 _ZN4shop3payEv
INLINE 0 12 0 0 140 20
100 40 10 0
140 20 5 1
160 a0 13 0
FUNC 200 80 0 _RNvCs5Cdg0mPqQlu_4shop4main
200 80 30 0
PUBLIC 400 0 $s4shop4CartV3payyyF
PUBLIC 500 0 kfun:com.example.Shop#pay(kotlin.Int){}kotlin.Boolean
PUBLIC 600 0 ?pay@shop@@YAHH@Z
PUBLIC 700 0 -[Cart pay:]
";
const DEBUG_ID: &str = "c0bcc3f1-9827-fe65-3058-404b2831d9e6";

struct OneFile(Result<CacheFile, Absent>);

impl Artifacts for OneFile {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        match wanted {
            Wanted::Image(ArtifactKind::SymCache, _) => self.0.clone(),
            Wanted::Image(ArtifactKind::Sources, _) => {
                Err(Absent { status: SymbolStatus::Missing, reason: "no sources".into() })
            }
            _ => panic!("{wanted:?}"),
        }
    }
}

/// Symbols, and the source bundle that `sentry-cli debug-files upload --include-sources` sends beside them.
struct WithSources;

impl Artifacts for WithSources {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        let Wanted::Image(kind, image) = wanted else { panic!("{wanted:?}") };
        if image.debug_file.is_some() || image.debug_id != DEBUG_ID.parse().ok() {
            return no_symbols().find(wanted);
        }
        let file = match kind {
            ArtifactKind::Sources => bundle(),
            _ => SYM.as_bytes().to_vec(),
        };
        let bytes = artifact(*kind, &Inputs { file: &file, ..Inputs::default() }).unwrap();
        Ok(CacheFile::new(ByteView::from_vec(bytes), "uploads"))
    }
}

fn bundle() -> Vec<u8> {
    let source: String = (1..=20).map(|line| format!("line {line}\n")).collect();
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut bundle = SourceBundleWriter::start(&mut bytes).unwrap();
    bundle.set_attribute("debug_id", DEBUG_ID);
    let mut info = SourceFileInfo::new();
    info.set_ty(SourceFileType::Source);
    info.set_path("/src/app/cart.cpp".to_owned());
    bundle.add_file("src/app/cart.cpp", source.as_bytes(), info).unwrap();
    bundle.finish().unwrap();
    bytes.into_inner()
}

#[test]
fn frames_show_the_lines_of_an_uploaded_source_bundle() {
    let mut event = at(&["0x70000150"]);
    let before = event.clone();
    symbolicate_native(&mut event, &WithSources);
    assert_eq!(shown(&event), ["shop::pay() cart.cpp:12", "shop::price(int) price.h:5"]);
    let [outer, inner] = frames(&event) else { panic!("two frames") };
    assert_eq!(outer.context_line.as_deref(), Some("line 12"));
    assert_eq!(outer.pre_context, ["line 7", "line 8", "line 9", "line 10", "line 11"]);
    assert_eq!(outer.post_context, ["line 13", "line 14", "line 15", "line 16", "line 17"]);
    assert_eq!(inner.context_line, None, "its file is not in the bundle");
    assert!(event.debug_images[0].features.unwrap().has_sources);
    restore(&mut event);
    assert_eq!(event, before);
}

fn symbols() -> OneFile {
    let bytes = sym_cache(SYM.as_bytes(), None, SymbolMaps::default()).unwrap();
    OneFile(Ok(CacheFile::new(ByteView::from_vec(bytes), "uploads")))
}

/// Of a binary that was stripped.
fn few_names() -> OneFile {
    let sym = format!("{}\nPUBLIC 700 0 pay\n", SYM.lines().next().unwrap());
    let bytes = sym_cache(sym.as_bytes(), None, SymbolMaps::default()).unwrap();
    OneFile(Ok(CacheFile::new(ByteView::from_vec(bytes), "uploads")))
}

fn no_symbols() -> OneFile {
    OneFile(Err(Absent { status: SymbolStatus::Missing, reason: "not uploaded".into() }))
}

fn event(frames: &Value) -> Event {
    let payload = json!({
        "platform": "native",
        "exception": { "values": [{ "type": "SIGSEGV", "stacktrace": { "frames": frames } }] },
        "debug_meta": { "images": [
            { "type": "elf", "debug_id": DEBUG_ID, "code_file": "/data/app/libapp.so",
              "image_addr": "0x70000000", "image_size": 0x1000 },
            { "type": "elf", "debug_id": "11111111-1111-1111-1111-111111111111", "code_file": "/system/libc.so",
              "image_addr": "0x80000000", "image_size": 0x1000 },
        ] },
    });
    event_of(&payload)
}

fn frames(event: &Event) -> &[Frame] {
    &event.exception[0].stacktrace.as_ref().unwrap().frames
}

fn at(addresses: &[&str]) -> Event {
    event(&addresses.iter().map(|address| json!({ "instruction_addr": address })).collect())
}

/// Function, file and line of each frame, the outermost first.
fn shown(event: &Event) -> Vec<String> {
    let shown = frames(event).iter().map(|frame| {
        let place = frame.filename.as_deref().zip(frame.lineno);
        let place = place.map_or(String::new(), |(file, line)| format!(" {file}:{line}"));
        format!("{}{place}", frame.function.as_deref().unwrap_or("?"))
    });
    shown.collect()
}

#[test]
fn inlined_calls_unfold_the_outermost_first_and_callers_are_looked_up_before_their_return() {
    // The second is where the call returns to: its last instruction is the byte before.
    let mut event = at(&["0x70000240", "0x70000150"]);
    symbolicate_native(&mut event, &symbols());
    assert_eq!(
        shown(&event),
        ["shop::main cart.cpp:30", "shop::pay() cart.cpp:12", "shop::price(int) price.h:5"]
    );
    let top = frames(&event).last().unwrap();
    assert_eq!(top.abs_path.as_deref(), Some("/src/app/price.h"));
    assert_eq!(top.raw_function.as_deref(), Some("_ZN4shop5priceEi"));
    assert_eq!(top.package.as_deref(), Some("/data/app/libapp.so"));
    assert_eq!(frames(&event)[1].symbol_addr.as_deref(), Some("0x70000100"));
    let found =
        Symbolication { status: SymbolStatus::Found, reason: None, source: Some("uploads".to_owned()) };
    assert_eq!(top.symbolication.as_ref(), Some(&found));
    assert_eq!(event.debug_images[0].symbolication.as_ref(), Some(&found));
    assert!(event.debug_images[0].features.unwrap().has_debug_info);
    assert_eq!(event.debug_images[1].symbolication, None, "no frame is in it");
}

#[test]
fn a_return_address_at_the_end_of_a_function_belongs_to_it() {
    let mut event = at(&["0x70000200", "0x70000200"]);
    symbolicate_native(&mut event, &symbols());
    // The caller was in `pay`, whose last instruction is a call; what crashed is at the first of `main`.
    assert_eq!(shown(&event), ["shop::pay() cart.cpp:13", "shop::main cart.cpp:30"]);
}

#[test]
fn the_top_frame_is_a_return_address_where_the_registers_say_so() {
    let mut event = at(&["0x70000200"]);
    let stack = event.exception[0].stacktrace.as_mut().unwrap();
    stack.registers.insert("rip".to_owned(), "0x80000010".to_owned());
    let meta = json!({ "number": 11 });
    let mechanism = event.exception[0].mechanism.get_or_insert_default();
    mechanism.meta.insert("signal".to_owned(), meta);
    symbolicate_native(&mut event, &symbols());
    assert_eq!(shown(&event), ["shop::pay() cart.cpp:13"]);
}

#[test]
fn names_of_every_language_are_demangled() {
    let mut event = at(&["0x70000404", "0x70000504", "0x70000604", "0x70000704"]);
    symbolicate_native(&mut event, &symbols());
    assert_eq!(
        shown(&event),
        ["Cart.pay()", "com.example.Shop.pay(kotlin.Int)", "shop::pay(int)", "-[Cart pay:]"]
    );
    assert_eq!(frames(&event)[3].raw_function, None);
}

#[test]
fn without_symbols_each_frame_says_why_and_what_the_device_knew_stays() {
    let mut event = event(&json!([
        { "instruction_addr": "0x10" },
        { "instruction_addr": "0x70000150", "function": "_ZN4shop3payEv" },
        { "instruction_addr": "0x70000150", "function": "<redacted>" },
        { "function": "java", "platform": "java" },
    ]));
    let before = frames(&event).to_vec();
    symbolicate_native(&mut event, &no_symbols());
    let said: Vec<_> = frames(&event).iter().map(|frame| frame.symbolication.clone()).collect();
    let said: Vec<_> = said
        .iter()
        .map(|said| said.as_ref().map(|said| (said.status, said.reason.as_deref().unwrap())))
        .collect();
    assert_eq!(
        said,
        [
            Some((SymbolStatus::Missing, "no loaded binary is at this address")),
            Some((SymbolStatus::Found, "not uploaded")),
            Some((SymbolStatus::Missing, "not uploaded")),
            None,
        ]
    );
    assert_eq!(frames(&event)[1].function.as_deref(), Some("shop::pay()"));
    let device = frames(&event)[1].symbolication.as_ref().unwrap();
    assert_eq!(device.source.as_deref(), Some(Symbolication::DEVICE));
    assert_eq!(event.debug_images[0].symbolication.as_ref().unwrap().status, SymbolStatus::Missing);
    assert_eq!(event.exception[0].stacktrace.as_ref().unwrap().raw_frames, before, "a name changed");
}

#[test]
fn of_a_stripped_file_frame_and_image_say_which_file_would_help() {
    let mut event = at(&["0x70000150", "0x70000710"]);
    symbolicate_native(&mut event, &few_names());
    assert_eq!(shown(&event), ["?", "pay"]);
    let frame = frames(&event)[0].symbolication.as_ref().unwrap();
    let image = event.debug_images[0].symbolication.as_ref().unwrap();
    assert_eq!((frame.status, image.status), (SymbolStatus::Missing, SymbolStatus::Found));
    let lack = image.reason.as_deref().unwrap();
    assert!(lack.contains("before stripping"), "{lack}");
    assert!(frame.reason.as_deref().unwrap().ends_with(lack), "{frame:?}");
}

#[test]
fn symbolicated_again_with_symbols_that_came_later_it_is_as_if_they_had_been_there() {
    let mut late = at(&["0x70000240", "0x70000150"]);
    let mut at_once = late.clone();
    symbolicate_native(&mut late, &no_symbols());
    restore(&mut late);
    symbolicate_native(&mut late, &symbols());
    symbolicate_native(&mut at_once, &symbols());
    assert_eq!(late.debug_images, at_once.debug_images);
    assert_eq!(shown(&late), shown(&at_once));
    let once = shown(&late);
    restore(&mut late);
    assert_eq!(frames(&late).len(), 2);
    symbolicate_native(&mut late, &symbols());
    assert_eq!(shown(&late), once);
}

#[test]
fn a_file_of_another_build_and_one_that_is_damaged_are_told_apart() {
    let mut other = event(&json!([{ "instruction_addr": "0x80000010" }]));
    symbolicate_native(&mut other, &symbols());
    let said = other.debug_images[1].symbolication.as_ref().unwrap();
    assert_eq!(said.status, SymbolStatus::Mismatch);
    assert!(said.reason.as_deref().unwrap().contains(DEBUG_ID), "{said:?}");
    let broken = OneFile(Ok(CacheFile::new(ByteView::from_slice(b"SYMC"), "uploads")));
    let mut event = at(&["0x70000150"]);
    symbolicate_native(&mut event, &broken);
    assert_eq!(frames(&event)[0].symbolication.as_ref().unwrap().status, SymbolStatus::Malformed);
}

#[test]
fn a_symcache_whose_parts_do_not_fit_names_nothing() {
    /// Where its head says how many places in the source it has.
    const PLACES: std::ops::Range<usize> = 52..56;
    let mut bytes = sym_cache(SYM.as_bytes(), None, SymbolMaps::default()).unwrap();
    bytes.splice(PLACES, [0; 4]);
    let damaged = OneFile(Ok(CacheFile::new(ByteView::from_vec(bytes), "uploads")));
    let mut event = at(&["0x70000150"]);
    symbolicate_native(&mut event, &damaged);
    assert_ne!(frames(&event)[0].symbolication.as_ref().unwrap().status, SymbolStatus::Found);
}

#[test]
fn addresses_may_count_from_an_image_and_guesses_that_hit_nothing_go() {
    let mut event = event(&json!([
        { "instruction_addr": "0x241", "addr_mode": "rel:0" },
        { "instruction_addr": "0x70000050", "trust": "scan" },
        { "instruction_addr": "0x150", "addr_mode": "rel:0" },
    ]));
    symbolicate_native(&mut event, &symbols());
    assert_eq!(
        shown(&event),
        ["shop::main cart.cpp:30", "shop::pay() cart.cpp:12", "shop::price(int) price.h:5"]
    );
}

#[test]
fn androids_unwinder_has_the_addresses_of_calls_already() {
    let mut event = at(&["0x70000200", "0x70000150"]);
    event.exception[0].mechanism.get_or_insert_default().ty = Some("tombstone".to_owned());
    symbolicate_native(&mut event, &symbols());
    assert_eq!(shown(&event)[0], "shop::main cart.cpp:30");
}

#[test]
fn what_a_client_knows_of_a_name_stays() {
    let mut event = event(&json!([
        { "instruction_addr": "0x70000150", "function": "pay", "raw_function": "pay(int)" },
        { "instruction_addr": "0x70000150", "function": "_mh_execute_header" },
    ]));
    symbolicate_native(&mut event, &no_symbols());
    assert_eq!(frames(&event)[0].raw_function.as_deref(), Some("pay(int)"));
    let said = |index: usize| frames(&event)[index].symbolication.as_ref().unwrap().status;
    assert_eq!((said(0), said(1)), (SymbolStatus::Found, SymbolStatus::Missing));
}

#[test]
fn names_lose_what_differs_from_build_to_build() {
    let shown = |name: &str| demangled(name, Language::Unknown);
    assert_eq!(shown("_ZN4shop3payEi.llvm.4837409187647361565"), "shop::pay(int)");
    assert_eq!(shown("run.__uniq.123.llvm.456"), "run");
    assert_eq!(shown("__start(void*) (.__uniq.67847048707805468364)"), "__start(void*)");
    assert_eq!(shown("a.llvm.b c"), "a.llvm.b c");
}
