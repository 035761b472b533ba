//! ProGuard and R8 mapping files, and the caches that they are converted to.

use std::{collections::BTreeMap, sync::Arc};

use mayday_event::model::Symbolication;
use proguard::{ProguardCache, ProguardMapping, StackFrame};
use uuid::Uuid;

use super::retraced::{Original, Said};
use crate::{
    Absent, Artifacts, CacheFile, Status, Wanted,
    kept::{Asked, Kept, KeptFrames},
    outcome::{found, unresolved},
};

/// Largest mapping, bytes; those of the largest apps have about 300 MB.
const MAPPING_BYTES: usize = 1 << 30;

/// Why a mapping cannot be converted; the text is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// No line of a class is in its first lines.
    #[error("not a ProGuard or R8 mapping: no class in it")]
    NotAMapping,
    /// Larger than any that is known.
    #[error("the mapping has {0} bytes, more than {MAPPING_BYTES}")]
    TooLarge(usize),
    /// The library cannot write or read back its cache.
    #[error("proguard cache: {0}")]
    Cache(String),
}

/// Converts a `mapping.txt` to the cache that [`symbolicate_jvm`](super::symbolicate_jvm) reads. Lines that make no sense are
/// left out, as `retrace` does.
pub fn proguard_cache(mapping: &[u8]) -> Result<Vec<u8>, MappingError> {
    if mapping.len() > MAPPING_BYTES {
        return Err(MappingError::TooLarge(mapping.len()));
    }
    let mapping = ProguardMapping::new(mapping);
    if !mapping.is_valid() {
        return Err(MappingError::NotAMapping);
    }
    let mut cache = Vec::new();
    ProguardCache::write(&mapping, &mut cache).map_err(|error| MappingError::Cache(error.to_string()))?;
    // Read back what will be read: a file that cannot be is better known now.
    ProguardCache::parse(&cache).map_err(|error| MappingError::Cache(error.to_string()))?;
    Ok(cache)
}

/// Files of mappings, in the event's order, or why there is none.
pub(super) type Files = Vec<(Uuid, Result<CacheFile, Absent>)>;

pub(super) fn find(wanted: &[Uuid], artifacts: &dyn Artifacts) -> Files {
    wanted.iter().map(|uuid| (*uuid, artifacts.find(&Wanted::Proguard(*uuid)))).collect()
}

/// The mappings of an event, in its order, each opened once.
#[derive(Debug)]
pub(super) struct Mappings<'a> {
    pub(super) open: Vec<Mapping<'a>>,
    outcomes: BTreeMap<Uuid, Symbolication>,
    /// Why one of them is not there.
    pub(super) absent: Option<Absent>,
}

impl<'a> Mappings<'a> {
    pub(super) fn open(files: &'a Files, kept: Option<&'a KeptFrames>) -> Self {
        let mut mappings = Self { open: Vec::new(), outcomes: BTreeMap::new(), absent: None };
        for (uuid, file) in files {
            let file = file.as_ref().map_err(Clone::clone);
            let outcome = match file.and_then(|file| Mapping::open(file, kept)) {
                Ok(mapping) => {
                    let outcome = found(mapping.source);
                    mappings.open.push(mapping);
                    outcome
                }
                Err(absent) => {
                    let outcome = unresolved(&absent);
                    mappings.absent.get_or_insert(absent);
                    outcome
                }
            };
            mappings.outcomes.insert(*uuid, outcome);
        }
        mappings
    }

    pub(super) fn outcome(&self, uuid: Uuid) -> Option<Symbolication> {
        self.outcomes.get(&uuid).cloned()
    }
}

/// A mapping, and where it came from.
#[derive(Debug)]
pub(super) struct Mapping<'a> {
    cache: ProguardCache<'a>,
    pub(super) source: &'a str,
    number: u64,
    kept: Option<&'a Kept<Said>>,
}

impl<'a> Mapping<'a> {
    fn open(file: &'a CacheFile, kept: Option<&'a KeptFrames>) -> Result<Self, Absent> {
        let cache = ProguardCache::parse(&file.bytes).map_err(|error| {
            let reason = format!("proguard cache of {}: {error}", file.source);
            Absent { status: Status::Malformed, reason: reason.into() }
        })?;
        Ok(Self { cache, source: &file.source, number: file.number, kept: kept.map(|kept| &kept.said) })
    }

    /// What a class was called.
    pub(super) fn class(&self, class: &str) -> Option<&str> {
        self.cache.remap_class(class)
    }

    /// What a frame was. `thrown`: what was thrown from it, if it is the innermost. `outline`: where in code that R8 shared
    /// between methods the frame within this one was.
    pub(super) fn frame(
        &self,
        (class, method, line): (&str, &str, u32),
        thrown: Option<&str>,
        outline: &mut Option<usize>,
    ) -> Said {
        // By itself it is always the same.
        let kept = self.kept.filter(|_| thrown.is_none() && outline.is_none());
        let asked = Asked { file: self.number, names: [class, method], line, column: 0 };
        if let Some(said) = kept.and_then(|kept| kept.get(&asked)) {
            return said;
        }
        let said = self.look_up(&StackFrame::new(class, method, line as usize), thrown, outline);
        // What says that it is shared code is its place, which the next frame is told.
        if let Some(kept) = kept.filter(|_| outline.is_none()) {
            kept.put(asked, said.clone());
        }
        said
    }

    fn look_up(&self, frame: &StackFrame<'_>, thrown: Option<&str>, outline: &mut Option<usize>) -> Said {
        let Some(calls) = self.cache.remap_frame_with_context(frame, thrown, thrown.is_some(), outline)
        else {
            return Said::Nothing;
        };
        let is_known = calls.had_mappings();
        let calls: Arc<[Original]> = calls.map(Original::from).collect();
        match (calls.is_empty(), is_known) {
            (false, _) => Said::Calls(calls),
            (true, true) => Said::Nothing,
            (true, false) => Said::Unknown,
        }
    }
}
