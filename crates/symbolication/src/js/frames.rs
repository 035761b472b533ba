//! Frames as the sources have them.

use std::borrow::Cow;

use mayday_event::model::Frame;
use symbolic::sourcemapcache::{File, ScopeLookupResult, SourceLocation, SourcePosition};

use super::{
    Place,
    function::{UNKNOWN, folded, function_name},
    maps::{Maps, Opened},
    module::module_of,
    names::is_ignored_path,
    paths::{joined, unpacked},
    place_of,
};
use crate::{
    Status,
    frame_copy::unnamed,
    outcome::{found, outcome, unresolved},
    source_context::add_lines,
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
        let mut called = None;
        let mut after = Vec::with_capacity(before.len());
        for frame in before {
            let called_here = called.take();
            let map =
                place_of(frame, self.platform).and_then(|place| Some((place, self.maps.get(place.url)?)));
            after.push(match map {
                Some((place, Ok(map))) => {
                    let location = map.cache.lookup(SourcePosition::new(place.line, place.column));
                    called = location.as_ref().and_then(SourceLocation::name);
                    match location {
                        Some(location) => resolved(frame, place, &location, map, called_here),
                        None => nowhere(frame, place, map),
                    }
                }
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
fn resolved(
    frame: &Frame,
    place: Place<'_>,
    location: &SourceLocation<'_>,
    map: &Opened<'_>,
    called: Option<&str>,
) -> Frame {
    let mut new = unnamed(frame);
    let minified = frame.function.as_deref();
    let function = folded(&function_name(minified, &scope(location, minified), called));
    let minified = minified.filter(|minified| *minified != function);
    new.raw_function = frame.raw_function.clone().or_else(|| minified.map(str::to_owned));
    new.function = Some(function);
    new.module.clone_from(&frame.module);
    match location.file_name() {
        Some(name) => name_file(&mut new, name, place.url, map),
        None => (new.filename, new.abs_path) = (frame.filename.clone(), frame.abs_path.clone()),
    }
    new.lineno = location.line().checked_add(1);
    new.colno = location.column().checked_add(1);
    if let Some(file) = location.file() {
        add_lines(&mut new, |first| lines_from(file, first));
    }
    new.symbolication = Some(found(map.source));
    new
}

fn nowhere(frame: &Frame, place: Place<'_>, map: &Opened<'_>) -> Frame {
    let reason = format!("the source map has nothing at {}:{}", place.line + 1, place.column + 1);
    let symbolication = Some(outcome(Status::Missing, Some(&reason), Some(map.source)));
    Frame { symbolication, ..frame.clone() }
}

/// Lines of a source by the index that the cache has of them, without what ends them.
fn lines_from(file: File<'_>, first: usize) -> impl Iterator<Item = &str> {
    // The index has an empty line after the end of the last.
    let lines = (first..).map_while(move |number| file.line(number).filter(|line| !line.is_empty()));
    lines.map(|line| match line.strip_suffix('\n') {
        Some(line) => line.strip_suffix('\r').unwrap_or(line),
        None => line,
    })
}

/// The function that a place is in, as far as the map or the minified file says it.
fn scope<'a>(location: &SourceLocation<'a>, minified: Option<&'a str>) -> Cow<'a, str> {
    Cow::Borrowed(match location.scope() {
        // What Dart makes of an asynchronous function; the name at the place is the one in the source.
        ScopeLookupResult::NamedScope(name) if name.starts_with("$async$") => location.name().unwrap_or(name),
        ScopeLookupResult::NamedScope(name) => name,
        ScopeLookupResult::AnonymousScope => super::function::ANONYMOUS,
        ScopeLookupResult::Unknown => minified.unwrap_or(UNKNOWN),
    })
}

fn name_file(frame: &mut Frame, name: &str, url: &str, map: &Opened<'_>) {
    let base = map.head.reference.as_deref().map_or(Cow::Borrowed(url), |map| Cow::Owned(joined(url, map)));
    let path = joined(&base, name);
    let mut filename = name.to_owned();
    if name.starts_with("webpack:") {
        filename = unpacked(name).into_owned();
        frame.module = Some(module_of(&filename));
    } else if frame.module.is_none()
        && ["http:", "https:", "webpack:", "app:"].iter().any(|scheme| path.starts_with(scheme))
    {
        frame.module = Some(module_of(&path));
    }
    let ignored = map.head.ignored.contains(name);
    if ignored || is_ignored_path(&path, &filename) {
        frame.in_app = Some(false);
    } else if frame.in_app == Some(false) {
        // It was said of the bundle: who knows of what is in it?
        frame.in_app = None;
    }
    (frame.filename, frame.abs_path) = (Some(filename), Some(path));
}
