//! What a minidump's exception code means, by system.

use serde_json::{Map, Value, json};

use super::System;
use crate::crash::found::hex;

/// What a minidump's exception record says.
pub(super) struct Crash {
    /// Of the exception, or a signal's number.
    pub(super) code: u32,
    /// Apple: the exception's own code; Unix: `si_code`.
    pub(super) flags: u32,
    /// Windows: where it was; Unix and Apple: what was accessed.
    pub(super) address: u64,
    /// Windows: the first two parameters, which say of access violations how and what was accessed.
    pub(super) access: Option<(u64, u64)>,
}

/// The reason of a crash, for people.
#[derive(Debug, PartialEq)]
pub(super) struct Reason {
    pub(super) ty: String,
    pub(super) value: String,
    /// The mechanism's `meta`.
    pub(super) meta: Map<String, Value>,
}

const SIGNALS: [(u32, &str); 18] = [
    (1, "SIGHUP"),
    (2, "SIGINT"),
    (3, "SIGQUIT"),
    (4, "SIGILL"),
    (5, "SIGTRAP"),
    (6, "SIGABRT"),
    (7, "SIGBUS"),
    (8, "SIGFPE"),
    (9, "SIGKILL"),
    (10, "SIGUSR1"),
    (11, "SIGSEGV"),
    (12, "SIGUSR2"),
    (13, "SIGPIPE"),
    (15, "SIGTERM"),
    (16, "SIGSTKFLT"),
    (24, "SIGXCPU"),
    (31, "SIGSYS"),
    (u32::MAX, "DUMP_REQUESTED"),
];

const MACH: [(u32, &str); 14] = [
    (1, "EXC_BAD_ACCESS"),
    (2, "EXC_BAD_INSTRUCTION"),
    (3, "EXC_ARITHMETIC"),
    (4, "EXC_EMULATION"),
    (5, "EXC_SOFTWARE"),
    (6, "EXC_BREAKPOINT"),
    (7, "EXC_SYSCALL"),
    (8, "EXC_MACH_SYSCALL"),
    (9, "EXC_RPC_ALERT"),
    (10, "EXC_CRASH"),
    (11, "EXC_RESOURCE"),
    (12, "EXC_GUARD"),
    (13, "EXC_CORPSE_NOTIFY"),
    (0x4350_7378, "SIMULATED"),
];

const WINDOWS: [(u32, &str); 24] = [
    (ACCESS_VIOLATION, "EXCEPTION_ACCESS_VIOLATION"),
    (IN_PAGE_ERROR, "EXCEPTION_IN_PAGE_ERROR"),
    (0x4000_0015, "STATUS_FATAL_APP_EXIT"),
    (0x8000_0001, "EXCEPTION_GUARD_PAGE"),
    (0x8000_0002, "EXCEPTION_DATATYPE_MISALIGNMENT"),
    (0x8000_0003, "EXCEPTION_BREAKPOINT"),
    (0x8000_0004, "EXCEPTION_SINGLE_STEP"),
    (0xC000_0008, "EXCEPTION_INVALID_HANDLE"),
    (0xC000_001D, "EXCEPTION_ILLEGAL_INSTRUCTION"),
    (0xC000_0025, "EXCEPTION_NONCONTINUABLE_EXCEPTION"),
    (0xC000_008C, "EXCEPTION_BOUNDS_EXCEEDED"),
    (0xC000_008E, "EXCEPTION_FLT_DIVIDE_BY_ZERO"),
    (0xC000_0094, "EXCEPTION_INT_DIVIDE_BY_ZERO"),
    (0xC000_0095, "EXCEPTION_INT_OVERFLOW"),
    (0xC000_0096, "EXCEPTION_PRIV_INSTRUCTION"),
    (0xC000_00FD, "EXCEPTION_STACK_OVERFLOW"),
    (0xC000_0374, "STATUS_HEAP_CORRUPTION"),
    (0xC000_0409, "STATUS_STACK_BUFFER_OVERRUN"),
    (0xC000_0417, "STATUS_INVALID_CRUNTIME_PARAMETER"),
    (0xC000_041D, "STATUS_FATAL_USER_CALLBACK_EXCEPTION"),
    (0xC000_0420, "STATUS_ASSERTION_FAILURE"),
    (0xE06D_7363, "Unhandled C++ Exception"),
    (0xE043_4352, "Unhandled .NET Exception"),
    (0x0517_A7ED, "Simulated Exception"),
];

