//! Every thread of a dump against `minidump-processor`, which is what `minidump-stackwalk` prints: the same modules,
//! addresses, trusts, functions, files and lines. Inlined calls against `addr2line`.

use std::{collections::HashMap, fmt::Write};

use mayday_event::model::Frame;
use minidump::Module;
use minidump_unwind::{FrameTrust, StackFrame, Symbolizer, string_symbol_supplier};
use symbolic::{
    cfi::CfiCache,
    common::{DebugId, Language},
    debuginfo::Object,
};

use super::*;
use crate::{
    ArtifactKind, CacheFile, Wanted,
    convert::{Inputs, artifact},
    native::demangled,
};

/// Calls within calls, through a pointer and out of a library.
const DEEP: &str = r#"
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <unistd.h>
namespace shop {
volatile int entered = 0, stop = 0;
struct Line { int price; };
inline __attribute__((always_inline)) int taxed(const Line &line) {
    while (!stop) entered = 1;
    return line.price * 2;
}
inline __attribute__((always_inline)) int total(const Line &line) { return taxed(line) + 1; }
__attribute__((noinline)) bool cheaper(const Line &one, const Line &other) {
    return total(one) < other.price;
}
__attribute__((noinline)) int compare(const void *one, const void *other) {
    return cheaper(*static_cast<const Line *>(one), *static_cast<const Line *>(other)) + 1;
}
__attribute__((noinline)) int sorted(Line *lines, int depth) {
    if (depth == 0) {
        qsort(lines, 2, sizeof(Line), compare);
        return lines[0].price;
    }
    volatile int count = sorted(lines, depth - 1);
    return count + depth;
}
}
__attribute__((noinline)) void background() {
    while (!shop::entered) {
    }
    puts("ready");
    fflush(stdout);
    for (;;) pause();
}
int main() {
    std::thread other(background);
    shop::Line lines[] = {{3}, {2}};
    int count = shop::sorted(lines, 3);
    other.join();
    return count;
}
"#;

/// What is known of all modules of a dump, for both sides.
#[derive(Default)]
struct Symbols {
    files: HashMap<(ArtifactKind, DebugId), CacheFile>,
    /// In Breakpad's format, by path.
    texts: HashMap<String, String>,
}

impl Symbols {
    /// `program`: where the module of this name has its debug information.
    fn of(dump: &[u8], program: &crate::testing::Program) -> Self {
        let dump = Minidump::read(dump).unwrap();
        let modules = dump.get_stream::<MinidumpModuleList>().unwrap();
        let mut symbols = Self::default();
        for module in modules.iter() {
            let path = module.code_file().into_owned();
            let from = if path.ends_with("/program") { program.path() } else { path.as_ref() };
            let (Some(id), Ok(file)) = (module.debug_identifier(), std::fs::read(from)) else { continue };
            let mut cfi = None;
            for kind in [ArtifactKind::SymCache, ArtifactKind::Cfi] {
                let Ok(bytes) = artifact(kind, &Inputs { file: &file, ..Inputs::default() }) else {
                    continue;
                };
                let bytes = symbolic::common::ByteView::from_vec(bytes);
                if kind == ArtifactKind::Cfi {
                    cfi = Some(CfiCache::from_bytes(bytes.clone()).unwrap());
                }
                symbols.files.insert((kind, id), CacheFile::new(bytes, "disk"));
            }
            symbols.texts.insert(path, breakpad(&file, cfi));
        }
        symbols
    }
}

impl Artifacts for Symbols {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        let Wanted::Image(kind, image) = wanted else { return Nothing.find(wanted) };
        let file = image.debug_id.and_then(|id| self.files.get(&(*kind, id)));
        file.cloned().ok_or_else(|| Nothing.find(wanted).unwrap_err())
    }
}

/// What `dump_syms` writes, but for inlined calls.
fn breakpad(file: &[u8], cfi: Option<CfiCache<'_>>) -> String {
    let object = Object::parse(file).unwrap();
    let mut text = format!("MODULE Linux x86_64 {} module\n", object.debug_id().breakpad());
    let (mut files, mut functions) = (HashMap::new(), String::new());
    for function in object.debug_session().unwrap().functions().flatten() {
        let name = demangled(function.name.as_str(), function.name.language());
        writeln!(functions, "FUNC {:x} {:x} 0 {name}", function.address, function.size).unwrap();
        for line in &function.lines {
            let next = files.len();
            let number = *files.entry(line.file.path_str()).or_insert(next);
            writeln!(functions, "{:x} {:x} {} {number}", line.address, line.size.unwrap_or(1), line.line)
                .unwrap();
        }
    }
    for (path, number) in &files {
        writeln!(text, "FILE {number} {path}").unwrap();
    }
    text.push_str(&functions);
    for symbol in object.symbols() {
        let name = demangled(symbol.name().unwrap_or("?"), Language::Unknown);
        writeln!(text, "PUBLIC {:x} 0 {name}", symbol.address).unwrap();
    }
    text.push_str(cfi.as_ref().map_or("", |cfi| std::str::from_utf8(cfi.as_slice()).unwrap()));
    text
}

/// A frame that was really there, the innermost call of those that were inlined into it last.
struct Called<'a> {
    calls: Vec<&'a Frame>,
}

