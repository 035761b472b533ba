//! A minidump whose unwind information comes last.

use std::{
    io::{BufRead, BufReader, Cursor},
    path::Path,
    process::{Command, Stdio},
};

use mayday_event::{Event, EventId, model::Frame};
use minidump_writer::minidump_writer::MinidumpWriterConfig;
use serde_json::{Value, json};
use symbolic::debuginfo::Object;
use uuid::Uuid;

use crate::harness::Fixture;

/// Who scans its stack for return addresses takes `refund` for a caller: one of its addresses lies there.
const SOURCE: &str = r#"#include <cstdio>
#include <thread>
namespace shop {
volatile int entered = 0, stop = 0;
__attribute__((noinline)) int refund(int amount) { return stop - amount; }
__attribute__((noinline)) int pay(volatile int *cart) {
    entered = 1;
    while (!stop) {
    }
    return *cart + 1;
}
__attribute__((noinline)) int checkout(volatile int *cart) {
    char *volatile receipt[32];
    for (auto &line : receipt) line = nullptr;
    receipt[*cart] = reinterpret_cast<char *>(&refund) + 1;
    return pay(cart) + (receipt[*cart] != nullptr);
}
}
int main(int argc, char **) {
    std::thread other([] {
        while (!shop::entered) {
        }
        puts("ready");
        fflush(stdout);
    });
    volatile int cart = argc;
    int paid = shop::checkout(&cart) - 3;
    other.join();
    return paid;
}
"#;

/// What a build leaves behind.
struct Build {
    debug_id: String,
    /// Names and lines, and nothing to unwind by.
    debug: Vec<u8>,
    /// What is shipped: stripped, with what it takes to unwind.
    binary: Vec<u8>,
    dump: Vec<u8>,
}

impl Build {
    /// Compiles the program, runs it and dumps it; `None` where the system has no compiler.
    fn make() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("shop.cpp"), SOURCE).unwrap();
        let flags = ["-g", "-O1", "-fomit-frame-pointer", "-pthread", "-Wl,--build-id=sha1"];
        let compiled =
            Command::new("g++").args(flags).arg(at("shop.cpp")).arg("-o").arg(at("whole")).output();
        match compiled {
            Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => {
                eprintln!("no g++: {error}");
                return None;
            }
        }
        run(Command::new("objcopy").arg("--only-keep-debug").arg(at("whole")).arg(at("debug")));
        run(Command::new("strip").arg("-o").arg(at("shop")).arg(at("whole")));
        let (debug, binary) = (std::fs::read(at("debug")).unwrap(), std::fs::read(at("shop")).unwrap());
        let read = |file: &[u8]| {
            let object = Object::parse(file).unwrap();
            (object.debug_id().to_string(), object.has_unwind_info())
        };
        let (debug_id, has_unwind_info) = read(&binary);
        assert!(has_unwind_info);
        assert_eq!(read(&debug), (debug_id.clone(), false));
        Some(Self { debug_id, debug, binary, dump: dump(&at("shop"))? })
    }
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

/// A dump of the program while it runs, as a crash handler beside it writes it; `None` where that is not allowed.
fn dump(program: &Path) -> Option<Vec<u8>> {
    let mut child = Command::new(program).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    let pid = i32::try_from(child.id()).unwrap();
    let mut written = Cursor::new(Vec::new());
    let result = MinidumpWriterConfig::new(pid, pid).write(&mut written);
    child.kill().unwrap();
    child.wait().unwrap();
    match result {
        Ok(_) => Some(written.into_inner()),
        Err(error) => {
            eprintln!("no dump of another process: {error}");
            None
        }
    }
}

impl Fixture {
    async fn post_dump(&self, id: u128, dump: &[u8]) {
        let event = json!({"platform": "native", "release": "shop@1.0"}).to_string();
        let head = json!({"type": "attachment", "length": dump.len(), "filename": "crash.dmp",
            "attachment_type": "event.minidump"});
        let mut envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}\n{head}\n").into_bytes();
        envelope.extend_from_slice(dump);
        self.append(self.report(id, &envelope)).await;
    }

    async fn payload(&self, id: u128) -> String {
        let id = EventId(Uuid::from_u128(id));
        let stored = self.worker.store.event(self.project, id).await.unwrap().expect("the event is stored");
        stored.payload.expect("its payload")
    }

    /// The frames of the program itself in the thread that was dumped, `function trust`, the innermost first.
    async fn calls(&self, id: u128) -> Vec<String> {
        let event: Event = serde_json::from_str(&self.payload(id).await).unwrap();
        let frames = &event.exception[0].stacktrace.as_ref().unwrap().frames;
        let is_own =
            |frame: &&Frame| frame.package.as_deref().is_some_and(|package| package.ends_with("/shop"));
        let shown = |frame: &Frame| {
            let name = frame.function.as_deref().unwrap_or("?");
            let name = name.split('(').next().unwrap_or_default();
            format!("{name} {}", frame.trust.as_deref().unwrap_or("?"))
        };
        frames.iter().rev().filter(is_own).map(shown).collect()
    }
}

const UNWOUND: [&str; 3] = ["shop::pay context", "shop::checkout cfi", "main cfi"];

#[tokio::test(flavor = "multi_thread")]
async fn unwind_information_that_comes_late_gives_the_stack_that_it_would_have_given() {
    let Some(build) = Build::make() else { return };
    let fixture = Fixture::new().await;
    fixture.post_dump(1, &build.dump).await;
    fixture.work_off().await;
    assert!(fixture.calls(1).await.iter().all(|call| call.starts_with("? ")), "nothing is known yet");

    fixture.upload_bytes(&build.debug_id, "elf", &["debug", "symtab"], &build.debug).await;
    fixture.work_until("names are there", async || fixture.calls(1).await[0] == "shop::pay context").await;
    let scanned = fixture.calls(1).await;
    assert!(scanned.contains(&"shop::refund scan".to_owned()), "{scanned:?}");

    fixture.advance_ms(60_000);
    fixture.upload_bytes(&build.debug_id, "elf", &["unwind"], &build.binary).await;
    fixture
        .work_until("it is unwound again", async || {
            fixture.calls(1).await.starts_with(&UNWOUND.map(String::from))
        })
        .await;
    assert!(fixture.calls(1).await.iter().all(|call| !call.contains("refund")), "what was scanned is gone");

    fixture.post_dump(2, &build.dump).await;
    fixture.work_off().await;
    let without_id = async |id: u128| {
        let mut event: Value = serde_json::from_str(&fixture.payload(id).await).unwrap();
        event.as_object_mut().unwrap().remove("event_id");
        event
    };
    assert_eq!(without_id(1).await, without_id(2).await, "as if the symbols had been there from the start");
}
