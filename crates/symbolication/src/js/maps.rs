//! The maps that an event's frames need, each found and opened once.

use std::collections::BTreeMap;

use mayday_event::model::Event;
use symbolic::{common::DebugId, sourcemapcache::SourceMapCache};

use super::{
    convert::{Head, open},
    place_of,
};
use crate::{Absent, Artifacts, CacheFile, Status, Wanted, stacks};

/// Different files that one event's frames may lie in.
const FILES: usize = 256;

/// Files of maps by the URL of what was shipped, or why there is none.
pub(super) type Files = BTreeMap<String, Result<CacheFile, Absent>>;

/// The same, open.
pub(super) type Maps<'a> = BTreeMap<&'a str, Result<Opened<'a>, Absent>>;

/// A map that is open.
pub(super) struct Opened<'a> {
    pub(super) head: Head,
    pub(super) cache: SourceMapCache<'a>,
    pub(super) source: &'a str,
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

pub(super) fn opened(files: &Files) -> Maps<'_> {
    files
        .iter()
        .map(|(url, file)| (url.as_str(), file.as_ref().map_err(Clone::clone).and_then(open_one)))
        .collect()
}

fn open_one(file: &CacheFile) -> Result<Opened<'_>, Absent> {
    let (head, cache) = open(&file.bytes).map_err(|error| {
        let reason = format!("{} in {}", error, file.source);
        Absent { status: Status::Malformed, reason: reason.into() }
    })?;
    Ok(Opened { head, cache, source: &file.source })
}
