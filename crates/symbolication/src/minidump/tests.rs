mod against_processor;
mod arm64;

use std::io::{BufRead, BufReader, Cursor};

use minidump_writer::minidump_writer::MinidumpWriterConfig;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    Absent, Status,
    folders::{LocalFolders, SymbolFolder},
    native::symbolicate_native,
    testing::compile,
    testing_events::event_of,
};

/// Three calls deep, the innermost inlined, and a second thread.
const PROGRAM: &str = r#"
#include <cstdio>
#include <thread>
#include <unistd.h>
namespace shop {
volatile int stop = 0, entered = 0;
inline __attribute__((always_inline)) void wait(volatile int *flag) {
    while (!*flag) {
    }
}
__attribute__((noinline)) int pay(int amount) {
    entered = 1;
    wait(&stop);
    return amount + 1;
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
    int paid = shop::pay(3);
    other.join();
    return paid;
}
"#;

fn event() -> Event {
    let payload = json!({
        "platform": "native", "release": "shop@1.0", "tags": { "flavour": "blue" },
        "contexts": { "os": { "name": "Debian" } },
        "debug_meta": { "images": [{ "type": "proguard", "uuid": "11111111-1111-1111-1111-111111111111" }] },
        "exception": { "values": [{ "type": "replaced" }] },
    });
    event_of(&payload)
}

struct Nothing;

impl Artifacts for Nothing {
    fn find(&self, _: &crate::Wanted) -> Result<crate::CacheFile, Absent> {
        Err(Absent { status: Status::Missing, reason: "not uploaded".into() })
    }
}

/// A dump of the running program, blaming its first thread, and the program.
fn dump(flags: &[&str]) -> Option<(Vec<u8>, crate::testing::Program)> {
    dump_of("shop.cpp", PROGRAM, flags)
}

fn dump_of(name: &str, source: &str, flags: &[&str]) -> Option<(Vec<u8>, crate::testing::Program)> {
    let program = compile(name, source, flags)?;
    let stripped = program.stripped();
    let mut child =
        std::process::Command::new(stripped.path()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    let pid = i32::try_from(child.id()).unwrap();
    let mut written = Cursor::new(Vec::new());
    let result = MinidumpWriterConfig::new(pid, pid).write(&mut written);
    child.kill().unwrap();
    child.wait().unwrap();
    match result {
        Ok(_) => Some((written.into_inner(), program)),
        Err(error) => {
            eprintln!("no dump of another process: {error}");
            None
        }
    }
}

fn line_of(text: &str) -> usize {
    PROGRAM.lines().position(|line| line.contains(text)).unwrap() + 1
}

fn folders(program: &crate::testing::Program) -> LocalFolders {
    LocalFolders::new(vec![SymbolFolder::open(program.folder()).unwrap()])
}

#[test]
fn a_stripped_programs_dump_shows_functions_files_and_lines_of_every_thread() {
    let Some((dump, program)) = dump(&["-g", "-O1", "-fomit-frame-pointer", "-pthread"]) else { return };
    let folders = folders(&program);
    let mut event = event();
    add_minidump(&mut event, &dump, &folders, &UnwindTables::new(64 << 20)).unwrap();
    symbolicate_native(&mut event, &folders);
    let stack = event.exception[0].stacktrace.as_ref().unwrap();
    let shown: Vec<String> = stack
        .frames
        .iter()
        // The C library has no unwind information here: what is outside of `main` is guessed.
        .skip_while(|frame| frame.function.as_deref() != Some("main"))
        .filter(|frame| frame.filename.as_deref() == Some("shop.cpp"))
        .map(|frame| {
            let (function, trust) = (frame.function.as_deref().unwrap(), frame.trust.as_deref().unwrap());
            format!("{function}:{} {trust}", frame.lineno.unwrap())
        })
        .collect();
    assert_eq!(shown[0], format!("main:{} cfi", line_of("shop::pay(3)")));
    assert_eq!(shown[1], format!("shop::pay(int):{} context", line_of("wait(&stop)")));
    assert!(shown[2].starts_with("shop::wait(int volatile*):"), "{shown:?}");
    assert!(stack.registers.contains_key("rip") || stack.registers.contains_key("pc"));
    let others = event.threads.iter().filter_map(|thread| thread.stacktrace.as_ref());
    let names: Vec<_> =
        others.flat_map(|stack| &stack.frames).filter_map(|frame| frame.function.as_deref()).collect();
    assert!(names.contains(&"background()"), "{names:?}");
    let image = event
        .debug_images
        .iter()
        .find(|image| image.code_file.as_deref().unwrap_or("").ends_with("/program"));
    let image = image.unwrap();
    assert_eq!(image.symbolication.as_ref().unwrap().status, Status::Found);
    assert_eq!(image.unwinding.as_ref().unwrap().status, Status::Found);
    assert!(image.features.unwrap().has_unwind_info && image.features.unwrap().has_debug_info);
}

/// The same in Rust.
const RUST: &str = r#"
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
static ENTERED: AtomicBool = AtomicBool::new(false);
static STOP: AtomicBool = AtomicBool::new(false);
mod shop {
    use super::*;
    pub struct Cart(pub u32);
    impl Cart {
        #[inline(never)]
        pub fn pay(&self) -> u32 {
            ENTERED.store(true, SeqCst);
            wait(&STOP);
            self.0
        }
    }
    #[inline(always)]
    fn wait(flag: &AtomicBool) {
        while !flag.load(SeqCst) {}
    }
}
fn main() {
    std::thread::spawn(|| {
        while !ENTERED.load(SeqCst) {}
        println!("ready");
    });
    let paid = shop::Cart(3).pay();
    std::process::exit(paid as i32);
}
"#;

#[test]
fn rust_is_read_like_other_languages_and_its_names_in_either_mangling() {
    // The older mangling is the default still.
    for mangling in ["-Csymbol-mangling-version=v0", "-Cdebug-assertions=no"] {
        let flags = ["-g", "-Copt-level=1", "--edition=2021", mangling];
        let Some((dump, program)) = dump_of("shop.rs", RUST, &flags) else { return };
        let folders = folders(&program);
        let mut event = event();
        add_minidump(&mut event, &dump, &folders, &UnwindTables::new(64 << 20)).unwrap();
        symbolicate_native(&mut event, &folders);
        let stack = event.exception[0].stacktrace.as_ref().unwrap();
        let mut own = stack.frames.iter().rev().filter(|frame| frame.filename.as_deref() == Some("shop.rs"));
        let mut next = || {
            let frame = own.next().unwrap();
            assert_eq!(frame.lang.as_deref(), Some("rust"));
            (frame.function.clone().unwrap(), frame.lineno.unwrap())
        };
        assert_eq!(next().0, "shop::shop::wait");
        let line = RUST.lines().position(|line| line.contains("wait(&STOP)")).unwrap() + 1;
        let (function, found) = next();
        assert!(
            ["<shop::shop::Cart>::pay", "shop::shop::Cart::pay"].contains(&function.as_str()),
            "{function}"
        );
        assert_eq!(found as usize, line);
        assert_eq!(next().0, "shop::main");
    }
}

#[test]
fn what_the_client_knows_stays_and_what_the_dump_knows_better_is_the_dumps() {
    let Some((dump, _)) = dump(&["-O1", "-pthread"]) else { return };
    let mut event = event();
    add_minidump(&mut event, &dump, &Nothing, &UnwindTables::new(0)).unwrap();
    assert_eq!(event.release.as_deref(), Some("shop@1.0"));
    assert_eq!(event.tags["flavour"], "blue");
    assert_eq!(event.contexts["os"]["name"], "Debian", "the client said so");
    assert!(event.contexts["device"]["arch"].is_string());
    assert_eq!(event.exception.len(), 1);
    assert_eq!(event.exception[0].mechanism.as_ref().unwrap().ty.as_deref(), Some("minidump"));
    assert!(event.debug_images.iter().any(|image| image.ty == "proguard"));
    assert!(event.threads.len() >= 2);
    let unwinding = event.debug_images.iter().filter_map(|image| image.unwinding.as_ref());
    assert!(unwinding.clone().count() > 0);
    assert!(unwinding.clone().all(|unwinding| unwinding.reason.as_deref() == Some("not uploaded")));
    let memory = event.contexts["stack_memory"]["bytes"].as_str().unwrap();
    assert!(!memory.is_empty() && memory.len() <= 1024);
}

#[test]
fn a_dump_that_is_cut_short_or_damaged_costs_nothing_but_itself() {
    let Some((dump, _)) = dump(&["-O1", "-pthread"]) else { return };
    let tables = UnwindTables::new(1 << 20);
    for length in (0..dump.len()).step_by(dump.len() / 97 + 1) {
        let _whatever = add_minidump(&mut event(), &dump[..length], &Nothing, &tables);
    }
    proptest!(ProptestConfig::with_cases(48), |(at in 0..2048usize, byte: u8, wide: [u8; 8])| {
        let mut damaged = dump.clone();
        damaged[at] = byte;
        damaged[at + 16..at + 24].copy_from_slice(&wide);
        let _whatever = add_minidump(&mut event(), &damaged, &Nothing, &tables);
    });
}

#[test]
fn what_is_no_minidump_is_refused_and_the_event_stays() {
    let mut event = event();
    let before = event.clone();
    let error = add_minidump(&mut event, b"not a dump", &Nothing, &UnwindTables::new(0)).unwrap_err();
    assert!(error.to_string().starts_with("not a minidump: "), "{error}");
    assert_eq!(event, before);
}

/// Calls itself until its stack is deep.
const DEEP: &str = r#"
#include <cstdio>
#include <thread>
volatile int entered = 0, stop = 0;
__attribute__((noinline)) int down(int left) {
    if (left == 0) {
        entered = 1;
        while (!stop) {
        }
    }
    return down(left - 1) + left;
}
int main() {
    std::thread other([] {
        while (!entered) {
        }
        puts("ready");
        fflush(stdout);
    });
    int sum = down(3000);
    other.join();
    return sum;
}
"#;

#[test]
fn a_deep_stack_is_cut_and_the_event_says_so() {
    let Some((dump, program)) = dump_of("deep.cpp", DEEP, &["-g", "-O0", "-pthread"]) else { return };
    let folders = folders(&program);
    let mut event = event();
    add_minidump(&mut event, &dump, &folders, &UnwindTables::new(64 << 20)).unwrap();
    let stack = event.exception[0].stacktrace.as_ref().unwrap();
    assert_eq!(stack.frames.len(), limits::FRAMES);
    let noted = event.notes.iter().filter(|note| note.detail.contains("deeper than 250 frames"));
    assert_eq!(noted.count(), 1, "{:?}", event.notes);
}
