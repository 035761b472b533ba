//! E-mail addresses in texts, also URL-encoded.

use super::{before, is_word};
use crate::scrub::mark::{self, EMAIL, Spans};

/// Longest local part and longest domain, as in RFC 5321, and some.
const LOCAL_BYTES: usize = 100;
const DOMAIN_BYTES: usize = 255;

pub(super) fn spans(text: &str) -> Spans {
    let bytes = text.as_bytes();
    let mut spans = Spans::new();
    let mut done = 0;
    for at in memchr::memchr2_iter(b'@', b'%', bytes) {
        let sign = match bytes.get(at..) {
            Some([b'@', ..]) => 1,
            Some([b'%', b'4', b'0', ..]) => 3,
            _ => continue,
        };
        if at < done {
            continue;
        }
        let local = bytes.get(done..at).unwrap_or_default().iter().rev();
        let local = local.take(LOCAL_BYTES + 1).take_while(|byte| is_local(byte)).count();
        let Some(domain) = domain(bytes.get(at + sign..).unwrap_or_default()) else { continue };
        let (start, end) = (at - local, at + sign + domain);
        if local == 0 || local > LOCAL_BYTES || bytes.get(start) == Some(&b'.') {
            continue;
        }
        // `%20ann@…`: the two digits belong to the escape; they may go with it.
        debug_assert!(!is_word(before(bytes, start)) || start == done);
        if text.is_char_boundary(start) {
            spans.push((start..end, mark::fitting(EMAIL, end - start).into()));
            done = end;
        }
    }
    spans
}

fn is_local(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._%+-".contains(byte) || !byte.is_ascii()
}

/// The length of the domain that `bytes` start with.
fn domain(bytes: &[u8]) -> Option<usize> {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'.' || **byte == b'-';
    let length = bytes.iter().take(DOMAIN_BYTES).take_while(is_part).count();
    let run = str::from_utf8(bytes.get(..length)?).ok()?;
    let domain = run.trim_end_matches(['.', '-']);
    let (name, top) = domain.rsplit_once('.')?;
    let is_top = top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    let labels_are_fine = name.split('.').all(|label| !label.is_empty() && !label.starts_with('-'));
    let is_domain = is_top && labels_are_fine && !is_picture(name) && !is_version(name);
    is_domain.then_some(domain.len())
}

/// `icon@2x.png`.
fn is_picture(name: &str) -> bool {
    matches!(name.as_bytes(), [b'1'..=b'4', b'x', ..])
}

/// `package@1.2.3-beta.rc`; but `163.com` is a domain.
fn is_version(name: &str) -> bool {
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').filter(|label| is_number(label)).count() >= 2
}
