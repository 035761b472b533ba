//! What opens something: passwords in URLs, tokens, private keys.

use std::{ops::Range, sync::LazyLock};

use base64::Engine;
use memchr::memmem::{self, Finder};

use super::{before, is_word};
use crate::scrub::mark::{self, FILTERED, PRIVATE_KEY, Spans};

/// What `https://` and `@` are between: user and password, or a token.
pub(super) fn in_urls(text: &str) -> Spans {
    const SCHEME_END: &str = "://";
    let bytes = text.as_bytes();
    let mut spans = Spans::new();
    for at in memmem::find_iter(bytes, SCHEME_END) {
        let start = at + SCHEME_END.len();
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"/?#\"'<>\\".contains(byte);
        let rest = bytes.get(start..).unwrap_or_default();
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        let Some(at_sign) = rest.get(..length).and_then(|authority| memchr::memrchr(b'@', authority)) else {
            continue;
        };
        let info = start..start + at_sign;
        let is_new = text.get(info.clone()).is_some_and(|info| !info.is_empty() && !mark::is_mark(info));
        if is_new {
            let replacement = mark::fitting(FILTERED, info.len());
            spans.push((info, replacement.into()));
        }
    }
    spans
}

static BEARER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("earer "));
static BASIC: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("asic "));
static JWT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("eyJ"));

/// `Bearer …`, `Basic …` and JSON web tokens.
pub(super) fn tokens(text: &str) -> Spans {
    let bytes = text.as_bytes();
    let mut found: Vec<Range<usize>> = Vec::new();
    for at in BEARER.find_iter(bytes) {
        found.extend(after_scheme(text, at, "bearer ").filter(|token| looks_random(text, token)));
    }
    for at in BASIC.find_iter(bytes) {
        found.extend(after_scheme(text, at, "basic ").filter(|token| is_user_and_password(text, token)));
    }
    let mut looked_at = 0;
    for at in JWT.find_iter(bytes) {
        if at < looked_at || is_word(before(bytes, at)) {
            continue;
        }
        let token = token(bytes, at);
        looked_at = token.end;
        let parts = text.get(token.clone()).unwrap_or_default().split('.');
        if parts.filter(|part| part.len() >= 8).count() >= 2 {
            found.push(token);
        }
    }
    found.sort_by_key(|token| token.start);
    let mut done = 0;
    found.retain(|token| {
        let is_apart = token.start >= done;
        done = done.max(token.end);
        is_apart
    });
    found.into_iter().map(|token| (token.clone(), mark::fitting(FILTERED, token.len()).into())).collect()
}

/// The token that follows the scheme, whose second letter is at `at`.
fn after_scheme(text: &str, at: usize, scheme: &str) -> Option<Range<usize>> {
    let start = at.checked_sub(1)?;
    let end = start + scheme.len();
    let is_scheme = text.get(start..end).is_some_and(|found| found.eq_ignore_ascii_case(scheme));
    let is_whole = is_scheme && !is_word(before(text.as_bytes(), start));
    is_whole.then(|| token(text.as_bytes(), end))
}

fn token(bytes: &[u8], start: usize) -> Range<usize> {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    start..start + bytes.iter().skip(start).take_while(is_part).count()
}

/// `Bearer token` is what somebody writes; a token has digits or is long.
fn looks_random(text: &str, token: &Range<usize>) -> bool {
    let has_digit = || text.get(token.clone()).is_some_and(|token| token.bytes().any(|b| b.is_ascii_digit()));
    token.len() >= 20 || (token.len() >= 8 && has_digit())
}

fn is_user_and_password(text: &str, token: &Range<usize>) -> bool {
    let token = text.get(token.clone()).unwrap_or_default();
    let decoded = base64::engine::general_purpose::STANDARD.decode(token);
    decoded.is_ok_and(|decoded| memchr::memchr(b':', &decoded).is_some())
}

/// Private keys in PEM; without an end, as in a text that was cut, all that follows.
pub(super) fn private_keys(text: &str) -> Spans {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    const DASHES: &str = "-----";
    /// Longest label: `ENCRYPTED PRIVATE KEY`, and some.
    const LABEL_BYTES: usize = 64;
    let mut spans = Spans::new();
    let mut done = 0;
    for (start, _) in text.match_indices(BEGIN) {
        if start < done {
            continue;
        }
        let label_start = start + BEGIN.len();
        let near = text.floor_char_boundary((label_start + LABEL_BYTES).min(text.len()));
        let label = text.get(label_start..near).and_then(|label| label.split_once(DASHES));
        let Some((label, _)) = label.filter(|(label, _)| label.contains("PRIVATE KEY")) else { continue };
        let rest = text.get(label_start..).unwrap_or_default();
        let end_of = |at: usize| {
            let after = at + END.len() + label.len() + DASHES.len();
            text.floor_char_boundary((label_start + after).min(text.len()))
        };
        let end = memmem::find(rest.as_bytes(), END.as_bytes()).map_or(text.len(), end_of);
        spans.push((start..end, mark::fitting(PRIVATE_KEY, end - start).into()));
        done = end;
    }
    spans
}
