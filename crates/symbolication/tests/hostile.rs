//! What the fuzz targets check, on a stable compiler: files that are damaged, and such that are made to do harm.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "a library where the fuzz targets use it")]
mod checks;

use std::{fs, path::Path, process::Command};

use mayday_symbolication::convert::{ConvertError, SymbolMaps, cfi_cache, sym_cache};
use proptest::{collection::vec, prelude::*};

/// A program with debug information; `None` without a compiler.
fn program(name: &str, source: &str, flags: &[&str]) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join(name), folder.path().join("out"));
    fs::write(&from, source).unwrap();
    let output = Command::new("gcc").args(flags).arg(&from).arg("-o").arg(&to).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(fs::read(Path::new(&to)).unwrap())
}

const SOURCE: &str = "
static inline __attribute__((always_inline)) int twice(volatile int *n) { return *n * 2; }
__attribute__((noinline)) int four_times(volatile int *n) { int m = twice(n); return twice(n) + m; }
int main(int argc, char **argv) { volatile int n = argc; return four_times(&n); }
";

#[test]
fn damaged_debug_files_are_converted_or_refused() {
    for flags in [
        &["-g", "-O1"][..],
        &["-g", "-O1", "-gz"],
        &["-gdwarf-4", "-O1"],
        &["-gdwarf-2", "-O1"],
        &["-g", "-O1", "-gsplit-dwarf"],
        &["-gdwarf-4", "-O1", "-gsplit-dwarf"],
    ] {
        let Some(program) = program("a.c", SOURCE, flags) else { return };
        checks::sym_cache_file(&program);
        let length = program.len();
        let config = ProptestConfig { cases: 96, ..ProptestConfig::default() };
        proptest!(config, |(at in 0..length, with in vec(any::<u8>(), 1..8), cut in 0..length * 2)| {
            let mut damaged = program.clone();
            for (to, from) in damaged.iter_mut().skip(at).zip(with) {
                *to = from;
            }
            damaged.truncate(cut);
            checks::sym_cache_file(&damaged);
            checks::cfi(&damaged);
        });
    }
}

/// A subprogram whose abstract origin is itself, one in a circle of two, and inlined calls that are their own parents.
const CIRCLES: &str = r#"
    .text
    .globl main
main: nop
    nop
    ret
.Lend:
    .section .debug_abbrev,"",@progbits
.Labbrev:
    .byte 1, 0x11, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x07, 0x10, 0x17, 0, 0
    .byte 2, 0x2e, 1, 0x31, 0x13, 0x11, 0x01, 0x12, 0x07, 0, 0
    .byte 3, 0x1d, 1, 0x31, 0x13, 0x11, 0x01, 0x12, 0x07, 0x58, 0x0b, 0x59, 0x0b, 0, 0
    .byte 4, 0x2e, 0, 0x31, 0x13, 0, 0
    .byte 0
    .section .debug_info,"",@progbits
.Linfo:
    .long .Lafter - .Lversion
.Lversion:
    .short 4
    .long .Labbrev
    .byte 8
    .byte 1
    .asciz "a.c"
    .quad main
    .quad .Lend - main
    .long 0
.Lself:
    .byte 2
    .long .Lself - .Linfo
    .quad main
    .quad .Lend - main
.Linlined:
    .byte 3
    .long .Lone - .Linfo
    .quad main
    .quad .Lend - main
    .byte 1, 1
    .byte 3
    .long .Linlined - .Linfo
    .quad main
    .quad .Lend - main
    .byte 1, 1
    .byte 0, 0, 0
.Lone:
    .byte 4
    .long .Ltwo - .Linfo
.Ltwo:
    .byte 4
    .long .Lone - .Linfo
    .byte 0
.Lafter:
    .section .debug_line,"",@progbits
    .long 0
"#;

#[test]
fn debug_information_that_refers_to_itself_ends() {
    let Some(program) = program("circles.s", CIRCLES, &["-nostdlib", "-Wl,-e,main"]) else { return };
    checks::sym_cache_file(&program);
}

/// Assembly of one deeply nested inlined call.
fn nested(depth: usize) -> String {
    let mut text = CIRCLES.split(".Linlined:").next().unwrap().to_owned();
    for _ in 0..depth {
        text.push_str("    .byte 3\n    .long .Lself - .Linfo\n    .quad main\n    .quad .Lend - main\n    .byte 1, 1\n");
    }
    text.push_str(&format!(
        "    .fill {}, 1, 0\n.Lafter:\n    .section .debug_line\n    .long 0\n",
        depth + 2
    ));
    text
}

