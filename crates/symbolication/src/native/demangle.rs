//! Names of functions as people write them.

use mayday_event::{limits, model::Frame};
use symbolic::{
    common::{Language, Name, NameMangling},
    demangle::{Demangle, DemangleOptions},
};

use super::{kotlin, names::cut};

/// With parameters, which tell overloads apart; without what is returned.
const OPTIONS: DemangleOptions = DemangleOptions::complete().return_type(false);
/// Longest name that is demangled; what is longer costs more to take apart than it tells.
const MANGLED_BYTES: usize = 8 << 10;

/// The name of a function as its source has it: C++ (Itanium, MSVC), Rust, Swift, Objective-C and Kotlin/Native; any other
/// as it is.
pub fn demangled(name: &str, language: Language) -> String {
    let name = without_build_suffix(name);
    if name.len() > MANGLED_BYTES {
        return name.to_owned();
    }
    if let Some(kotlin) = kotlin::demangled(name) {
        return kotlin;
    }
    let name = Name::new(name, NameMangling::Unknown, language);
    match name.demangle(OPTIONS) {
        Some(demangled) if !demangled.is_empty() => demangled,
        _ => name.into_string(),
    }
}

/// Without what LLVM adds to names of one file's functions, which differs from build to build: `.llvm.1234`,
/// `.__uniq.1234`, also in the brackets that demanglers put around it.
fn without_build_suffix(name: &str) -> &str {
    let start = [".__uniq.", ".llvm."].iter().filter_map(|mark| name.find(mark)).min();
    let Some((before, suffix)) = start.and_then(|start| name.split_at_checked(start)) else { return name };
    let is_suffix = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | ')' | ']');
    if before.is_empty() || !suffix.chars().all(is_suffix) {
        return name;
    }
    before.trim_end_matches(" (").trim_end_matches(" [clone ")
}

/// Names a frame, and keeps the name as the linker has it where that is another.
pub(super) fn name_frame(frame: &mut Frame, name: &str, language: Language) {
    let shown = demangled(name, language);
    frame.raw_function = (shown != name).then(|| cut(name, limits::FUNCTION_BYTES));
    frame.function = Some(cut(&shown, limits::FUNCTION_BYTES));
}
