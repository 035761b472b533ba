//! What a minidump's exception code means, by system.

use serde_json::{Value, json};

use super::minidump::System;

/// The reason of a crash, for people.
#[derive(Debug, PartialEq)]
pub(super) struct Reason {
    pub(super) ty: String,
    pub(super) detail: Option<String>,
    /// The mechanism's `meta`.
    pub(super) signal: Option<Value>,
}

const SIGNALS: [(u32, &str); 12] = [
    (1, "SIGHUP"),
    (2, "SIGINT"),
    (3, "SIGQUIT"),
    (4, "SIGILL"),
    (5, "SIGTRAP"),
    (6, "SIGABRT"),
    (7, "SIGBUS"),
    (8, "SIGFPE"),
    (9, "SIGKILL"),
    (11, "SIGSEGV"),
    (13, "SIGPIPE"),
    (31, "SIGSYS"),
];

const MACH: [(u32, &str); 12] = [
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
];

const WINDOWS: [(u32, &str); 17] = [
    (0x8000_0003, "EXCEPTION_BREAKPOINT"),
    (0x8000_0004, "EXCEPTION_SINGLE_STEP"),
    (0xC000_0005, "EXCEPTION_ACCESS_VIOLATION"),
    (0xC000_0006, "EXCEPTION_IN_PAGE_ERROR"),
    (0xC000_0008, "EXCEPTION_INVALID_HANDLE"),
    (0xC000_001D, "EXCEPTION_ILLEGAL_INSTRUCTION"),
    (0xC000_0025, "EXCEPTION_NONCONTINUABLE_EXCEPTION"),
    (0xC000_008C, "EXCEPTION_BOUNDS_EXCEEDED"),
    (0xC000_0094, "EXCEPTION_INT_DIVIDE_BY_ZERO"),
    (0xC000_0095, "EXCEPTION_INT_OVERFLOW"),
    (0xC000_0096, "EXCEPTION_PRIV_INSTRUCTION"),
    (0xC000_00FD, "EXCEPTION_STACK_OVERFLOW"),
    (0xC000_0374, "STATUS_HEAP_CORRUPTION"),
    (0xC000_0409, "STATUS_STACK_BUFFER_OVERRUN"),
    (0xC000_041D, "STATUS_FATAL_USER_CALLBACK_EXCEPTION"),
    (0xE06D_7363, "Unhandled C++ Exception"),
    (0xE043_4352, "Unhandled .NET Exception"),
];

pub(super) fn reason(system: System, code: u32, flags: u32, access: Option<u64>) -> Reason {
    let name = |names: &[(u32, &str)]| {
        let known = names.iter().find(|(known, _)| *known == code);
        known.map_or_else(|| format!("{code:#x}"), |(_, name)| (*name).to_owned())
    };
    match system {
        System::Windows => {
            let ty = name(&WINDOWS);
            let verb = match (code, access) {
                (0xC000_0005 | 0xC000_0006, Some(0)) => Some("read"),
                (0xC000_0005 | 0xC000_0006, Some(1)) => Some("write"),
                (0xC000_0005 | 0xC000_0006, Some(8)) => Some("execution"),
                _ => None,
            };
            let detail = verb.map(|verb| format!("Access violation, {verb}"));
            Reason { ty, detail, signal: None }
        }
        System::Apple => {
            let ty = name(&MACH);
            let detail = match (code, flags) {
                (1, 1) => Some("KERN_INVALID_ADDRESS".to_owned()),
                (1, 2) => Some("KERN_PROTECTION_FAILURE".to_owned()),
                _ => None,
            };
            let meta = json!({ "mach_exception": { "exception": code, "code": flags, "name": ty } });
            Reason { ty, detail, signal: Some(meta) }
        }
        System::Unix | System::Unknown => {
            let ty = name(&SIGNALS);
            let code_name = signal_code(code, flags);
            let mut signal = json!({ "number": code, "code": flags, "name": ty });
            if let Some(name) = code_name {
                signal["code_name"] = name.into();
            }
            Reason { ty, detail: code_name.map(str::to_owned), signal: Some(json!({ "signal": signal })) }
        }
    }
}

/// `si_code` of the signals that processors raise.
fn signal_code(signal: u32, code: u32) -> Option<&'static str> {
    match (signal, code) {
        (11, 1) => Some("SEGV_MAPERR"),
        (11, 2) => Some("SEGV_ACCERR"),
        (7, 1) => Some("BUS_ADRALN"),
        (7, 2) => Some("BUS_ADRERR"),
        (4, 1) => Some("ILL_ILLOPC"),
        (4, 2) => Some("ILL_ILLOPN"),
        (8, 1) => Some("FPE_INTDIV"),
        (8, 2) => Some("FPE_INTOVF"),
        _ => None,
    }
}
