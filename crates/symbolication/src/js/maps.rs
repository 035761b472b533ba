//! The maps that an event's frames need, each found once.

use std::collections::BTreeMap;

use mayday_event::model::{Event, Symbolication};
use symbolic::{common::DebugId, sourcemapcache::SourceMapCache};

use super::{
    convert::{Head, open},
    found, place_of,
};
use crate::{Absent, Artifacts, CacheFile, Status, Wanted, stacks};

/// Different files that one event's frames may lie in.
const FILES: usize = 256;

/// By the file's URL.
#[derive(Debug)]
pub(super) struct Maps(BTreeMap<String, Result<CacheFile, Absent>>);

/// A map that is open.
pub(super) struct Opened<'a> {
    pub(super) head: Head,
    pub(super) cache: SourceMapCache<'a>,
    pub(super) source: &'a str,
}

impl Maps {
    pub(super) fn find(event: &Event, platform: &str, artifacts: &dyn Artifacts) -> Self {
        let frames = stacks::of(event).flat_map(|stack| &stack.frames);
        let urls = frames.filter_map(|frame| place_of(frame, platform)).map(|place| place.url);
        let mut maps = BTreeMap::new();
        for url in urls {
            if maps.len() < FILES && !maps.contains_key(url) {
                maps.insert(url.to_owned(), find(event, url, artifacts));
            }
        }
        Self(maps)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn opened(&self) -> BTreeMap<&str, Result<Opened<'_>, &Absent>> {
        let opened = self.0.iter().filter_map(|(url, file)| {
            let map = match file {
                Ok(file) => {
                    // What was checked when it was found.
                    let (head, cache) = open(&file.bytes).ok()?;
                    Ok(Opened { head, cache, source: &file.source })
                }
                Err(absent) => Err(absent),
            };
            Some((url.as_str(), map))
        });
        opened.collect()
    }

    pub(super) fn outcomes(self) -> BTreeMap<String, Symbolication> {
        let outcome = |file: Result<CacheFile, Absent>| match file {
            Ok(file) => found(&file.source),
            Err(absent) => unresolved(&absent),
        };
        self.0.into_iter().map(|(url, file)| (url, outcome(file))).collect()
    }
}

pub(super) fn unresolved(absent: &Absent) -> Symbolication {
    Symbolication { status: absent.status, reason: Some(absent.reason.to_string()), source: None }
}

fn find(event: &Event, url: &str, artifacts: &dyn Artifacts) -> Result<CacheFile, Absent> {
    let images = event.debug_images.iter().filter(|image| image.ty == "sourcemap");
    let mut named = images.filter(|image| image.code_file.as_deref() == Some(url));
    let debug_id: Option<DebugId> = named.find_map(|image| image.debug_id.as_deref()?.parse().ok());
    let file = artifacts.find(&Wanted::SourceMap {
        debug_id,
        url: url.to_owned(),
        release: event.release.clone(),
        dist: event.dist.clone(),
    })?;
    let error = open(&file.bytes).err();
    match error {
        None => Ok(file),
        Some(error) => {
            let reason = format!("{} in {}", error, file.source);
            Err(Absent { status: Status::Malformed, reason: reason.into() })
        }
    }
}
