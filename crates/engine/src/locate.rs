//! Where the engine library is: given, cached, or fetched.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{EngineError, fetch};

/// The published version that this program is tested with (ClickHouse 26.7.2.1).
pub(crate) const VERSION: &str = "26.7.3-stable.1";
/// The library's file name, in the archive and in the cache.
pub(crate) const LIBRARY: &str = "libchdb.so";

/// Where the engine library may come from.
#[derive(Debug, Clone, Default)]
pub struct LocateOptions {
    /// `MAYDAY_ENGINE_LIB`: used as is, never fetched over.
    pub library: Option<PathBuf>,
    /// Never fetch; fail with the line that names the three ways.
    pub offline: bool,
}

/// Finds the engine library, or fetches it (blocking; shows a progress bar on a terminal).
pub fn locate(options: &LocateOptions) -> Result<PathBuf, EngineError> {
    if let Some(library) = &options.library {
        return match is_file(library)? {
            true => Ok(library.clone()),
            false => Err(EngineError::NotFound(format!("{} is no file", library.display()))),
        };
    }
    let cache =
        cache_dir().ok_or_else(|| EngineError::NotFound("neither HOME nor XDG_CACHE_HOME is set".into()))?;
    let library = cache.join(VERSION).join(LIBRARY);
    if is_file(&library)? {
        return Ok(library);
    }
    if options.offline {
        return Err(EngineError::NotFound(format!("{} is not there", library.display())));
    }
    fetch::fetch(&cache, &library)?;
    Ok(library)
}

/// `$XDG_CACHE_HOME/mayday/engine`, else `~/.cache/mayday/engine`.
fn cache_dir() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("mayday").join("engine"))
}

fn is_file(path: &Path) -> Result<bool, EngineError> {
    match path.metadata() {
        Ok(metadata) => Ok(metadata.is_file()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(EngineError::io("read", path)(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_names_the_three_ways_out() {
        let options = LocateOptions { library: Some("/nonexistent/libchdb.so".into()), offline: true };
        let error = locate(&options).unwrap_err().to_string();
        for way in ["/nonexistent/libchdb.so", "--clickhouse-url", "--engine-lib", "npm"] {
            assert!(error.contains(way), "{error}");
        }
    }
}
