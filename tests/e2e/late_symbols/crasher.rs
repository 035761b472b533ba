//! A C++ program that really segfaults, and the minidump of its end.
//!
//! Its handler writes down the registers and waits; the dump of the waiting process is given the exception with those
//! registers, as a crash handler in the process would have written it.

use std::{
    io::{BufRead, BufReader, Cursor},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use minidump_writer::minidump_writer::MinidumpWriterConfig;
use tempfile::TempDir;

/// Three inlined calls deep in one that is not.
pub(crate) const SOURCE: &str = r#"#include <csignal>
#include <cstdio>
#include <ucontext.h>
#include <unistd.h>
namespace shop {
inline __attribute__((always_inline)) int total(volatile int *cart) { return *cart + 1; }
inline __attribute__((always_inline)) int discount(volatile int *cart) { return total(cart) * 2; }
inline __attribute__((always_inline)) int price(volatile int *cart) { return discount(cart) + 3; }
__attribute__((noinline)) int pay(volatile int *cart) { return price(cart) - 4; }
}
static void report(int, siginfo_t *info, void *context) {
    for (long long value : static_cast<ucontext_t *>(context)->uc_mcontext.gregs) printf("%llx ", value);
    printf("%llx\n", reinterpret_cast<long long>(info->si_addr));
    fflush(stdout);
    for (;;) pause();
}
int main(int argc, char **) {
    struct sigaction action = {};
    action.sa_sigaction = report;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, nullptr);
    return shop::pay(reinterpret_cast<volatile int *>(argc - 1));
}
"#;

/// Registers of a 64-bit Intel processor, in the order of Linux, by their places in a minidump's context.
const REGISTERS: [usize; 17] =
    [184, 192, 200, 208, 216, 224, 232, 240, 176, 168, 160, 144, 136, 120, 128, 152, 248];
const CONTEXT_BYTES: usize = 1232;
/// Control, integer and segment registers of such a processor.
const CONTEXT_FLAGS: u32 = 0x0010_0007;
const EXCEPTION_STREAM: u32 = 6;
/// Another stream, which makes room: the command line.
const COMMAND_LINE_STREAM: u32 = 0x4767_0006;
const SIGSEGV: u32 = 11;

/// The program, whole in its folder.
pub(crate) struct Program {
    /// The program with its debug information, as a build machine keeps it.
    pub(crate) symbols: TempDir,
    shipped: TempDir,
}

impl Program {
    /// Compiles it, and strips what is shipped.
    pub(crate) fn build() -> Self {
        let program = Self {
            symbols: tempfile::tempdir().expect("a folder"),
            shipped: tempfile::tempdir().expect("a folder"),
        };
        let source = program.shipped.path().join("shop.cpp");
        std::fs::write(&source, SOURCE).expect("the source");
        let debug = program.symbols.path().join("shop");
        let flags = ["-g", "-O1", "-Wl,--build-id=sha1"];
        run(Command::new("g++").args(flags).arg(&source).arg("-o").arg(&debug));
        run(Command::new("strip").arg("-o").arg(program.binary()).arg(&debug));
        program
    }

    fn binary(&self) -> PathBuf {
        self.shipped.path().join("shop")
    }

    /// Runs it until it crashes; its minidump.
    pub(crate) fn crash(&self) -> Vec<u8> {
        let mut child =
            Command::new(self.binary()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("registers");
        let values: Vec<u64> =
            line.split_whitespace().map(|hex| u64::from_str_radix(hex, 16).expect("a number")).collect();
        let pid = i32::try_from(child.id()).expect("a process id");
        let mut dump = Cursor::new(Vec::new());
        let written = MinidumpWriterConfig::new(pid, pid).write(&mut dump);
        child.kill().expect("SIGKILL");
        child.wait().expect("its end");
        written.expect("a dump of the process");
        let address = *values.last().expect("the address");
        with_exception(dump.into_inner(), child.id(), &values, address)
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The line of the source on which this stands first.
pub(crate) fn line_of(text: &str) -> u64 {
    SOURCE.lines().position(|line| line.contains(text)).expect("a line") as u64 + 1
}

/// A dump with the exception of a thread, whatever it said of one before.
fn with_exception(mut dump: Vec<u8>, thread: u32, registers: &[u64], address: u64) -> Vec<u8> {
    let mut context = vec![0; CONTEXT_BYTES];
    context[48..52].copy_from_slice(&CONTEXT_FLAGS.to_le_bytes());
    for (place, value) in REGISTERS.into_iter().zip(registers) {
        context[place..place + 8].copy_from_slice(&value.to_le_bytes());
    }
    let context_at = append(&mut dump, &context);
    let mut stream = Vec::new();
    for word in [thread, 0, SIGSEGV, 1] {
        stream.extend(word.to_le_bytes());
    }
    stream.extend(0_u64.to_le_bytes());
    stream.extend(address.to_le_bytes());
    stream.resize(160, 0);
    for word in [CONTEXT_BYTES as u32, context_at] {
        stream.extend(word.to_le_bytes());
    }
    let stream_at = append(&mut dump, &stream);
    let entry =
        entry(&dump, EXCEPTION_STREAM).or_else(|| entry(&dump, COMMAND_LINE_STREAM)).expect("a stream");
    for (place, word) in [EXCEPTION_STREAM, stream.len() as u32, stream_at].into_iter().enumerate() {
        dump[entry + place * 4..][..4].copy_from_slice(&word.to_le_bytes());
    }
    dump
}

/// Where it is then.
fn append(dump: &mut Vec<u8>, bytes: &[u8]) -> u32 {
    dump.resize(dump.len().next_multiple_of(8), 0);
    let at = u32::try_from(dump.len()).expect("a small dump");
    dump.extend(bytes);
    at
}

/// A stream's entry in the directory.
fn entry(dump: &[u8], stream: u32) -> Option<usize> {
    let word = |at: usize| u32::from_le_bytes(dump[at..at + 4].try_into().expect("four bytes"));
    let (count, directory) = (word(8) as usize, word(12) as usize);
    (0..count).map(|index| directory + index * 12).find(|at| word(*at) == stream)
}

/// For messages.
pub(crate) fn folder(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
