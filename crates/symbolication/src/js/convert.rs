//! Source maps, and the caches that they are converted to.
//!
//! A cache is `MDSM`, the format's version and the length of a head as little-endian `u32`s, the head (JSON: what `symbolic`'s
//! cache does not keep), zeros up to a multiple of 8, then `symbolic`'s own source map cache.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use symbolic::sourcemapcache::{SourceMapCache, SourceMapCacheWriter};

use super::inlined::map_reference;

/// Largest minified file, bytes.
const MINIFIED_BYTES: usize = 128 << 20;
/// Largest map, bytes.
pub(super) const MAP_BYTES: usize = 512 << 20;
/// Deepest brackets in a minified file whose functions are looked for: parsing goes as deep. Bundles have some 50.
const DEPTH: usize = 1_000;

const MAGIC: &[u8; 4] = b"MDSM";
const VERSION: u32 = 1;
/// Magic, version and the head's length.
const FIXED_BYTES: usize = 12;

/// Why a source map cannot be converted; the text is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceMapError {
    /// Larger than any that is known.
    #[error("the {what} has {bytes} bytes, more than {most}")]
    TooLarge { what: &'static str, bytes: usize, most: usize },
    /// Not JSON, or not of a source map.
    #[error("not a source map: {0}")]
    NotAMap(String),
    /// The cache is damaged or of another version.
    #[error("source map cache: {0}")]
    Cache(String),
}

/// What `symbolic`'s cache does not keep.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Head {
    /// Where the minified file says that its map is: what the sources' names are relative to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<String>,
    /// Sources that are no part of the app, by `x_google_ignoreList`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) ignored: BTreeSet<String>,
}

/// Converts a minified file and its map, plain or indexed, of Hermes and Metro too, to the cache that
/// [`symbolicate_js`](super::symbolicate_js) reads. Without the minified file (`""`) functions have the names that the frames
/// have, unless the map has functions itself.
pub fn source_map_cache(minified: &str, map: &[u8]) -> Result<Vec<u8>, SourceMapError> {
    bounded("minified file", minified.len(), MINIFIED_BYTES)?;
    bounded("source map", map.len(), MAP_BYTES)?;
    let map = std::str::from_utf8(map).map_err(|error| SourceMapError::NotAMap(error.to_string()))?;
    let map = unguarded(map);
    let parsed: Map =
        serde_json::from_str(map).map_err(|error| SourceMapError::NotAMap(error.to_string()))?;
    let head = Head { reference: map_reference(minified).map(str::to_owned), ignored: parsed.ignored() };
    let minified = if is_deep(minified) { "" } else { minified };
    // The library may panic on numbers that no bundler writes; what the closure holds is dropped with it.
    let cache = std::panic::catch_unwind(|| converted(minified, map));
    let cache =
        cache.unwrap_or_else(|_| Err(SourceMapError::NotAMap("numbers that make no sense".to_owned())))?;
    let mut bytes = Vec::with_capacity(cache.len() + 256);
    let head = serde_json::to_vec(&head).map_err(|error| SourceMapError::Cache(error.to_string()))?;
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(head.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&head);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes.extend_from_slice(&cache);
    open(&bytes)?;
    Ok(bytes)
}

fn bounded(what: &'static str, bytes: usize, most: usize) -> Result<(), SourceMapError> {
    if bytes > most { Err(SourceMapError::TooLarge { what, bytes, most }) } else { Ok(()) }
}

/// Without the line that keeps browsers from running a map as a script.
fn unguarded(map: &str) -> &str {
    let map = map.trim_start_matches('\u{feff}');
    if map.starts_with(")]}") { map.split_once('\n').map_or("", |(_, map)| map) } else { map }
}

fn converted(minified: &str, map: &str) -> Result<Vec<u8>, SourceMapError> {
    let writer = SourceMapCacheWriter::new(minified, map);
    let writer = writer.map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        SourceMapError::NotAMap(format!("{error}{cause}"))
    })?;
    let mut bytes = Vec::new();
    writer.serialize(&mut bytes).map_err(|error| SourceMapError::Cache(error.to_string()))?;
    Ok(bytes)
}

/// The two parts of a cache.
pub(super) fn open(bytes: &[u8]) -> Result<(Head, SourceMapCache<'_>), SourceMapError> {
    let damaged = |what: &str| SourceMapError::Cache(what.to_owned());
    let number = |from: usize| {
        let bytes = bytes.get(from..from + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    if !bytes.starts_with(MAGIC) || number(4) != Some(VERSION) {
        return Err(damaged("of another format"));
    }
    let length = number(8).ok_or_else(|| damaged("cut short"))? as usize;
    let end = FIXED_BYTES.saturating_add(length);
    let head = bytes.get(FIXED_BYTES..end).ok_or_else(|| damaged("cut short"))?;
    let head = serde_json::from_slice(head).map_err(|error| damaged(&error.to_string()))?;
    let cache = bytes.get(end.next_multiple_of(8)..).ok_or_else(|| damaged("cut short"))?;
    let cache = SourceMapCache::parse(cache).map_err(|error| damaged(&error.to_string()))?;
    Ok((head, cache))
}

fn is_deep(minified: &str) -> bool {
    let mut depth = 0_usize;
    minified.bytes().any(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEPTH
    })
}

/// What of a map says which sources are no part of the app.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Map {
    #[serde(rename = "sourceRoot")]
    root: Option<String>,
    sources: Vec<Option<String>>,
    // Both names are in use.
    #[serde(rename = "ignoreList")]
    ignored: Vec<usize>,
    #[serde(rename = "x_google_ignoreList")]
    ignored_by_google: Vec<usize>,
    sections: Vec<Section>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Section {
    map: Option<Map>,
}

impl Map {
    fn ignored(&self) -> BTreeSet<String> {
        let mut ignored = BTreeSet::new();
        self.add_ignored(&mut ignored);
        for map in self.sections.iter().filter_map(|section| section.map.as_ref()) {
            map.add_ignored(&mut ignored);
        }
        ignored
    }

    fn add_ignored(&self, ignored: &mut BTreeSet<String>) {
        for place in self.ignored.iter().chain(&self.ignored_by_google) {
            let Some(Some(source)) = self.sources.get(*place) else { continue };
            // As the library names it.
            if let Some(root) = self.root.as_deref().filter(|root| !root.is_empty()) {
                ignored.insert(format!("{}/{source}", root.trim_end_matches('/')));
            }
            ignored.insert(source.clone());
        }
    }
}
