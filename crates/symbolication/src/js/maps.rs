//! The maps that an event's frames need, each found and opened once.

use std::{collections::BTreeMap, sync::Arc};

use mayday_event::model::Event;
use symbolic::{
    common::DebugId,
    sourcemapcache::{SourceMapCache, SourcePosition},
};

use super::{
    Located, Place,
    convert::{Head, open},
    place_of,
};
use crate::{
    Absent, Artifacts, CacheFile, Status, Wanted,
    kept::{Asked, Kept, KeptFrames},
    stacks,
};

/// Different files that one event's frames may lie in.
const FILES: usize = 256;

/// Files of maps by the URL of what was shipped, or why there is none.
pub(super) type Files = BTreeMap<String, Result<CacheFile, Absent>>;

/// The same, open.
pub(super) type Maps<'a> = BTreeMap<&'a str, Result<Opened<'a>, Absent>>;

/// A map that is open.
pub(super) struct Opened<'a> {
    pub(super) head: Head,
    cache: SourceMapCache<'a>,
    pub(super) source: &'a str,
    number: u64,
    kept: Option<&'a Kept<Arc<Located>>>,
}

impl Opened<'_> {
    /// What the map says of a place; `None`: it has nothing there.
    pub(super) fn at(&self, place: Place<'_>) -> Option<Arc<Located>> {
        let Place { url, line, column } = place;
        let asked = Asked { file: self.number, names: [url, ""], line, column };
        if let Some(located) = self.kept.and_then(|kept| kept.get(&asked)) {
            return Some(located);
        }
        let location = self.cache.lookup(SourcePosition::new(line, column))?;
        let located = Arc::new(Located::of(&location, place, self));
        if let Some(kept) = self.kept {
            kept.put(asked, Arc::clone(&located));
        }
        Some(located)
    }
}

pub(super) fn find(event: &Event, platform: &str, artifacts: &dyn Artifacts) -> Files {
    let frames = stacks::of(event).flat_map(|stack| &stack.frames);
    let urls = frames.filter_map(|frame| place_of(frame, platform)).map(|place| place.url);
    let mut files = Files::new();
    for url in urls {
        if files.len() < FILES && !files.contains_key(url) {
            files.insert(url.to_owned(), find_one(event, url, artifacts));
        }
    }
    files
}

fn find_one(event: &Event, url: &str, artifacts: &dyn Artifacts) -> Result<CacheFile, Absent> {
    let images = event.debug_images.iter().filter(|image| image.ty == "sourcemap");
    let mut named = images.filter(|image| image.code_file.as_deref() == Some(url));
    let debug_id: Option<DebugId> = named.find_map(|image| image.debug_id.as_deref()?.parse().ok());
    artifacts.find(&Wanted::SourceMap {
        debug_id,
        url: url.to_owned(),
        release: event.release.clone(),
        dist: event.dist.clone(),
    })
}

pub(super) fn opened<'a>(files: &'a Files, kept: Option<&'a KeptFrames>) -> Maps<'a> {
    let open = |file: &'a Result<CacheFile, Absent>| {
        file.as_ref().map_err(Clone::clone).and_then(|file| open_one(file, kept))
    };
    files.iter().map(|(url, file)| (url.as_str(), open(file))).collect()
}

fn open_one<'a>(file: &'a CacheFile, kept: Option<&'a KeptFrames>) -> Result<Opened<'a>, Absent> {
    let (head, cache) = open(&file.bytes).map_err(|error| {
        let reason = format!("{} in {}", error, file.source);
        Absent { status: Status::Malformed, reason: reason.into() }
    })?;
    Ok(Opened {
        head,
        cache,
        source: &file.source,
        number: file.number,
        kept: kept.map(|kept| &kept.located),
    })
}
