//! Frames as the sources have them.

use std::borrow::Cow;

use mayday_event::model::Frame;
use symbolic::sourcemapcache::{ScopeLookupResult, SourceLocation, SourcePosition};

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
    outcome::{found, outcome, unresolved},
    source_context::add_source_context,
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
        let mut called: Option<String> = None;
        let mut after = Vec::with_capacity(before.len());
        for frame in before {
            let called_here = called.take();
            let mut new = frame.clone();
            if let Some(place) = place_of(frame, self.platform) {
                match self.maps.get(place.url) {
                    Some(Ok(map)) => called = resolve(&mut new, place, map, called_here.as_deref()),
                    Some(Err(absent)) if !is_readable(frame) => new.symbolication = Some(unresolved(absent)),
                    _ => {}
                }
            }
            after.push(new);
        }
        after
    }
}

/// Frames of sources that need no map: TypeScript, and files that bundlers name by what they are.
fn is_readable(frame: &Frame) -> bool {
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    path.starts_with("webpack:") || [".ts", ".tsx", ".jsx"].iter().any(|end| path.ends_with(end))
}

/// Returns what the code at this place calls.
fn resolve(frame: &mut Frame, place: Place<'_>, map: &Opened<'_>, called: Option<&str>) -> Option<String> {
    let Some(location) = map.cache.lookup(SourcePosition::new(place.line, place.column)) else {
        let reason = format!("the source map has nothing at {}:{}", place.line + 1, place.column + 1);
        frame.symbolication = Some(outcome(Status::Missing, Some(&reason), Some(map.source)));
        return None;
    };
    let minified = frame.function.take();
    let function =
        folded(&function_name(minified.as_deref(), &scope(&location, minified.as_deref()), called));
    if let Some(minified) = minified.filter(|minified| *minified != function) {
        frame.raw_function = frame.raw_function.take().or(Some(minified));
    }
    frame.function = Some(function);
    if let Some(name) = location.file_name() {
        name_file(frame, name, place.url, map);
    }
    frame.lineno = location.line().checked_add(1);
    frame.colno = location.column().checked_add(1);
    // The lines around the minified place are of no use beside the new one.
    (frame.context_line, frame.pre_context, frame.post_context) = (None, Vec::new(), Vec::new());
    if let Some(source) = location.file_source() {
        add_source_context(frame, source);
    }
    frame.symbolication = Some(found(map.source));
    location.name().map(str::to_owned)
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
