//! A program for arm64 that really crashes. `qemu-aarch64` runs it and leaves a core file; what a crash reporter on a phone
//! would take of that process, its registers, its stack and where the program lies, makes the minidump.

use std::{fs, ops::Range, process::Command};

use mayday_event::model::Frame;
use minidump_synth::{
    DumpString, Memory, Module, SectionExtra, SimpleStream, SynthMinidump, SystemInfo, Thread,
};
use symbolic::debuginfo::Object;
use test_assembler::{Endian::Little, Section};

use super::*;
use crate::testing::{Program, addr2line, compile_with};

/// The innermost function keeps nothing on its stack, so that its caller is known by a register alone; the next has a stack of no
/// fixed size.
const SOURCE: &str = r#"
namespace shop {
struct Cart { volatile int total; int *count; };
inline __attribute__((always_inline)) int taxed(Cart &cart, int price) {
    return price + *cart.count;
}
inline __attribute__((always_inline)) int priced(Cart &cart, int price) {
    int full = taxed(cart, price);
    cart.total += full;
    return full;
}
__attribute__((noinline)) int add(Cart &cart, int price) {
    return priced(cart, price) + cart.total;
}
__attribute__((noinline)) int pay(Cart &cart) {
    volatile char *slip = static_cast<char *>(__builtin_alloca(cart.total * 100));
    slip[0] = 1;
    return add(cart, 3) + slip[0];
}
}
int main(int argc, char **) {
    shop::Cart cart{argc, nullptr};
    return shop::pay(cart) + cart.total;
}
"#;
/// The signal's number.
const SIGSEGV: u32 = 11;

#[test]
fn an_arm64_program_that_crashed_is_unwound_through_inlined_calls_to_its_main() {
    let flags = ["-g", "-O2", "-fomit-frame-pointer"];
    let Some(program) = compile_with("aarch64-linux-gnu-g++", "cart.cpp", SOURCE, &flags) else { return };
    let Some(core) = Core::of_crash(&program) else { return };
    let folders = folders(&program);
    let mut event = event();
    add_minidump(&mut event, &core.minidump(&program), &folders, &UnwindTables::new(64 << 20)).unwrap();
    symbolicate_native(&mut event, &folders);

    let reason = event.exception[0].mechanism.as_ref().unwrap().description.as_deref();
    assert_eq!(reason, Some("SIGSEGV / SEGV_MAPERR / 0x0"));
    let stack = event.exception[0].stacktrace.as_ref().unwrap();
    assert_eq!(stack.registers["pc"], format!("{:#x}", core.registers[PC]));
    let line_of = |text: &str| SOURCE.lines().position(|line| line.contains(text)).unwrap() + 1;
    let shown = |frame: &Frame| {
        let (function, trust) = (frame.function.as_deref().unwrap(), frame.trust.as_deref().unwrap());
        format!("{function}:{} {trust}", frame.lineno.unwrap())
    };
    // What started `main` is the C library's.
    let own: Vec<&Frame> = stack.frames.iter().rev().take(5).collect();
    assert_eq!(
        own.iter().map(|frame| shown(frame)).collect::<Vec<_>>(),
        [
            format!("shop::taxed(shop::Cart&, int):{} context", line_of("+ *cart.count")),
            format!("shop::priced(shop::Cart&, int):{} context", line_of("= taxed(")),
            format!("shop::add(shop::Cart&, int):{} context", line_of("priced(cart, price) +")),
            format!("shop::pay(shop::Cart&):{} cfi", line_of("add(cart, 3)")),
            format!("main:{} cfi", line_of("return shop::pay")),
        ]
    );
    assert_eq!(
        own.iter().map(|frame| call(frame)).collect::<Vec<_>>(),
        core.calls_by_addr2line(&program, &own)
    );
}

type Call = (String, String, u32);

fn call(frame: &Frame) -> Call {
    (frame.function.clone().unwrap(), frame.filename.clone().unwrap(), frame.lineno.unwrap())
}

/// Number of registers in a core file: `x0` to `x30`, then these.
const GENERAL: usize = 31;
const SP: usize = 31;
const PC: usize = 32;
const PSTATE: usize = 33;

/// A core file of arm64 Linux.
struct Core {
    registers: Vec<u64>,
    /// Where the program begins to run, as it was told itself.
    entry: u64,
    /// From the stack pointer on.
    stack: Vec<u8>,
}

impl Core {
    /// Runs a program until it crashes; `None` where there is nothing to run it, or where no core file may be written.
    fn of_crash(program: &Program) -> Option<Self> {
        // qemu writes the file itself, of its program's state.
        let run = "ulimit -c 65536 && exec qemu-aarch64 -L /usr/aarch64-linux-gnu \"$0\"";
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new("sh").args(["-c", run]).arg(program.path()).current_dir(&folder).output();
        let mut files = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
        let file = files.find(|file| file.to_string_lossy().contains("/qemu_"));
        if file.is_none() {
            eprintln!("no crash under qemu-aarch64: {output:?}");
        }
        Some(Self::read(&fs::read(file?).unwrap()))
    }

