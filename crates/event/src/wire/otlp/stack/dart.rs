//! Dart, compiled and obfuscated: what its virtual machine prints where names are not in the app.
//!
//! ```text
//! Unhandled Exception: Instance of 'aB'
//! *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** ***
//! pid: 21545, tid: 21545, name io.flutter.1.ui
//! os: android arch: arm64 comp: yes sim: no
//! build_id: '43cadd54ea30a3c8fb63dcef9cd66f7e'
//! isolate_dso_base: 7a0b3d6000, vm_dso_base: 7a0b3d6000
//! isolate_instructions: 7a0b4e5000, vm_instructions: 7a0b4da000
//!     #00 abs 0000007a0b5cd1b3 virt 00000000001f71b3 _kDartIsolateSnapshotInstructions+0x111b33
//! <asynchronous suspension>
//!     #01 abs …
//! ```

use serde_json::{Value, json};

use super::{Raised, Section, Told};
use crate::limits;

/// What the binary is called on each system.
const ANDROID: &str = "libapp.so";
const APPLE: &str = "App";

/// What is said before the frames.
#[derive(Debug, Default)]
struct Header<'t> {
    os: &'t str,
    arch: &'t str,
    build_id: &'t str,
    /// Where the binary was loaded.
    base: Option<u64>,
}

/// `None` without a frame.
pub(super) fn parse(text: &str) -> Option<Told> {
    let mut header = Header::default();
    let (mut head, mut frames) = (Section::default(), Vec::new());
    let mut is_begun = false;
    for line in text.lines().map(unlogged) {
        if let Some((address, base)) = frame(line) {
            // The file's addresses begin where it was loaded; older machines say it nowhere else.
            header.base = header.base.or(base);
            if frames.len() <= limits::FRAMES {
                frames.push(address);
            }
        } else if line.starts_with("***") || header.read(line) {
            is_begun = true;
        } else if !is_begun && !line.is_empty() && !line.starts_with("Warning: This VM") {
            head.add_to_head(unprefixed(line));
        }
    }
    if frames.is_empty() {
        return None;
    }
    frames.reverse();
    let frames = frames.into_iter().map(|address| header.frame(address)).collect();
    let raised = Raised { frames, ..head.into_raised(true) };
    Some(Told { platform: "dart", chain: vec![raised], image: header.image() })
}

/// A line without what Android's log puts before it: `E/flutter ( 4711): …`.
fn unlogged(line: &str) -> &str {
    let line = line.trim();
    let logged = line.strip_prefix("E/flutter").and_then(|line| line.split_once("): "));
    logged.map_or(line, |(_, line)| line.trim())
}

/// `[ERROR:flutter/…] Unhandled Exception: no price` is `no price`.
fn unprefixed(line: &str) -> &str {
    let prefixes = ["Unhandled Exception:", "Unhandled exception:"];
    let behind = prefixes.iter().find_map(|prefix| line.split_once(prefix));
    behind.map_or(line, |(_, line)| line.trim())
}

/// `#00 abs 0000007a0b5cd1b3 virt 00000000001f71b3 …`: the address, and where the binary begins if it is said.
fn frame(line: &str) -> Option<(u64, Option<u64>)> {
    let mut words = line.strip_prefix('#')?.split_whitespace();
    let is_number = words.next()?.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || words.next()? != "abs" {
        return None;
    }
    let absolute = hexadecimal(words.next()?)?;
    let relative = (words.next() == Some("virt")).then(|| hexadecimal(words.next()?)).flatten();
    Some((absolute, relative.and_then(|relative| absolute.checked_sub(relative))))
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}

impl<'t> Header<'t> {
    /// Whether it is a line of the header.
    fn read(&mut self, line: &'t str) -> bool {
        let words: Vec<&str> = line.split_whitespace().take(4).collect();
        match *words.as_slice() {
            ["os:", os, "arch:", arch] => (self.os, self.arch) = (os, arch),
            ["build_id:", id] => self.build_id = id.trim_matches('\''),
            ["isolate_dso_base:", base, ..] => self.base = hexadecimal(base.trim_end_matches(',')),
            ["pid:", ..] | ["isolate_instructions:", ..] | ["vm_instructions:", ..] => {}
            _ => return false,
        }
        true
    }

    fn frame(&self, address: u64) -> Value {
        let image = self.base.map(|base| format!("{base:#x}"));
        json!({ "platform": "native", "instruction_addr": format!("{address:#x}"), "image_addr": image })
    }

    fn image(&self) -> Option<Value> {
        let base = self.base?;
        let is_apple = matches!(self.os, "ios" | "macos");
        let (ty, file) = if is_apple { ("macho", APPLE) } else { ("elf", ANDROID) };
        let arch = match self.arch {
            "x64" => "x86_64",
            "ia32" => "x86",
            arch => arch,
        };
        let id = self.build_id;
        let is_id = !id.is_empty() && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(json!({ "type": ty, "code_file": file, "code_id": is_id.then_some(id),
            "image_addr": format!("{base:#x}"), "arch": Some(arch).filter(|arch| !arch.is_empty()) }))
    }
}
