//! Frames as the sources have them.

use std::sync::Arc;

use mayday_event::model::Frame;

use super::{
    Place,
    function::{folded, function_name},
    located::Located,
    maps::{Maps, Opened},
    place_of,
};
use crate::{
    Status,
    frame_copy::unnamed,
    outcome::{found, outcome, unresolved},
};

/// One stack's way back.
pub(super) struct Unminify<'a> {
    pub(super) maps: &'a Maps<'a>,
    pub(super) platform: &'a str,
}

impl Unminify<'_> {
    /// The outermost first, as they came.
    pub(super) fn frames(&self, before: &[Frame]) -> Vec<Frame> {
        // What the caller calls the function, which is often more than its own name says.
        let mut caller: Option<Arc<Located>> = None;
        let mut after = Vec::with_capacity(before.len());
        for frame in before {
            let called_by = caller.take();
            let map =
                place_of(frame, self.platform).and_then(|place| Some((place, self.maps.get(place.url)?)));
            after.push(match map {
                Some((place, Ok(map))) => match map.at(place) {
                    Some(located) => {
                        let called = called_by.as_ref().and_then(|caller| caller.name.as_deref());
                        let frame = resolved(frame, &located, called, map.source);
                        caller = Some(located);
                        frame
                    }
                    None => nowhere(frame, place, map),
                },
                Some((_, Err(absent))) if !is_readable(frame) => {
                    Frame { symbolication: Some(unresolved(absent)), ..frame.clone() }
                }
                _ => frame.clone(),
            });
        }
        after
    }
}

/// Frames of sources that need no map: TypeScript, and files that bundlers name by what they are.
fn is_readable(frame: &Frame) -> bool {
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    path.starts_with("webpack:") || [".ts", ".tsx", ".jsx"].iter().any(|end| path.ends_with(end))
}

/// A frame at a place that the map knows. `called`: what its caller calls the function.
fn resolved(frame: &Frame, located: &Located, called: Option<&str>, source: &str) -> Frame {
    let mut new = unnamed(frame);
    let minified = frame.function.as_deref();
    let function = folded(&function_name(minified, located.scope(minified), called));
    let minified = minified.filter(|minified| *minified != function);
    new.raw_function = frame.raw_function.clone().or_else(|| minified.map(str::to_owned));
    new.function = Some(function);
    new.module.clone_from(&frame.module);
    located.place(&mut new, frame);
    new.symbolication = Some(found(source));
    new
}

fn nowhere(frame: &Frame, place: Place<'_>, map: &Opened<'_>) -> Frame {
    let reason = format!("the source map has nothing at {}:{}", place.line + 1, place.column + 1);
    let symbolication = Some(outcome(Status::Missing, Some(&reason), Some(map.source)));
    Frame { symbolication, ..frame.clone() }
}
