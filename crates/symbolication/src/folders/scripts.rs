//! Scripts in a folder, and where their maps are.

use std::path::{Component, Path, PathBuf};

use super::local::open;
use crate::{
    convert::ConvertError,
    js::{inlined_map, map_reference, source_map_cache, with_sources},
};

/// Largest source that is shown, bytes.
const SOURCE_BYTES: u64 = 16 << 20;

/// A file that may tell of a script's functions and lines.
#[derive(Debug)]
pub(crate) enum Script {
    /// As it was shipped: its map is within it, where it says, or beside it.
    Shipped(PathBuf),
    /// The map alone.
    Map(PathBuf),
}

impl Script {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Shipped(path) | Self::Map(path) => path,
        }
    }

    /// To what symbolication reads; [`ConvertError::Lacks`] where there is no map.
    pub(super) fn convert(&self) -> Result<Vec<u8>, ConvertError> {
        let path = match self {
            Self::Shipped(path) => path,
            Self::Map(path) => return converted("", path),
        };
        let bytes = open(path)?;
        // Bytecode, as Hermes has it, is no text.
        let script = String::from_utf8_lossy(&bytes);
        if let Some(map) = inlined_map(&script)? {
            return Ok(source_map_cache(&script, &map)?);
        }
        let beside = path.with_file_name(format!("{}.map", file_name(&path.to_string_lossy())));
        let named = map_reference(&script).map(|url| path.with_file_name(file_name(url)));
        let map = named.into_iter().chain([beside]).find(|path| super::is_file(path));
        let map = map.ok_or(ConvertError::Lacks("source map"))?;
        converted(&script, &map)
    }
}

/// With the sources that the map lacks and that lie in its folder.
fn converted(script: &str, map: &Path) -> Result<Vec<u8>, ConvertError> {
    let source = |name: &str| {
        // Nothing from outside of the folder.
        let is_below =
            Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let path = map.parent().filter(|_| is_below)?.join(name);
        if std::fs::metadata(&path).ok().filter(|file| file.is_file())?.len() > SOURCE_BYTES {
            return None;
        }
        std::fs::read_to_string(path).ok()
    };
    Ok(source_map_cache(script, &with_sources(&open(map)?, source))?)
}

/// The last part of a URL or path, without a query.
pub(super) fn file_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    mayday_event::file_name(path)
}
