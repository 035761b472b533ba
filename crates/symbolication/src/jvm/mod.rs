//! Java and Kotlin: names that ProGuard or R8 shortened, calls that it inlined, moved or made up.
//!
//! An event names the mappings of its build by images of type `proguard`; a frame goes by the first that knows its class.
//! Images of type `jvm` name bundles of source files.

mod frames;
mod mapping;
mod names;
mod retraced;
mod sources;

use mayday_event::model::{Event, Frame};
use uuid::Uuid;

use self::{
    frames::Retrace,
    mapping::{Mappings, find},
    sources::add_source_lines,
};
pub use self::{
    mapping::{MappingError, proguard_cache},
    sources::SOURCES,
};
pub(crate) use self::{
    retraced::Said,
    sources::{bundled_name, declared_package},
};
use crate::{Artifacts, stacks};

/// The image type of mappings.
pub(crate) const PROGUARD: &str = "proguard";
/// Mappings that one event may name.
const MAPPINGS: usize = 16;

/// Gives the JVM frames, exception types and class names of an event their original names, as far as `artifacts` has the
/// mappings, and the lines of source around them. Frames and images then say what became of them; those of other platforms
/// stay as they are.
pub fn symbolicate_jvm(event: &mut Event, artifacts: &dyn Artifacts) {
    retrace(event, artifacts);
    add_source_lines(event, artifacts);
}

fn retrace(event: &mut Event, artifacts: &dyn Artifacts) {
    let wanted = wanted(event);
    if wanted.is_empty() {
        return;
    }
    let files = find(&wanted, artifacts);
    let mappings = Mappings::open(&files, artifacts.kept());
    let platform = event.platform.clone();
    let descriptors = names::name_exceptions(event, &mappings.open);
    for (place, stack) in stacks::of_mut(event).enumerate() {
        if !stack.frames.iter().any(|frame| is_jvm(frame, &platform)) {
            continue;
        }
        let before = std::mem::take(&mut stack.frames);
        let retrace = Retrace {
            mappings: &mappings.open,
            absent: mappings.absent.as_ref(),
            platform: &platform,
            exception: descriptors.get(place).and_then(Option::as_deref),
        };
        stack.frames = retrace.frames(&before);
        stacks::keep_raw(stack, before);
    }
    for image in &mut event.debug_images {
        if let Some(outcome) = uuid_of(image).and_then(|uuid| mappings.outcome(uuid)) {
            image.symbolication = Some(outcome);
        }
    }
}

/// In the event's order, each once.
fn wanted(event: &Event) -> Vec<Uuid> {
    let mut wanted = Vec::new();
    for uuid in event.debug_images.iter().filter_map(uuid_of).take(MAPPINGS) {
        if !wanted.contains(&uuid) {
            wanted.push(uuid);
        }
    }
    wanted
}

fn uuid_of(image: &mayday_event::model::DebugImage) -> Option<Uuid> {
    if image.ty != PROGUARD {
        return None;
    }
    image.debug_id.as_deref()?.parse().ok()
}

/// Frames of a JVM have a class; those of native code beneath it say so.
fn is_jvm(frame: &Frame, platform: &str) -> bool {
    let platform = frame.platform.as_deref().unwrap_or(platform);
    matches!(platform, "java" | "android" | "kotlin") && frame.module.is_some() && frame.function.is_some()
}

#[cfg(test)]
mod tests;
