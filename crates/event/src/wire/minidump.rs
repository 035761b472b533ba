//! Crash uploads as Crashpad, Breakpad and Electron send them: a minidump, alone or in a form.
//!
//! The form is not only of Sentry's making. Event data comes, and is merged, in this order: the files that sentry-native
//! wrote (`__sentry-event`, `__sentry-breadcrumb1`, `__sentry-breadcrumb2`), JSON in the field `sentry` or in one that
//! begins with `sentry___`, JSON cut into pieces (`sentry__1`, `sentry__2` …), single values (`sentry[tags][a]`), and at
//! last all other fields, which are the crash annotations of others, as `extra`.

mod form;
mod native;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{
    capped::{self, Encoding, InflateLimits},
    ids::EventId,
    limits,
    wire::{
        WireError,
        envelope::Item,
        multipart::{self, Part},
    },
};

const FORMAT: &str = "minidump upload";
/// The field that the minidump is in.
const DUMP_FIELD: &str = "upload_file_minidump";
const DUMP_NAME: &str = "minidump.dmp";
/// Of both byte orders.
const MAGICS: [&[u8]; 2] = [b"MDMP", b"PMDM"];

/// What a crash upload holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Upload {
    /// The event's JSON, as far as the client wrote it; what the minidump says is read later.
    pub event: Map<String, Value>,
    /// The minidump, inflated; then the other files.
    pub files: Vec<Item>,
}

impl Upload {
    /// Reads a body that was sent with this Content-Type: a form, or a minidump as it is.
    ///
    /// # Errors
    /// No minidump in it, something else in its place, a file that is too large once inflated (400); more parts, or longer
    /// ones, than [`limits`] has (413).
    pub fn read(body: &Bytes, content_type: &str, limits: &InflateLimits) -> Result<Self, WireError> {
        let parts = match multipart::read(body, content_type)? {
            Some(parts) => parts,
            None => vec![Part {
                name: DUMP_FIELD.to_owned(),
                filename: Some(DUMP_NAME.to_owned()),
                content_type: None,
                content: body.clone(),
            }],
        };
        Self::of_parts(parts, limits)
    }

    fn of_parts(mut parts: Vec<Part>, limits: &InflateLimits) -> Result<Self, WireError> {
        let is_dump = |part: &Part| part.name == DUMP_FIELD;
        parts.retain(|part| !(is_dump(part) && part.content.is_empty()));
        let Some(at) = parts.iter().position(is_dump) else {
            return Err(WireError::malformed(
                FORMAT,
                format!("no file {DUMP_FIELD} in it, only {}", names(&parts)),
            ));
        };
        let mut dump = parts.remove(at);
        if let Some(nested) = nested(&dump.content) {
            let (found, others): (Vec<Part>, Vec<Part>) = nested.into_iter().partition(is_dump);
            dump = found.into_iter().next().unwrap_or(dump);
            parts.extend(others);
        }
        let mut upload = Self { event: Map::new(), files: vec![dump_item(dump, limits)?] };
        let (files, fields): (Vec<Part>, Vec<Part>) =
            parts.into_iter().partition(|part| part.filename.is_some());
        upload.take_files(files)?;
        let length: usize = fields.iter().map(|field| field.content.len()).sum();
        if length > limits::EVENT_BYTES {
            let limit = limits::EVENT_BYTES;
            let problem = format!("fields of {length} bytes exceed {limit}; larger texts are files");
            return Err(WireError::too_large(FORMAT, problem));
        }
        form::merge(&mut upload.event, &fields);
        for (name, value) in [("platform", "native"), ("level", "fatal")] {
            let known = upload.event.entry(name).or_insert(Value::Null);
            if known.is_null() {
                *known = value.into();
            }
        }
        Ok(upload)
    }

    fn take_files(&mut self, files: Vec<Part>) -> Result<(), WireError> {
        let mut native = native::Files::default();
        for file in files {
            let is_unused_input = file.content.is_empty() && file.filename.as_deref() == Some("");
            if is_unused_input || native.take(&file) {
                continue;
            }
            if self.files.len() == limits::UPLOAD_FILES {
                let problem = format!("more than {} files", limits::UPLOAD_FILES);
                return Err(WireError::too_large(FORMAT, problem));
            }
            self.files.push(file.into_attachment());
        }
        self.event = native.event();
        Ok(())
    }

    /// The id that the client gave its event.
    pub fn event_id(&self) -> Option<EventId> {
        self.event.get("event_id")?.as_str()?.trim().parse().ok()
    }

    /// The items of its envelope: the event, with this id, and the files.
    pub fn into_items(mut self, id: EventId) -> Vec<Item> {
        self.event.insert("event_id".to_owned(), id.to_string().into());
        let event = Item::new("event", Value::Object(self.event).to_string().into());
        std::iter::once(event).chain(self.files).collect()
    }
}

/// The parts of a form that was put whole into the field of its minidump, as Electron on Linux did.
fn nested(content: &Bytes) -> Option<Vec<Part>> {
    multipart::read(content, "").ok().flatten()
}

/// The minidump as an attachment, without the compression that it may have come in.
fn dump_item(part: Part, limits: &InflateLimits) -> Result<Item, WireError> {
    let compression = Compression::of(&part.content);
    let content = match compression {
        None => part.content,
        Some(Compression { encoding, .. }) => {
            let inflated = capped::inflate_step(part.content, encoding, limits);
            inflated.map_err(|error| WireError::malformed(FORMAT, format!("{DUMP_FIELD}: {error}")))?
        }
    };
    if !MAGICS.iter().any(|magic| content.starts_with(magic)) {
        let start: Bytes = content.iter().take(8).copied().collect();
        let length = content.len();
        return Err(WireError::malformed(
            FORMAT,
            format!(
                "{DUMP_FIELD} is no minidump: its {length} bytes begin with \"{}\", not with MDMP",
                start.escape_ascii()
            ),
        ));
    }
    let name = part.filename.filter(|name| !name.is_empty()).unwrap_or_else(|| DUMP_NAME.to_owned());
    let name = compression.and_then(|compression| name.strip_suffix(compression.ending)).unwrap_or(&name);
    let mut item = Item::new("attachment", content);
    for (key, value) in
        [("filename", name), ("content_type", "application/x-dmp"), ("attachment_type", "event.minidump")]
    {
        item.header.insert(key.to_owned(), value.into());
    }
    Ok(item)
}

/// How a file is compressed, by its first bytes.
#[derive(Clone, Copy)]
struct Compression {
    magic: &'static [u8],
    /// Of its name.
    ending: &'static str,
    encoding: Encoding,
}

impl Compression {
    const KNOWN: [Self; 4] = [
        Self { magic: b"\x1f\x8b", ending: ".gz", encoding: Encoding::Gzip },
        Self { magic: b"\x28\xb5\x2f\xfd", ending: ".zst", encoding: Encoding::Zstd },
        Self { magic: b"\xfd7zXZ\0", ending: ".xz", encoding: Encoding::Xz },
        Self { magic: b"BZh", ending: ".bz2", encoding: Encoding::Bzip2 },
    ];

    fn of(content: &[u8]) -> Option<Self> {
        Self::KNOWN.into_iter().find(|known| content.starts_with(known.magic))
    }
}

fn names(parts: &[Part]) -> String {
    const SHOWN: usize = 10;
    let shown = parts.iter().take(SHOWN).map(|part| part.name.chars().take(40).collect());
    shown.collect::<Vec<String>>().join(", ")
}

#[cfg(test)]
mod tests;