const ACCESS_VIOLATION: u32 = 0xC000_0005;
const IN_PAGE_ERROR: u32 = 0xC000_0006;

pub(super) fn reason(system: System, crash: &Crash) -> Reason {
    match system {
        System::Windows => on_windows(crash),
        System::Apple => on_apple(crash),
        System::Unix | System::Unknown => on_unix(crash),
    }
}

fn name(names: &[(u32, &str)], code: u32) -> String {
    let known = names.iter().find(|(known, _)| *known == code);
    known.map_or_else(|| hex(code.into()), |(_, name)| (*name).to_owned())
}

/// `EXCEPTION_ACCESS_VIOLATION_WRITE: at 0x45`.
fn on_windows(crash: &Crash) -> Reason {
    let mut ty = name(&WINDOWS, crash.code);
    let mut value = String::new();
    if let (ACCESS_VIOLATION | IN_PAGE_ERROR, Some((how, accessed))) = (crash.code, crash.access) {
        ty.push_str(match how {
            0 => "_READ",
            1 => "_WRITE",
            8 => "_EXEC",
            _ => "",
        });
        value = format!("at {}", hex(accessed));
    }
    let meta = json!({ "exception_code": hex(crash.code.into()) });
    Reason { ty, value, meta: object(meta) }
}

/// `EXC_BAD_ACCESS: KERN_INVALID_ADDRESS at 0x45`.
fn on_apple(crash: &Crash) -> Reason {
    let ty = name(&MACH, crash.code);
    let detail = match (crash.code, crash.flags) {
        (1, 1) => Some("KERN_INVALID_ADDRESS"),
        (1, 2) => Some("KERN_PROTECTION_FAILURE"),
        (1, 10) => Some("KERN_MEMORY_ERROR"),
        (1, 13) => Some("EXC_I386_GPFLT"),
        (1, 257) => Some("EXC_ARM_DA_ALIGN"),
        (2, 1) => Some("EXC_I386_INVOP"),
        (3, 1) => Some("EXC_I386_DIV"),
        _ => None,
    };
    let at = (crash.code == 1).then(|| format!("at {}", hex(crash.address)));
    let value = [detail.map(str::to_owned), at].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let meta = json!({ "mach_exception": { "exception": crash.code, "code": crash.flags, "name": ty } });
    Reason { ty, value, meta: object(meta) }
}

/// `SIGSEGV: SEGV_MAPERR at 0x45`.
fn on_unix(crash: &Crash) -> Reason {
    let ty = name(&SIGNALS, crash.code);
    // Breakpad's older dumps have no code.
    let code_name = signal_code(crash.code, crash.flags).filter(|_| crash.flags != 0 || crash.address == 0);
    let mut signal = json!({ "number": crash.code, "code": crash.flags.cast_signed(), "name": ty });
    if let Some(name) = code_name {
        signal["code_name"] = name.into();
    }
    // Only these have an address; of others it is what happened to stand there.
    let has_address = [4, 5, 7, 8, 11].contains(&crash.code) && (code_name != Some("SI_USER"));
    let at = has_address.then(|| format!("at {}", hex(crash.address)));
    let value = [code_name.map(str::to_owned), at].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Reason { ty, value, meta: object(json!({ "signal": signal })) }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// `si_code` by name.
fn signal_code(signal: u32, code: u32) -> Option<&'static str> {
    Some(match (signal, code.cast_signed()) {
        (4, 1) => "ILL_ILLOPC",
        (4, 2) => "ILL_ILLOPN",
        (4, 3) => "ILL_ILLADR",
        (4, 4) => "ILL_ILLTRP",
        (5, 1) => "TRAP_BRKPT",
        (5, 2) => "TRAP_TRACE",
        (7, 1) => "BUS_ADRALN",
        (7, 2) => "BUS_ADRERR",
        (7, 3) => "BUS_OBJERR",
        (8, 1) => "FPE_INTDIV",
        (8, 2) => "FPE_INTOVF",
        (8, 3) => "FPE_FLTDIV",
        (11, 1) => "SEGV_MAPERR",
        (11, 2) => "SEGV_ACCERR",
        (11, 8) => "SEGV_MTEAERR",
        (11, 9) => "SEGV_MTESERR",
        (31, 1) => "SYS_SECCOMP",
        (_, 0) => "SI_USER",
        (_, 128) => "SI_KERNEL",
        (_, -1) => "SI_QUEUE",
        (_, -6) => "SI_TKILL",
        _ => return None,
    })
}
