//! What an event lacks: files that were not to be had, and better ones than those that were.

use std::collections::BTreeSet;

use mayday_event::{
    Event, ProjectId,
    model::{DebugImage, Frame, SymbolStatus, Symbolication},
};
use mayday_symbolication::{Absent, ArtifactKind, ImageId, Status, Wanted, caches::CacheKey, jvm};
use uuid::Uuid;

use crate::symbols::Noted;

/// Files that one event is remembered to lack.
const MISSING: usize = 200;
/// Hexadecimal digits of a debug id without its age.
const ID_DIGITS: usize = 32;

/// A file that an event lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    /// What it is asked for by.
    pub(crate) symbol: String,
    pub(crate) kind: &'static str,
    /// False: it would only help.
    pub(crate) is_missing: bool,
    pub(crate) status: SymbolStatus,
    pub(crate) reason: String,
    pub(crate) file: String,
    pub(crate) code_id: String,
    pub(crate) arch: String,
}

/// What the event lacks, each file once.
pub(super) fn missing(project: ProjectId, event: &Event, noted: &Noted) -> Vec<Missing> {
    let unreadable = unreadable_images(event);
    let late = Absent { status: Status::TimedOut, reason: "looking for it took too long".into() };
    let absent = noted.absent.iter().map(|(key, wanted, absent)| (key, wanted, absent));
    let unknown = noted.unknown.iter().map(|(key, wanted)| (key, wanted, &late));
    let absent = absent.chain(unknown);
    let absent =
        absent.filter_map(|(key, wanted, absent)| Missing::of(key, wanted, absent, event, &unreadable));
    let poor = poor_images(event).filter_map(|image| Missing::better(project, image));
    let mut missing: Vec<Missing> = Vec::new();
    for one in absent.chain(poor) {
        let is_room = missing.len() < MISSING;
        match missing.iter_mut().find(|known| known.symbol == one.symbol) {
            // Names say more than how to unwind.
            Some(known) if one.is_missing && !known.is_missing => *known = one,
            Some(_) => {}
            None if is_room => missing.push(one),
            None => {}
        }
    }
    missing
}

/// The starts of images in which frames have no name; what a device named itself is readable.
fn unreadable_images(event: &Event) -> BTreeSet<&str> {
    let unreadable = frames(event).filter(|frame| {
        frame.symbolication.as_ref().is_some_and(|symbolication| symbolication.status != SymbolStatus::Found)
    });
    unreadable.filter_map(|frame| frame.image_addr.as_deref()).collect()
}

/// Images whose files named frames of the app's and knew no line of any: they are stripped down to a symbol table, or their
/// debug information is in another file.
fn poor_images(event: &Event) -> impl Iterator<Item = &DebugImage> {
    let by_file = |frame: &&Frame| {
        frame.symbolication.as_ref().is_some_and(|said| {
            said.status == SymbolStatus::Found && said.source.as_deref() != Some(Symbolication::DEVICE)
        })
    };
    let starts = |has_line: bool| -> BTreeSet<&str> {
        let of_files = frames(event).filter(by_file).filter(move |frame| frame.lineno.is_some() == has_line);
        of_files.filter_map(|frame| frame.image_addr.as_deref()).collect()
    };
    let (without, with) = (starts(false), starts(true));
    event.debug_images.iter().enumerate().filter_map(move |(place, image)| {
        let start = image.image_addr.as_deref()?;
        let is_poor = without.contains(start) && !with.contains(start) && is_own(event, place);
        is_poor.then_some(image)
    })
}

impl Missing {
    /// A file that says more of an image than the one that was found.
    fn better(project: ProjectId, image: &DebugImage) -> Option<Self> {
        let id = ImageId::from(image);
        let file = id.debug_file.clone().or(id.code_file.clone()).unwrap_or_default();
        let code_id = id.code_id.clone().unwrap_or_default();
        let said = image.symbolication.as_ref().and_then(|said| said.reason.clone());
        Some(Self {
            symbol: CacheKey::of(project, &Wanted::Image(ArtifactKind::SymCache, id))?.id,
            kind: "native",
            is_missing: false,
            status: SymbolStatus::Found,
            reason: said.unwrap_or_else(|| "it knows functions, and no lines".to_owned()),
            file,
            code_id,
            arch: image.arch.clone().unwrap_or_default(),
        })
    }

