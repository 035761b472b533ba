//! The parts of paths that come from reports.

use symbolic::common::DebugId;

use crate::ImageId;

/// Longest file name.
const NAME_BYTES: usize = 255;
/// Hexadecimal digits of the shortest and of the longest id of a binary.
const ID_DIGITS: std::ops::RangeInclusive<usize> = 5..=128;
/// Of the timestamp in the id of a Windows binary.
const TIMESTAMP_DIGITS: usize = 8;

/// The name of the file with debug information.
pub(super) fn debug_file(image: &ImageId) -> Option<&str> {
    image.debug_file.as_deref().or(image.code_file.as_deref()).filter(|name| is_name(name))
}

/// The name of the file that was loaded.
pub(super) fn code_file(image: &ImageId) -> Option<&str> {
    image.code_file.as_deref().filter(|name| is_name(name))
}

/// A file's name alone: nothing that leads elsewhere.
fn is_name(name: &str) -> bool {
    let is_odd =
        |character: char| matches!(character, '/' | '\\' | ':' | '?' | '#' | '%') || character.is_control();
    !name.is_empty() && name.len() <= NAME_BYTES && !matches!(name, "." | "..") && !name.contains(is_odd)
}

/// The code id, in lower case.
pub(crate) fn code_id(image: &ImageId) -> Option<String> {
    let id = image.code_id.as_deref()?.to_ascii_lowercase();
    (ID_DIGITS.contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

pub(super) fn debug_id(image: &ImageId) -> Option<DebugId> {
    image.debug_id.filter(|id| !id.is_nil())
}

/// The UUID of a Mach-O file, 32 digits in lower case.
pub(super) fn mach_uuid(image: &ImageId) -> Option<String> {
    let id = debug_id(image).map(|id| id.uuid().simple().to_string());
    id.or_else(|| code_id(image).filter(|id| id.len() == 32))
}

/// Timestamp in upper case and size in lower case: what tells Windows binaries apart.
pub(super) fn pe_id(image: &ImageId) -> Option<String> {
    let id = code_id(image)?;
    let (timestamp, size) = id.split_at_checked(TIMESTAMP_DIGITS)?;
    (1..=8).contains(&size.len()).then(|| format!("{}{size}", timestamp.to_uppercase()))
}
