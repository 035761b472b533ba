//! One program in three formats, each beside its Breakpad file: lookups must agree.
//!
//! Breakpad files of older tools know no inlined calls: then it is the function that was really called, and the line of the
//! call in it, that must be among those found.

use std::{fs, path::Path};

use anyhow::Context;
use mayday_symbolication::{
    convert::{SymbolMaps, sym_cache},
    native::demangled,
};
use symbolic::{common::Language, symcache::SymCache};

use super::Outcome;

/// The file with debug information, and Breakpad's file of the same build.
const PAIRS: [(&str, &str); 3] = [
    ("linux/crash.debug", "linux/crash.sym"),
    ("macos/crash.dSYM/Contents/Resources/DWARF/crash", "macos/crash.inlines.sym"),
    ("windows/crash.pdb", "windows/crash.sym"),
];

/// Where the two files of a pair differ, by address, and why either may be right.
const EXPLAINED: [(&str, &[u64], &str); 3] = [
    (
        "windows/crash.pdb",
        &[0x2d56],
        "the Breakpad file took the compiler's mark for code without a line, 0xf00f00, for a line",
    ),
    (
        "windows/crash.pdb",
        &[0x3250, 0x3252, 0x3269, 0x326b, 0x328d],
        "the linker folded functions of the same code: each of their names is right",
    ),
    (
        "windows/crash.pdb",
        &[0x34e0, 0x3526],
        "the PDB has the name with the underscore that 32-bit Windows puts before it",
    ),
];

pub(super) fn check(fixtures: &Path) -> anyhow::Result<Vec<Outcome>> {
    PAIRS.into_iter().map(|(debug, breakpad)| pair(&fixtures.join("native"), debug, breakpad)).collect()
}

fn pair(folder: &Path, debug: &str, breakpad: &str) -> anyhow::Result<Outcome> {
    let text = fs::read(folder.join(breakpad)).with_context(|| breakpad.to_owned())?;
    let debug_bytes = fs::read(folder.join(debug)).with_context(|| debug.to_owned())?;
    let ours = sym_cache(&debug_bytes, None, SymbolMaps::default())?;
    let theirs = sym_cache(&text, None, SymbolMaps::default())?;
    let (ours, theirs) = (SymCache::parse(&ours)?, SymCache::parse(&theirs)?);
    let mut outcome = Outcome::new(format!("native/{debug}"));
    for address in addresses(&String::from_utf8_lossy(&text)) {
        let (expected, found) = (calls(&theirs, address), calls(&ours, address));
        let expected = expected.first().map_or("nothing", String::as_str);
        // A symbol table knows names alone.
        let same = |found: &&String| {
            *found == expected || expected.strip_suffix(" :0").is_some_and(|name| found.starts_with(name))
        };
        let found = found.iter().find(same).map_or_else(|| found.join(" in "), |_| expected.to_owned());
        let what = format!("{address:#x}");
        let known = EXPLAINED.iter().find(|(file, at, _)| *file == debug && at.contains(&address));
        match known {
            Some((.., reason)) => outcome.explain(&what, expected, &found, reason),
            None => outcome.compare(&what, expected, &found),
        }
    }
    Ok(outcome)
}

/// Where functions and lines begin.
fn addresses(breakpad: &str) -> Vec<u64> {
    let hex = |text: Option<&str>| u64::from_str_radix(text?, 16).ok();
    let addresses = breakpad.lines().filter_map(|line| {
        let mut words = line.split(' ');
        match words.next()? {
            "FUNC" | "PUBLIC" => hex(words.next().filter(|word| *word != "m").or_else(|| words.next())),
            first if first.bytes().all(|byte| byte.is_ascii_hexdigit()) => hex(Some(first)),
            _ => None,
        }
    });
    let mut addresses: Vec<u64> = addresses.collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// The innermost call first: its name without parameters, which tools write in different ways, its file and line.
fn calls(cache: &SymCache<'_>, address: u64) -> Vec<String> {
    let calls = cache.lookup(address).map(|location| {
        let name = demangled(location.function().name(), Language::Unknown);
        let file = location.file().map(|file| file.full_path()).unwrap_or_default();
        let file = file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        format!("{} {file}:{}", bare(&name), location.line())
    });
    calls.collect()
}

/// The last name of a path of names: `~Foo` of `a::Foo<b>::~Foo(int) const`.
fn bare(name: &str) -> &str {
    let mut depth = 0_usize;
    let (mut start, mut end) = (0, name.len());
    for (at, letter) in name.char_indices() {
        match letter {
            '(' | '<' if depth == 0 && at > start => {
                if letter == '(' {
                    end = at;
                    break;
                }
                depth += 1;
            }
            '(' | '<' => depth += 1,
            ')' | '>' => depth = depth.saturating_sub(1),
            ':' | ' ' if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    let bare = name.get(start..end).unwrap_or(name);
    bare.split('<').next().unwrap_or(bare)
}
