//! JavaScript: positions in minified files, or in Hermes' bytecode, to functions, files and lines by source maps.

mod convert;
mod frames;
mod function;
mod inlined;
mod located;
mod maps;
mod module;
mod names;
mod paths;
mod sources;

use mayday_event::{
    model::{Event, Frame},
    system_code,
};

use self::frames::Unminify;
pub use self::{
    convert::{SourceMapError, source_map_cache},
    inlined::{inlined_map, map_reference},
    sources::with_sources,
};
pub(crate) use self::{located::Located, sources::source_url};
use crate::{
    Artifacts,
    outcome::{found, unresolved},
    stacks,
};

/// Gives the JavaScript frames of an event their places in the sources, as far as `artifacts` has the maps. Frames and images
/// then say what became of them; those of other platforms, and those of files that never had a map, stay as they are.
pub fn symbolicate_js(event: &mut Event, artifacts: &dyn Artifacts) {
    let platform = event.platform.clone();
    let files = maps::find(event, &platform, artifacts);
    if files.is_empty() {
        return;
    }
    let maps = maps::opened(&files, artifacts.kept());
    for stack in stacks::of_mut(event) {
        if !stack.frames.iter().any(|frame| place_of(frame, &platform).is_some()) {
            continue;
        }
        let before = std::mem::take(&mut stack.frames);
        stack.frames = Unminify { maps: &maps, platform: &platform }.frames(&before);
        stacks::keep_raw(stack, before);
    }
    for image in event.debug_images.iter_mut().filter(|image| image.ty == "sourcemap") {
        if let Some(map) = image.code_file.as_deref().and_then(|url| maps.get(url)) {
            image.symbolication = Some(match map {
                Ok(map) => found(map.source),
                Err(absent) => unresolved(absent),
            });
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
    // What some browsers put before the place of an awaited call.
    let url = url.strip_prefix("async ").unwrap_or(url);
    const ENGINES: [&str; 4] = ["native", "[native code]", "<anonymous>", "node:"];
    let is_engine =
        ENGINES.iter().any(|engine| url.starts_with(engine)) || system_code::is_engine_script(url);
    if url.is_empty() || is_engine {
        return None;
    }
    Some(Place {
        url,
        line: frame.lineno?.checked_sub(1)?,
        column: frame.colno.unwrap_or(0).saturating_sub(1),
    })
}

#[cfg(test)]
mod tests;
