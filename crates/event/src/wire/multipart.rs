//! `multipart/form-data` bodies, RFC 7578, of which all is in memory.
//!
//! Crash uploaders write it by hand, so this reads more than the RFC allows: lines that end with a bare newline, a
//! missing end, and a boundary that only the body tells.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::{memchr, memmem};
use percent_encoding::percent_decode_str;

use crate::{
    limits,
    wire::{WireError, envelope::Item},
};

const FORMAT: &str = "multipart body";

/// A field or a file; its content shares the memory of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Of the field; empty if it has none.
    pub name: String,
    /// Of the file, without folders; `None` for a field.
    pub filename: Option<String>,
    /// As the part says.
    pub content_type: Option<String>,
    pub content: Bytes,
}

impl Part {
    /// The part as an attachment of an event.
    pub fn into_attachment(self) -> Item {
        let filename = self.filename.filter(|name| !name.is_empty()).unwrap_or(self.name);
        let mut item = Item::new("attachment", self.content);
        if filename == "view-hierarchy.json" {
            item.header.insert("attachment_type".to_owned(), "event.view_hierarchy".into());
        }
        if let Some(content_type) = self.content_type {
            item.header.insert("content_type".to_owned(), content_type.into());
        }
        item.header.insert("filename".to_owned(), filename.into());
        item
    }
}

/// Reads a body that was sent with this Content-Type; `None` if neither of them says that it is multipart.
///
/// # Errors
/// Parts whose headers do not end, no part at all (400); more or larger ones than [`limits`] has (413).
pub fn read(body: &Bytes, content_type: &str) -> Result<Option<Vec<Part>>, WireError> {
    let told =
        boundary_of(content_type).filter(|boundary| Reader::new(body, boundary).delimiter(0).is_some());
    match told.or_else(|| leading_boundary(body)) {
        Some(boundary) => Reader::new(body, &boundary).parts().map(Some),
        None if is_multipart(content_type) => {
            Err(WireError::malformed(FORMAT, "its boundary is not in it".to_owned()))
        }
        None => Ok(None),
    }
}

fn is_multipart(content_type: &str) -> bool {
    content_type.trim_start().get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/"))
}

/// The boundary that a Content-Type names.
fn boundary_of(content_type: &str) -> Option<Vec<u8>> {
    if !is_multipart(content_type) {
        return None;
    }
    let boundary = parameter(content_type, "boundary")?;
    (!boundary.is_empty()).then(|| boundary.into_bytes())
}

/// The boundary that a body begins with.
fn leading_boundary(body: &[u8]) -> Option<Vec<u8>> {
    /// The RFC's 70, and some.
    const LONGEST: usize = 200;
    let rest = body.trim_ascii_start().strip_prefix(b"--")?;
    let line = rest.get(..memchr(b'\n', rest.get(..LONGEST).unwrap_or(rest))?)?.trim_ascii_end();
    let is_one = !line.is_empty() && line.iter().all(|byte| (b' '..=b'~').contains(byte));
    is_one.then(|| line.to_vec())
}

struct Reader<'a> {
    body: &'a Bytes,
    delimiter: Vec<u8>,
}

/// A line that stands between two parts.
struct Delimiter {
    /// Where what is before it ends.
    content_end: usize,
    /// Where what follows it begins; `None` after the last.
    next: Option<usize>,
}

impl<'a> Reader<'a> {
    fn new(body: &'a Bytes, boundary: &[u8]) -> Self {
        Self { body, delimiter: [b"--", boundary].concat() }
    }

