//! ProGuard and R8 mapping files, and the caches that they are converted to.

use std::collections::BTreeMap;

use mayday_event::model::Symbolication;
use proguard::{ProguardCache, ProguardMapping};
use uuid::Uuid;

use super::Cache;
use crate::{
    Absent, Artifacts, CacheFile, Status, Wanted,
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
    pub(super) caches: Vec<Cache<'a>>,
    outcomes: BTreeMap<Uuid, Symbolication>,
    /// Why one of them is not there.
    pub(super) absent: Option<Absent>,
}

impl<'a> Mappings<'a> {
    pub(super) fn open(files: &'a Files) -> Self {
        let mut mappings = Self { caches: Vec::new(), outcomes: BTreeMap::new(), absent: None };
        for (uuid, file) in files {
            let outcome = match file.as_ref().map_err(Clone::clone).and_then(open_one) {
                Ok((cache, source)) => {
                    mappings.caches.push((cache, source));
                    found(source)
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

fn open_one(file: &CacheFile) -> Result<Cache<'_>, Absent> {
    let cache = ProguardCache::parse(&file.bytes).map_err(|error| {
        let reason = format!("proguard cache of {}: {error}", file.source);
        Absent { status: Status::Malformed, reason: reason.into() }
    })?;
    Ok((cache, &file.source))
}
