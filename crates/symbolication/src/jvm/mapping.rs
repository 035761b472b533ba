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

/// The mappings of an event, in its order.
#[derive(Debug)]
pub(super) struct Mappings {
    found: Vec<(Uuid, CacheFile)>,
    absent: BTreeMap<Uuid, Absent>,
}

impl Mappings {
    pub(super) fn find(wanted: &[Uuid], artifacts: &dyn Artifacts) -> Self {
        let mut mappings = Self { found: Vec::new(), absent: BTreeMap::new() };
        for uuid in wanted {
            match find(*uuid, artifacts) {
                Ok(file) => mappings.found.push((*uuid, file)),
                Err(absent) => {
                    mappings.absent.insert(*uuid, absent);
                }
            }
        }
        mappings
    }

    pub(super) fn caches(&self) -> Vec<Cache<'_>> {
        let caches = self.found.iter().filter_map(|(_, file)| {
            // What was checked when it was found.
            let cache = ProguardCache::parse(&file.bytes).ok()?;
            Some((cache, &*file.source))
        });
        caches.collect()
    }

    /// Why one of them is not there.
    pub(super) fn absent(&self) -> Option<&Absent> {
        self.absent.values().next()
    }

    pub(super) fn outcome(&self, uuid: Uuid) -> Option<Symbolication> {
        if let Some(absent) = self.absent.get(&uuid) {
            return Some(unresolved(absent));
        }
        let (_, file) = self.found.iter().find(|(found, _)| *found == uuid)?;
        Some(found(&file.source))
    }
}

fn find(uuid: Uuid, artifacts: &dyn Artifacts) -> Result<CacheFile, Absent> {
    let file = artifacts.find(&Wanted::Proguard(uuid))?;
    match ProguardCache::parse(&file.bytes) {
        Ok(_) => Ok(file),
        Err(error) => {
            let reason = format!("proguard cache of {}: {error}", file.source);
            Err(Absent { status: Status::Malformed, reason: reason.into() })
        }
    }
}
