//! JavaScript: positions in minified files, or in Hermes' bytecode, to functions, files and lines by source maps.

mod convert;
mod frames;
mod function;
mod maps;
mod module;
mod names;
mod paths;

use std::collections::BTreeMap;

use mayday_event::model::{Event, Frame, Symbolication};

pub use self::convert::{SourceMapError, source_map_cache};
use self::{frames::Unminify, maps::Maps};
use crate::Artifacts;
use crate::{Status, stacks};

/// Gives the JavaScript frames of an event their places in the sources, as far as `artifacts` has the maps. Frames and images
/// then say what became of them; those of other platforms, and those of files that never had a map, stay as they are.
pub fn symbolicate_js(event: &mut Event, artifacts: &dyn Artifacts) {
    let platform = event.platform.clone();
    let maps = Maps::find(event, &platform, artifacts);
    if maps.is_empty() {
        return;
    }
    let opened = maps.opened();
    for stack in stacks::of_mut(event) {
        if !stack.frames.iter().any(|frame| place_of(frame, &platform).is_some()) {
            continue;
        }
        let before = std::mem::take(&mut stack.frames);
        stack.frames = Unminify { maps: &opened, platform: &platform }.frames(&before);
        stacks::keep_raw(stack, before);
    }
    let outcomes: BTreeMap<String, Symbolication> = maps.outcomes();
    for image in event.debug_images.iter_mut().filter(|image| image.ty == "sourcemap") {
        if let Some(outcome) = image.code_file.as_deref().and_then(|url| outcomes.get(url)) {
            image.symbolication = Some(outcome.clone());
        }
    }
}

/// Where a frame is in what was shipped.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    url: &'a str,
    /// From 0.
    line: u32,
    /// From 0.
    column: u32,
}

/// `None` for frames of other platforms, of the engine, and without a position.
fn place_of<'a>(frame: &'a Frame, platform: &str) -> Option<Place<'a>> {
    let platform = frame.platform.as_deref().unwrap_or(platform);
    if !matches!(platform, "javascript" | "node" | "react-native") {
        return None;
    }
    let url = frame.abs_path.as_deref().or(frame.filename.as_deref())?;
    const ENGINES: [&str; 5] = ["native", "[native code]", "<anonymous>", "node:", "InternalBytecode.js"];
    if url.is_empty() || ENGINES.iter().any(|engine| url.starts_with(engine)) {
        return None;
    }
    Some(Place {
        url,
        line: frame.lineno?.checked_sub(1)?,
        column: frame.colno.unwrap_or(0).saturating_sub(1),
    })
}

fn found(source: &str) -> Symbolication {
    Symbolication { status: Status::Found, reason: None, source: Some(source.to_owned()) }
}

#[cfg(test)]
mod tests;
