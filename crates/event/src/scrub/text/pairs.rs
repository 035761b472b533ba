//! Keys and values in a text: JSON, forms, queries, headers, what languages print of their objects, and prose.

use std::ops::Range;

use super::{before, is_word};
use crate::scrub::{
    keys::{self, SensitiveKeys},
    mark::{self, FILTERED, Spans},
};

/// Longest key that is looked at.
const KEY_BYTES: usize = 64;

pub(super) fn spans(text: &str, keys: &SensitiveKeys) -> Spans {
    let bytes = text.as_bytes();
    let mut spans = Spans::new();
    let mut done = 0;
    for at in memchr::memchr2_iter(b'=', b':', bytes) {
        if at < done {
            continue;
        }
        let Some(key) = Key::before(text, done, at).filter(|key| keys.is_sensitive(key.name)) else {
            continue;
        };
        let Some(value) = Value::after(text, at, &key) else { continue };
        if !keys.is_secret(key.name, text.get(value.range.clone()).unwrap_or_default()) {
            continue;
        }
        done = value.range.end;
        if let Some(replacement) = value.replacement(text, &key) {
            spans.push((value.range, replacement.into()));
        }
    }
    spans
}

struct Key<'t> {
    name: &'t str,
    /// As in JSON; then what comes in place of its value must be JSON, too.
    is_quoted: bool,
}

impl<'t> Key<'t> {
    /// The key that ends before the `=` or `:` at `at`.
    fn before(text: &'t str, from: usize, at: usize) -> Option<Self> {
        let bytes = text.as_bytes();
        let back_over = |end: usize, most: usize, part: &dyn Fn(u8) -> bool| {
            let passed = bytes.get(from..end).unwrap_or_default().iter().rev().take(most);
            end - passed.take_while(|byte| part(**byte)).count()
        };
        let spaced = back_over(at, 2, &|byte| byte == b' ');
        let unquoted = back_over(spaced, 1, &|byte| byte == b'"' || byte == b'\'');
        let is_quoted = unquoted < spaced;
        let is_bracketed = !is_quoted && before(bytes, unquoted) == Some(&b']');
        let end = match (is_quoted, is_bracketed) {
            (true, _) => back_over(unquoted, 8, &|byte| byte == b'\\'),
            (false, true) => unquoted.saturating_sub(1).max(from),
            (false, false) => unquoted,
        };
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte) || !byte.is_ascii();
        let start = back_over(end, KEY_BYTES, &is_part);
        // `user[password]=…`, but not `[iban]: …`, which stands for an account.
        let opens = start.checked_sub(1).filter(|open| bytes.get(*open) == Some(&b'['));
        if is_bracketed && !opens.is_some_and(|open| is_word(before(bytes, open))) {
            return None;
        }
        let name = text.get(start..end).filter(|name| !name.is_empty())?;
        Some(Self { name, is_quoted })
    }
}

struct Value {
    /// Without quotes around it.
    range: Range<usize>,
    form: Form,
}

#[derive(PartialEq, Eq)]
enum Form {
    Quoted,
    /// A word, a number, the rest of a line.
    Bare,
    /// In braces or brackets.
    Nested,
}

/// Words that are no secrets.
const PLAIN: [&str; 9] = ["true", "false", "null", "none", "nil", "undefined", "nan", "0", "*"];
/// They come before a token.
const SCHEMES: [&str; 7] = ["bearer", "basic", "digest", "token", "negotiate", "apikey", "aws4-hmac-sha256"];

impl Value {
    /// The value that follows the separator at `at`; `None` if that is none, or none that is secret.
    fn after(text: &str, at: usize, key: &Key<'_>) -> Option<Self> {
        let bytes = text.as_bytes();
        let separator = bytes.get(at)?;
        // `a::b`, `a == b`, `a => b`, `a := b`
        let start = match (separator, bytes.get(at + 1)) {
            (b':', Some(b':')) | (b'=', Some(b'=')) => return None,
            (b':', Some(b'=')) | (b'=', Some(b'>')) => at + 2,
            _ if before(bytes, at) == Some(separator) => return None,
            _ => at + 1,
        };
        let rest = bytes.get(start..)?;
        let spaces = rest.iter().take(8).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let start = start + spaces;
        if let Some(mark) = text.get(start..).and_then(mark::at_start) {
            return Some(Self { range: start + mark..start + mark, form: Form::Bare });
        }
        if let Some(value) = quoted(text, start) {
            return Some(value);
        }
        if matches!(bytes.get(start), Some(b'{' | b'[')) {
            let range = start..word_end(bytes, nested_end(bytes, start));
            return Some(Self { range, form: Form::Nested });
        }
        let is_prose = *separator == b':' && spaces > 0 && !key.is_quoted;
        let range = match is_prose && keys::is_secret_header(key.name) {
            true => start..line_end(bytes, start),
            false => bare(text, start),
        };
        let value = text.get(range.clone()).unwrap_or_default();
        let is_secret = !value.is_empty()
            && !PLAIN.iter().any(|plain| value.eq_ignore_ascii_case(plain))
            && (!is_prose || looks_secret(value) || key.name.to_ascii_lowercase().contains("passw"));
        is_secret.then_some(Self { range, form: Form::Bare })
    }

