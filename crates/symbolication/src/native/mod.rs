//! Native frames: address → binary → debug file → functions, files and lines, inlined calls unfolded.
//!
//! Three passes, so that nothing is looked up twice: where each frame lies, what the binaries need, what the frames become.

mod demangle;
mod images;
mod kotlin;
mod lookup;
mod names;
mod place;

use mayday_event::model::{Event, Frame, Stacktrace, Symbolication};
use symbolic::common::Language;

pub use self::demangle::demangled;
use self::{
    images::{Images, Symbols},
    lookup::Lookup,
    names::Names,
    place::{Place, has_return_addresses, signal},
};
use crate::{Artifacts, Status, outcome::outcome, source_files::SourceFiles, stacks};

/// Frames that unfolding inlined calls may add to a stack; what is beyond shows only the function that was really called.
const INLINED_FRAMES: usize = 250;

/// Symbolicates the native frames of all stacks, as far as `artifacts` has the symbols. Every native frame, and every image
/// that one lies in, then says what became of it. Frames of other platforms stay as they are.
pub fn symbolicate_native(event: &mut Event, artifacts: &dyn Artifacts) {
    // Frames are changed while images are read.
    let mut loaded = std::mem::take(&mut event.debug_images);
    let images = Images::of(&loaded);
    let platform = event.platform.clone();
    let places: Vec<Vec<Place>> = stacks::of(event)
        .map(|stack| stack.frames.iter().map(|frame| Place::of(frame, &platform, &images)).collect())
        .collect();
    let needed = places.iter().flatten().filter_map(Place::image);
    let symbols = Symbols::find(needed, &images, artifacts);
    let signal = signal(event);
    let returns = has_return_addresses(event);
    let mut memory = Memory { names: Names::default(), sources: SourceFiles::new(artifacts) };
    for (stack, places) in stacks::of_mut(event).zip(&places) {
        if places.iter().any(|place| !matches!(place, Place::Elsewhere)) {
            let context = Context { images: &images, symbols: &symbols, signal, returns };
            symbolicate(stack, places, &context, &mut memory);
        }
    }
    let outcomes = symbols.outcomes();
    for (index, outcome) in outcomes {
        if let Some(image) = loaded.get_mut(index) {
            let unwind = image.features.is_some_and(|features| features.has_unwind_info);
            image.features = outcome.features.map(|mut features| {
                features.has_unwind_info |= unwind;
                features.has_sources = memory.sources.has(index);
                features
            });
            image.symbolication = Some(outcome.symbolication);
        }
    }
    event.debug_images = loaded;
}

/// What all stacks of an event share.
struct Context<'a> {
    images: &'a Images<'a>,
    symbols: &'a Symbols,
    signal: Option<u32>,
    /// Frames but the innermost have the addresses that calls return to.
    returns: bool,
}

/// What was looked up for the stacks before.
struct Memory<'a> {
    names: Names,
    sources: SourceFiles<'a>,
}

fn symbolicate(stack: &mut Stacktrace, places: &[Place], context: &Context<'_>, memory: &mut Memory<'_>) {
    let before = std::mem::take(&mut stack.frames);
    let top = before.len().saturating_sub(1);
    let mut room = INLINED_FRAMES;
    let mut after = Vec::with_capacity(before.len());
    for (index, (frame, place)) in before.iter().zip(places).enumerate() {
        let lookup = Lookup {
            is_top: index == top,
            is_exact: !context.returns,
            registers: &stack.registers,
            signal: context.signal,
        };
        let mut frames = frames_of(frame, place, &lookup, context, &mut memory.names);
        let surplus = frames.len().saturating_sub(1).saturating_sub(room);
        frames.truncate(frames.len() - surplus);
        room -= frames.len().saturating_sub(1);
        if let Some(image) = place.image() {
            add_source_context(&mut frames, image, context, &mut memory.sources);
        }
        after.append(&mut frames);
    }
    stack.frames = after;
    stacks::keep_raw(stack, before);
}

/// Shows the lines of source of frames that were named by a debug file, where the binary's sources are there.
fn add_source_context(
    frames: &mut [Frame],
    image: usize,
    context: &Context<'_>,
    sources: &mut SourceFiles<'_>,
) {
    let Ok(found) = context.symbols.get(image) else { return };
    for frame in frames {
        let is_named = frame.symbolication.as_ref().is_some_and(|said| {
            said.status == Status::Found && said.source.as_deref() != Some(Symbolication::DEVICE)
        });
        if is_named {
            sources.add_context(frame, image, &found.id);
        }
    }
}

/// What a frame becomes: the outermost of inlined calls first; nothing where a guess of the unwinder proved wrong.
fn frames_of(
    frame: &Frame,
    place: &Place,
    lookup: &Lookup<'_>,
    context: &Context<'_>,
    names: &mut Names,
) -> Vec<Frame> {
    let (image, address) = match place {
        Place::Elsewhere => return vec![frame.clone()],
        Place::Nowhere(reason) => return vec![unresolved(frame.clone(), Status::Missing, reason, None)],
        Place::In { image, address } => (*image, *address),
    };
    let mut frame = frame.clone();
    if let Some(loaded) = context.images.get(image) {
        frame.package = frame.package.or_else(|| loaded.file().map(str::to_owned));
        frame.image_addr = frame.image_addr.or_else(|| loaded.start.map(|start| format!("{start:#x}")));
    }
    let found = match context.symbols.get(image) {
        Ok(found) => found,
        Err(absent) => return vec![unresolved(frame, absent.status, &absent.reason, None)],
    };
    let start = context.images.get(image).and_then(|image| image.start);
    let found_frames = lookup.frames(&frame, (image, address), start, found, names);
    if !found_frames.is_empty() {
        return found_frames;
    }
    if frame.trust.as_deref() == Some("scan") && !lookup.is_top {
        return Vec::new();
    }
    const NO_FUNCTION: &str = "the debug file has no function at this address";
    let reason = found.lack().map_or(NO_FUNCTION.to_owned(), |lack| format!("{NO_FUNCTION}: {lack}"));
    vec![unresolved(frame, Status::Missing, &reason, Some(&found.source))]
}

/// A frame that stays as it came: with the device's own name for it, or with none.
fn unresolved(mut frame: Frame, status: Status, reason: &str, source: Option<&str>) -> Frame {
    let named = frame.function.as_deref().is_some_and(is_name);
    let symbolication = if named {
        outcome(Status::Found, Some(reason), Some(Symbolication::DEVICE))
    } else {
        outcome(status, Some(reason), source)
    };
    frame.symbolication = Some(symbolication);
    let mangled = frame.function.clone().filter(|name| demangled(name, Language::Unknown) != *name);
    if let Some(mangled) = mangled {
        demangle::name_frame(&mut frame, &mangled, Language::Unknown);
    }
    frame
}

/// Names that say nothing: hidden, unknown, or the header of a binary that has no other symbol.
const NO_NAMES: [&str; 11] = [
    "",
    "?",
    "??",
    "???",
    "<redacted>",
    "<unknown>",
    "unknown",
    "<deduplicated_symbol>",
    "_mh_execute_header",
    "__mh_execute_header",
    "__mh_dylib_header",
];

/// Whether a device's name for a function says anything.
fn is_name(function: &str) -> bool {
    let function = function.trim();
    !NO_NAMES.contains(&function) && !function.starts_with("0x")
}

#[cfg(test)]
mod tests;