    fn from(&self, at: usize) -> &'a [u8] {
        self.body.get(at..).unwrap_or_default()
    }

    fn parts(&self) -> Result<Vec<Part>, WireError> {
        let mut parts = Vec::new();
        let mut next = self.delimiter(0).and_then(|first| first.next);
        while let Some(start) = next {
            if self.from(start).trim_ascii_start().is_empty() {
                break;
            }
            if parts.len() == limits::MULTIPART_PARTS {
                return Err(WireError::too_large(
                    FORMAT,
                    format!("more than {} parts", limits::MULTIPART_PARTS),
                ));
            }
            let (headers, content_start) = self.headers(start, parts.len() + 1)?;
            let end = self.delimiter(content_start);
            let content_end = end.as_ref().map_or(self.body.len(), |end| end.content_end);
            let content = self.body.slice(content_start..content_end.max(content_start));
            parts.push(part(&headers, content));
            next = end.and_then(|end| end.next);
        }
        match parts.is_empty() {
            true => Err(WireError::malformed(FORMAT, "no part in it".to_owned())),
            false => Ok(parts),
        }
    }

    /// The next line that is a delimiter, at or after `start`.
    fn delimiter(&self, start: usize) -> Option<Delimiter> {
        memmem::find_iter(self.from(start), &self.delimiter).find_map(|found| {
            let at = start + found;
            let before = self.body.get(..at)?;
            let content_end = match before {
                [] => 0,
                [.., b'\r', b'\n'] => at - 2,
                [.., b'\n'] => at - 1,
                _ => return None,
            };
            let after = at + self.delimiter.len();
            let rest = self.from(after);
            if rest.starts_with(b"--") {
                return Some(Delimiter { content_end, next: None });
            }
            let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let newline = match rest.get(blanks..)? {
                [b'\r', b'\n', ..] => 2,
                [b'\n', ..] => 1,
                [] => return Some(Delimiter { content_end, next: None }),
                _ => return None,
            };
            Some(Delimiter { content_end, next: Some(after + blanks + newline) })
        })
    }

    /// The header lines of a part, and where its content begins.
    fn headers(&self, start: usize, number: usize) -> Result<(Vec<Cow<'a, str>>, usize), WireError> {
        let mut lines = Vec::new();
        let mut at = start;
        loop {
            let rest = self.from(at);
            let Some(length) = memchr(b'\n', rest) else {
                return Err(WireError::malformed(
                    FORMAT,
                    format!("part {number} at byte {start}: its headers do not end"),
                ));
            };
            at += length + 1;
            if at - start > limits::PART_HEADER_BYTES {
                let limit = limits::PART_HEADER_BYTES;
                return Err(WireError::too_large(
                    FORMAT,
                    format!("part {number}: headers are longer than {limit} bytes"),
                ));
            }
            let line = rest.get(..length).unwrap_or_default().trim_ascii_end();
            if line.is_empty() {
                return Ok((lines, at));
            }
            lines.push(String::from_utf8_lossy(line));
        }
    }
}

fn part(headers: &[Cow<'_, str>], content: Bytes) -> Part {
    let value = |wanted: &str| {
        let fields = headers.iter().filter_map(|line| line.split_once(':'));
        fields
            .into_iter()
            .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim())
    };
    let disposition = value("content-disposition").unwrap_or_default();
    let extended = || {
        let encoded = parameter(disposition, "filename*")?;
        let (_, encoded) = encoded.rsplit_once('\'')?;
        Some(percent_decode_str(encoded).decode_utf8_lossy().into_owned())
    };
    let filename = parameter(disposition, "filename").or_else(extended);
    let without_folders = |name: String| crate::file_name(&name).to_owned();
    Part {
        name: parameter(disposition, "name").unwrap_or_default(),
        filename: filename.map(without_folders),
        content_type: value("content-type").filter(|ty| !ty.is_empty()).map(str::to_owned),
        content,
    }
}

/// A parameter of a header's value: `value; name=text; name="text"`.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    let (_, mut rest) = header.split_once(';')?;
    loop {
        let (name, after) = rest.split_once('=')?;
        // A parameter without a value is part of what is before the next one's name.
        let name = name.rsplit(';').next().unwrap_or_default().trim();
        let (value, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let (value, after) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), after)
            }
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after;
    }
}

/// A text up to its closing quote, and what follows. Only quotes and backslashes are escaped: Windows clients send paths.
fn unquoted(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut rest = quoted.chars();
    while let Some(character) = rest.next() {
        let escaped = rest.as_str().chars().next().filter(|next| matches!(next, '"' | '\\'));
        match (character, escaped) {
            ('"', _) => break,
            ('\\', Some(escaped)) => {
                value.push(escaped);
                rest.next();
            }
            _ => value.push(character),
        }
    }
    (value, rest.as_str())
}

#[cfg(test)]
mod tests;