    fn of(
        key: &CacheKey,
        wanted: &Wanted,
        absent: &Absent,
        event: &Event,
        unreadable: &BTreeSet<&str>,
    ) -> Option<Self> {
        let mut missing = Self {
            symbol: key.id.clone(),
            kind: "native",
            is_missing: true,
            status: absent.status,
            reason: absent.reason.to_string(),
            file: String::new(),
            code_id: String::new(),
            arch: String::new(),
        };
        match wanted {
            Wanted::Image(kind, image) => {
                let place = event.debug_images.iter().position(|loaded| is_same(loaded, image));
                // Lines of source are missed in what the team may have written itself; they often come a little after the
                // debug file.
                if *kind == ArtifactKind::Sources && !place.is_some_and(|place| is_own(event, place)) {
                    return None;
                }
                let loaded = place.and_then(|place| event.debug_images.get(place));
                missing.kind = match kind {
                    ArtifactKind::PortablePdb => "portable_pdb",
                    ArtifactKind::DartMap => "dart",
                    _ => "native",
                };
                missing.is_missing = match kind {
                    ArtifactKind::Cfi | ArtifactKind::Sources => false,
                    ArtifactKind::SymCache => {
                        let start = loaded.and_then(|loaded| loaded.image_addr.as_deref());
                        start.is_none_or(|start| unreadable.contains(start))
                    }
                    _ => true,
                };
                missing.file = image.debug_file.clone().or(image.code_file.clone()).unwrap_or_default();
                missing.code_id = image.code_id.clone().unwrap_or_default();
                missing.arch = loaded.and_then(|loaded| loaded.arch.clone()).unwrap_or_default();
            }
            // Who has such files has most; only one that is still on its way is worth another look.
            Wanted::SourceFile { .. } if absent.status != SymbolStatus::TimedOut => return None,
            Wanted::SourceFile { path, .. } => {
                missing.is_missing = false;
                missing.file.clone_from(path);
            }
            Wanted::Proguard(_) => {
                missing.kind = "proguard";
                "mapping.txt".clone_into(&mut missing.file);
            }
            Wanted::SourceMap { url, .. } => {
                missing.kind = "source_map";
                missing.file.clone_from(url);
            }
        }
        Some(missing)
    }
}

/// Whether a frame that is not known to be a system's lies in the image at this place: by its address, or by the place, as
/// managed frames have it; a JVM's may lie in any.
fn is_own(event: &Event, place: usize) -> bool {
    let image = event.debug_images.get(place);
    let is_of_any = image.is_some_and(|image| image.ty == jvm::SOURCES);
    let start = image.and_then(|image| image.image_addr.as_deref());
    let by_place = format!("rel:{place}");
    frames(event).filter(|frame| frame.in_app != Some(false)).any(|frame| {
        is_of_any
            || start.is_some_and(|start| frame.image_addr.as_deref() == Some(start))
            || frame.addr_mode.as_deref() == Some(&*by_place)
    })
}

fn frames(event: &Event) -> impl Iterator<Item = &Frame> {
    let exceptions = event.exception.iter().filter_map(|exception| exception.stacktrace.as_ref());
    let threads = event.threads.iter().filter_map(|thread| thread.stacktrace.as_ref());
    exceptions.chain(threads).flat_map(|stack| &stack.frames)
}

/// Whether an event's image is the one that was asked for. Asked of all images for each that is lacking, so it makes no text.
fn is_same(loaded: &DebugImage, wanted: &ImageId) -> bool {
    if let (Some(loaded), Some(wanted)) = (&loaded.debug_id, wanted.debug_id) {
        let mut buffer = Uuid::encode_buffer();
        return digits(loaded).take(ID_DIGITS).eq(wanted.uuid().simple().encode_lower(&mut buffer).bytes());
    }
    let code_ids = loaded.code_id.as_deref().zip(wanted.code_id.as_deref());
    code_ids.is_some_and(|(loaded, wanted)| digits(loaded).eq(wanted.bytes()))
}

/// The hexadecimal digits of an id as one writes it, lower-case.
fn digits(id: &str) -> impl Iterator<Item = u8> {
    id.bytes().filter(u8::is_ascii_hexdigit).map(|digit| digit.to_ascii_lowercase())
}