    /// `None` if there is nothing left to take out.
    fn replacement(&self, text: &str, key: &Key<'_>) -> Option<&'static str> {
        const QUOTED_MARK: &str = "\"[Filtered]\"";
        let value =
            text.get(self.range.clone()).filter(|value| !value.is_empty() && !mark::is_mark(value))?;
        let replacement = match (&self.form, key.is_quoted) {
            (Form::Quoted, _) | (Form::Bare | Form::Nested, false) => mark::fitting(FILTERED, value.len()),
            (Form::Nested, true)
                if value.len() >= QUOTED_MARK.len() && is_plain_json(text, self.range.start) =>
            {
                QUOTED_MARK
            }
            (Form::Bare | Form::Nested, true) if value.len() >= 4 => "null",
            (Form::Bare | Form::Nested, true) => "0",
        };
        (replacement != value).then_some(replacement)
    }
}

/// Not JSON within a JSON string, where quotes have backslashes.
fn is_plain_json(text: &str, start: usize) -> bool {
    let before = text.get(..start).unwrap_or_default().trim_end_matches([' ', '\t', ':']);
    before.ends_with('"') && !before.ends_with("\\\"")
}

/// Between quotes that may have backslashes, as in JSON within JSON. One that is never closed takes the rest.
fn quoted(text: &str, start: usize) -> Option<Value> {
    let bytes = text.as_bytes();
    // `b'…'`, `u"…"`
    let prefix = usize::from(bytes.get(start).is_some_and(|byte| b"bu@".contains(byte)));
    let start = match bytes.get(start + prefix) {
        Some(b'"' | b'\'') => start + prefix,
        _ => start,
    };
    let slashes = bytes.iter().skip(start).take(8).take_while(|byte| **byte == b'\\').count();
    let quote = *bytes.get(start + slashes).filter(|byte| matches!(byte, b'"' | b'\''))?;
    let start = start + slashes + 1;
    let mut run = 0;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match *byte {
            b'\\' => run += 1,
            byte => {
                let closes = if slashes == 0 { run % 2 == 0 } else { run <= slashes };
                if byte == quote && closes {
                    let end = at - run.min(slashes);
                    return Some(Value { range: start..end.max(start), form: Form::Quoted });
                }
                run = 0;
            }
        }
    }
    Some(Value { range: start..bytes.len(), form: Form::Quoted })
}

/// Behind the bracket that closes the one at `start`, or the end.
fn nested_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut within_quotes = false;
    let mut escaped = false;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'\\' if !escaped => {
                escaped = true;
                continue;
            }
            b'"' if !escaped => within_quotes = !within_quotes,
            b'{' | b'[' if !within_quotes => depth += 1,
            b'}' | b']' if !within_quotes => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        escaped = false;
    }
    bytes.len()
}

fn line_end(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())
}

/// A word, and the token after it if it is an authentication scheme.
fn bare(text: &str, start: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let end = word_end(bytes, start);
    let word = text.get(start..end).unwrap_or_default();
    if bytes.get(end) == Some(&b' ') && SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme)) {
        return start..word_end(bytes, end + 1);
    }
    start..end
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start;
    while let Some(byte) = bytes.get(end) {
        let next = bytes.get(end + 1);
        let ends = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b'&' | b';' | b'"' | b'\'' | b'<' | b'>' | b'\\' => true,
            b',' | b')' | b'}' | b']' => !next.is_some_and(u8::is_ascii_alphanumeric),
            _ => false,
        };
        if ends {
            break;
        }
        end += 1;
    }
    end
}

/// In `unexpected token: end of file` nothing is secret.
fn looks_secret(value: &str) -> bool {
    value.len() >= 16 || value.bytes().any(|byte| byte.is_ascii_digit())
}
