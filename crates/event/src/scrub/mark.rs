//! What stands in place of what was taken out.

use std::{borrow::Cow, fmt::Write, ops::Range};

use sha2::{Digest, Sha256};

pub(super) const FILTERED: &str = "[Filtered]";
pub(super) const CARD: &str = "[card]";
pub(super) const IBAN: &str = "[iban]";
pub(super) const EMAIL: &str = "[email]";
pub(super) const IP: &str = "[ip]";
pub(super) const PRIVATE_KEY: &str = "[private key]";
const MARKS: [&str; 6] = [FILTERED, CARD, IBAN, EMAIL, IP, PRIVATE_KEY];
/// Where a mark would be longer than what it stands for.
pub(super) const SHORT: &str = "*";

/// `mark` in place of something of `length` bytes: never longer.
pub(super) fn fitting(mark: &'static str, length: usize) -> &'static str {
    if length >= mark.len() { mark } else { SHORT }
}

/// Nothing is left to take out of it.
pub(super) fn is_mark(text: &str) -> bool {
    text == SHORT || MARKS.contains(&text)
}

/// The length of the mark that `text` starts with.
pub(super) fn at_start(text: &str) -> Option<usize> {
    MARKS.iter().find(|mark| text.starts_with(**mark)).map(|mark| mark.len())
}

/// Whether that part of `text` is within a mark.
pub(super) fn covers(text: &str, part: &Range<usize>) -> bool {
    let longest = PRIVATE_KEY.len();
    let from = text.floor_char_boundary(part.start.saturating_sub(longest));
    let near = text.get(from..text.ceil_char_boundary((part.start + longest).min(text.len())));
    let near = near.unwrap_or_default();
    MARKS.iter().any(|mark| {
        let within = |(at, _)| from + at <= part.start && part.end <= from + at + mark.len();
        near.match_indices(mark).any(within)
    })
}

const HASH_DIGITS: usize = 16;

/// `#` and 16 hexadecimal digits.
pub(super) fn hash(text: &str, salt: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(salt);
    digest.update([0]);
    digest.update(text);
    let mut hash = String::with_capacity(1 + HASH_DIGITS);
    hash.push('#');
    for byte in digest.finalize().iter().take(HASH_DIGITS / 2) {
        // Writing to a String cannot fail.
        _ = write!(hash, "{byte:02x}");
    }
    hash
}

pub(super) fn is_hash(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == HASH_DIGITS && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Letters and digits become `*`.
pub(super) fn masked(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { '*' } else { c }).collect()
}

/// Parts of a text, in its order and apart from each other, each with what comes in its place.
pub(super) type Spans = Vec<(Range<usize>, Cow<'static, str>)>;

/// `text` with the spans replaced.
pub(super) fn replaced(text: &str, spans: &Spans) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (range, replacement) in spans {
        out.push_str(text.get(done..range.start).unwrap_or_default());
        out.push_str(replacement);
        done = range.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}