    fn read(core: &[u8]) -> Self {
        let segments = segments(core);
        let notes = segments.iter().find(|segment| segment.kind == 4).unwrap();
        let notes = notes_in(&core[notes.file.clone()]);
        let note = |kind: u32| notes.iter().find(|(found, _)| *found == kind).unwrap().1;
        // `elf_prstatus`: what the signal was, then the registers.
        let registers: Vec<u64> =
            note(1)[112..].chunks_exact(8).take(34).map(|bytes| word(bytes, 0)).collect();
        // The auxiliary vector: AT_ENTRY.
        let entry = note(6).chunks_exact(16).find(|pair| word(pair, 0) == 9).map(|pair| word(pair, 8));
        let pointer = registers[SP];
        let stack = segments.iter().find(|segment| {
            pointer.checked_sub(segment.address).is_some_and(|offset| offset < segment.file.len() as u64)
        });
        let stack = stack.unwrap();
        let offset = usize::try_from(pointer - stack.address).unwrap();
        Self { registers, entry: entry.unwrap(), stack: core[stack.file.clone()][offset..].to_vec() }
    }

    /// Where the program lies in memory.
    fn base(&self, program: &Program) -> u64 {
        self.entry - word(&program.bytes(), 24)
    }

    /// As Breakpad and Crashpad write it on Android.
    fn minidump(&self, program: &Program) -> Vec<u8> {
        let file = program.bytes();
        let size = segments(&file).iter().map(|segment| segment.address + segment.size).max().unwrap();
        let build_id = Object::parse(&file).unwrap().code_id().unwrap();
        let build_id = hex::decode(build_id.as_str()).unwrap();
        let section = || Section::with_endian(Little);

        let name = DumpString::new("/data/app/program", Little);
        let identity = section().D32(0x4270_454c).append_bytes(&build_id);
        let module = Module::new(Little, self.base(program), u32::try_from(size).unwrap(), &name, 0, 0, None)
            .cv_record(&identity);
        let context = self.registers[..=PC]
            .iter()
            .fold(section().D32(0x40_0003).D32(self.registers[PSTATE] as u32), |context, register| {
                context.D64(*register)
            })
            // Of floating point and for debuggers.
            .append_repeated(0, 0x390 - 8 - 8 * (GENERAL + 2));
        let stack = Memory::with_section(section().append_bytes(&self.stack), self.registers[SP]);
        let thread = Thread::new(Little, 7, &stack, &context);
        // The address that was read: none.
        let exception = [7, 0, SIGSEGV, 1]
            .iter()
            .fold(section(), |exception, word| exception.D32(*word))
            .append_repeated(0, 8 + 8 + 8 + 8 * 15)
            .cite_location(&context);
        let system = SystemInfo::new(Little).set_processor_architecture(12).set_platform_id(0x8203);
        SynthMinidump::with_endian(Little)
            .add_system_info(system)
            .add_module(module)
            .add_thread(thread)
            .add_memory(stack)
            .add_stream(SimpleStream { stream_type: 6, section: exception })
            .add(name)
            .add(identity)
            .add(context)
            .finish()
            .unwrap()
    }

    /// The calls at the frames' addresses; a caller is where it called, not where it goes on.
    fn calls_by_addr2line(&self, program: &Program, frames: &[&Frame]) -> Vec<Call> {
        let address = |frame: &&Frame| {
            let address = frame.instruction_addr.as_deref().unwrap().trim_start_matches("0x");
            u64::from_str_radix(address, 16).unwrap() - self.base(program)
        };
        let mut addresses: Vec<u64> = frames.iter().map(address).collect();
        addresses.dedup();
        let calls = addresses.iter().enumerate().flat_map(|(depth, address)| {
            addr2line("aarch64-linux-gnu-addr2line", program, address - u64::from(depth > 0))
        });
        calls.collect()
    }
}

/// A part of an ELF file, in memory and in the file.
struct Segment {
    kind: u32,
    address: u64,
    size: u64,
    file: Range<usize>,
}

fn segments(elf: &[u8]) -> Vec<Segment> {
    let number = |at: usize| usize::try_from(word(elf, at)).unwrap();
    let count = usize::from(u16::from_le_bytes(elf[56..58].try_into().unwrap()));
    let heads = (0..count).map(|index| number(32) + index * 56);
    let segment = |head: usize| Segment {
        kind: half(elf, head),
        address: word(elf, head + 16),
        size: word(elf, head + 40),
        file: number(head + 8)..number(head + 8) + number(head + 32),
    };
    heads.map(segment).collect()
}

/// Kinds and contents of an ELF file's notes.
fn notes_in(mut bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let mut notes = Vec::new();
    while bytes.len() >= 12 {
        let size = |at: usize| usize::try_from(half(bytes, at)).unwrap();
        let start = 12 + size(0).next_multiple_of(4);
        let end = start + size(4);
        notes.push((half(bytes, 8), &bytes[start..end]));
        bytes = bytes.get(end.next_multiple_of(4)..).unwrap_or_default();
    }
    notes
}

fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

fn half(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}