#[test]
fn calls_inlined_a_hundred_thousand_deep_end() {
    let Some(program) = program("deep.s", &nested(100_000), &["-nostdlib", "-Wl,-e,main"]) else { return };
    checks::sym_cache_file(&program);
}

#[test]
fn sizes_that_a_file_only_declares_cost_nothing() {
    let Some(program) = program("a.c", SOURCE, &["-g", "-gz"]) else { return };
    // Each compressed section begins with its algorithm, 1, and its size when inflated.
    let mut forged = program.clone();
    let mut sections = 0;
    for at in (0..forged.len().saturating_sub(24)).step_by(1) {
        let header = forged.get(at..at + 24).unwrap();
        let is_header = header.starts_with(&[1, 0, 0, 0, 0, 0, 0, 0])
            && header[11..16] == [0; 5]
            && header[16..24] == [1, 0, 0, 0, 0, 0, 0, 0];
        if is_header {
            forged[at + 8..at + 16].copy_from_slice(&(4_u64 << 30).to_le_bytes());
            sections += 1;
        }
    }
    assert!(sections > 0, "the compiler compresses debug information");
    checks::sym_cache_file(&forged);
    // Section headers that claim the whole address space.
    let mut forged = program;
    let headers = usize::try_from(u64::from_le_bytes(forged[40..48].try_into().unwrap())).unwrap();
    for header in forged[headers..].chunks_exact_mut(64) {
        header[32..40].copy_from_slice(&u64::MAX.to_le_bytes());
    }
    checks::sym_cache_file(&forged);
    checks::cfi(&forged);
}

#[test]
fn breakpad_files_may_say_anything() {
    const HEAD: &str = "MODULE Linux x86_64 C0BCC3F19827FE653058404B2831D9E60 a\n";
    for line in [
        "FUNC ffffffffffffffff ffffffffffffffff 0 main\nffffffffffffffff ffffffffffffffff 4294967295 0\n",
        "FUNC 10 ffffffff 0 main\nINLINE 4294967295 1 0 0 10 ffffffff\n10 ffffffff 1 0\n",
        "PUBLIC ffffffffffffffff 0 x\n",
        "STACK CFI INIT ffffffffffffffff ffffffffffffffff .cfa: $rsp\n",
        "STACK WIN 4 ffffffff ffffffff 0 0 0 0 0 0 1 x\n",
    ] {
        let file = format!("{HEAD}{line}");
        checks::sym_cache_file(file.as_bytes());
        checks::cfi(file.as_bytes());
    }
    let nested: String = (0..5_000).map(|depth| format!("INLINE {depth} 1 0 0 10 10\n")).collect();
    let file = format!("{HEAD}FILE 0 a\nINLINE_ORIGIN 0 f\nFUNC 10 10 0 main\n{nested}10 10 1 0\n");
    checks::sym_cache_file(file.as_bytes());
}

#[test]
fn what_is_named_like_a_format_and_is_none_is_refused() {
    for magic in [
        &b"\x7fELF"[..],
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe\xff\xff\xff\xff",
        b"MZ",
        b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0",
        b"MODULE ",
        b"BSJB",
    ] {
        let file = [magic, &[0xff; 512]].concat();
        assert!(
            matches!(
                sym_cache(&file, None, SymbolMaps::default()),
                Err(ConvertError::Malformed(_) | ConvertError::Lacks(_))
            ),
            "{magic:?}"
        );
        assert!(cfi_cache(&file, None).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_crash_a_map_and_a_cache_or_none(bytes in vec(any::<u8>(), 0..512)) {
        checks::file(&bytes);
        checks::dump(&bytes);
        checks::maps(&bytes);
        checks::portable_pdb(&bytes);
        checks::portable_pdb(&[b"BSJB", &bytes[..]].concat());
        checks::cached(&bytes);
    }

    #[test]
    fn damaged_caches_are_asked_and_answer(at in 0..600_usize, with in vec(any::<u8>(), 1..16)) {
        const SYM: &str = "MODULE Linux x86_64 C0BCC3F19827FE653058404B2831D9E60 a\nFILE 0 a.c\nINLINE_ORIGIN 0 g\n\
            FUNC 10 10 0 main\nINLINE 0 1 0 0 10 8\n10 10 4 0\n";
        let mut cache = sym_cache(SYM.as_bytes(), None, SymbolMaps::default()).unwrap();
        for (to, from) in cache.iter_mut().skip(at).zip(with) {
            *to = from;
        }
        checks::cached(&cache);
    }
}