impl Called<'_> {
    /// Whether a call was inlined into this one: it is at the same address, and no recursion.
    fn has_inlined(&self, frame: &Frame) -> bool {
        let outermost = self.calls[0];
        outermost.instruction_addr == frame.instruction_addr && outermost.function != frame.function
    }
}

/// The innermost first.
fn called(stack: &Stacktrace) -> Vec<Called<'_>> {
    let mut called: Vec<Called<'_>> = Vec::new();
    for frame in &stack.frames {
        match called.last_mut() {
            Some(last) if last.has_inlined(frame) => last.calls.push(frame),
            _ => called.push(Called { calls: vec![frame] }),
        }
    }
    called.reverse();
    called
}

/// `module address trust`, and `function file:line` of the program's own frames.
fn ours(called: &Called<'_>) -> String {
    let outermost = called.calls[0];
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
    let module = text(&outermost.package);
    let mut shown = format!("{module} {} {}", text(&outermost.instruction_addr), text(&outermost.trust));
    if module.ends_with("/program") && outermost.function.is_some() {
        let (file, line) = (text(&outermost.filename), outermost.lineno.unwrap_or(0));
        write!(shown, " {} {file}:{line}", text(&outermost.function)).unwrap();
    }
    shown
}

fn theirs(frame: &StackFrame) -> String {
    let module = frame.module.as_ref().map_or("?".into(), |module| module.code_file());
    let trust = match frame.trust {
        FrameTrust::FramePointer => "fp",
        FrameTrust::CallFrameInfo => "cfi",
        FrameTrust::Context => "context",
        other => other.as_str(),
    };
    let mut shown = format!("{module} {:#x} {trust}", frame.resume_address);
    if module.ends_with("/program")
        && let Some(function) = &frame.function_name
    {
        let file = frame.source_file_name.as_deref().map_or("?", mayday_event::file_name);
        write!(shown, " {function} {file}:{}", frame.source_line.unwrap_or(0)).unwrap();
    }
    shown
}

#[test]
fn every_thread_is_as_minidump_stackwalk_has_it() {
    for flags in [
        ["-g", "-O1", "-fomit-frame-pointer", "-pthread"],
        ["-g", "-O1", "-fno-omit-frame-pointer", "-pthread"],
    ] {
        let Some((dump, program)) = dump_of("shop.cpp", DEEP, &flags) else { return };
        let symbols = Symbols::of(&dump, &program);
        let mut event = event();
        add_minidump(&mut event, &dump, &symbols, &UnwindTables::new(64 << 20)).unwrap();
        symbolicate_native(&mut event, &symbols);

        let symbolizer = Symbolizer::new(string_symbol_supplier(symbols.texts.clone()));
        let read = Minidump::read(dump.as_slice()).unwrap();
        // Nothing that it waits for waits.
        let state =
            futures_util::FutureExt::now_or_never(minidump_processor::process_minidump(&read, &symbolizer));
        let state = state.unwrap().unwrap();
        assert_eq!(state.threads.len(), 2);
        for thread in &state.threads {
            let id = thread.thread_id.to_string();
            let of_exception = event.exception.iter().find(|one| one.thread_id.as_deref() == Some(&id));
            let of_thread = event.threads.iter().find(|one| one.id.as_deref() == Some(&id)).unwrap();
            let stack = of_exception
                .and_then(|one| one.stacktrace.as_ref())
                .or(of_thread.stacktrace.as_ref())
                .unwrap();
            let called = called(stack);
            let ours: Vec<String> = called.iter().map(ours).collect();
            // What scanning takes for a return address and no function is around, is none: we leave it out.
            let is_guess =
                |frame: &StackFrame| frame.trust == FrameTrust::Scan && frame.function_name.is_none();
            let theirs: Vec<String> =
                thread.frames.iter().filter(|frame| !is_guess(frame)).map(theirs).collect();
            assert_eq!(ours, theirs, "thread {id}, {flags:?}");
            assert!(ours.len() >= 3, "{ours:?}");
            check_inlined(&called, &event, &program);
        }
    }
}

/// Compares the program's frames with the inlined calls that `addr2line` finds.
fn check_inlined(called: &[Called<'_>], event: &Event, program: &crate::testing::Program) {
    for (depth, called) in called.iter().enumerate() {
        let outermost = called.calls[0];
        if !outermost.package.as_deref().is_some_and(|path| path.ends_with("/program")) {
            continue;
        }
        let number = |text: &Option<String>| {
            u64::from_str_radix(text.as_deref().unwrap().trim_start_matches("0x"), 16).unwrap()
        };
        let image = event.debug_images.iter().find(|image| image.image_addr == outermost.image_addr).unwrap();
        // Callers have the address that their callee returns to.
        let address = number(&outermost.instruction_addr) - number(&image.image_addr) - u64::from(depth > 0);
        let calls = called.calls.iter().rev().map(|frame| {
            let file = frame.filename.clone().unwrap_or_default();
            (frame.function.clone().unwrap_or_default(), file, frame.lineno.unwrap_or(0))
        });
        let calls: Vec<(String, String, u32)> = calls.collect();
        let expected = crate::testing::addr2line("addr2line", program, address);
        if expected.first().is_some_and(|(_, file, _)| file == "shop.cpp") {
            assert_eq!(calls, expected, "{address:#x}");
        }
    }
}
