//! Directories on this machine.

use std::{
    io,
    path::{Path, PathBuf},
};

use mayday_symbolication::sources::SourceSettings;

use crate::{FetchError, SourceLimits};

/// Copies a directory's file.
pub(crate) async fn fetch(
    limits: &SourceLimits,
    source: &SourceSettings,
    place: &str,
    to: &Path,
) -> Result<(), FetchError> {
    let to = to.to_owned();
    with_file(limits, source, place, move |file| std::fs::copy(file, to).map(drop)).await
}

/// How many bytes a directory's file has.
pub(crate) async fn size(
    limits: &SourceLimits,
    source: &SourceSettings,
    place: &str,
) -> Result<u64, FetchError> {
    with_file(limits, source, place, |file| Ok(file.metadata()?.len())).await
}

async fn with_file<T: Send + 'static>(
    limits: &SourceLimits,
    source: &SourceSettings,
    place: &str,
    each: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T, FetchError> {
    let (root, place) = (PathBuf::from(source.path.as_deref().unwrap_or_default()), PathBuf::from(place));
    let allowed = limits.directories.clone();
    let found = tokio::task::spawn_blocking(move || {
        let file = locate(&allowed, &root, &place)?;
        file.map(|file| each(&file)).transpose()
    });
    match found.await.map_err(|_| FetchError::Unavailable)? {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(FetchError::ForbiddenDirectory),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(FetchError::NotThere)
        }
        Err(error) => {
            tracing::warn!(source = source.name, %error, "directory of symbols cannot be read");
            Err(FetchError::Unavailable)
        }
    }
}

/// Where the file really is, wherever links lead; `None`: not below a directory that is allowed.
fn locate(allowed: &[PathBuf], root: &Path, place: &Path) -> io::Result<Option<PathBuf>> {
    let root = root.canonicalize()?;
    let is_allowed = |path: &Path| {
        allowed.iter().any(|allowed| allowed.canonicalize().is_ok_and(|allowed| path.starts_with(allowed)))
    };
    if !is_allowed(&root) {
        return Ok(None);
    }
    let from = root.join(place).canonicalize()?;
    if !from.starts_with(&root) || !from.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(Some(from))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_what_is_below_an_allowed_directory_is_read() {
        let (shared, private) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(shared.path().join("app.sym"), "symbols").unwrap();
        fs::write(private.path().join("secret"), "secret").unwrap();
        std::os::unix::fs::symlink(private.path().join("secret"), shared.path().join("link")).unwrap();
        let allowed = [shared.path().to_owned()];
        let located = |root: &Path, place: &str| locate(&allowed, root, Path::new(place));
        let found = located(shared.path(), "app.sym").unwrap().unwrap();
        assert_eq!(fs::read(found).unwrap(), b"symbols");
        assert_eq!(located(private.path(), "secret").unwrap(), None);
        let around = shared.path().join("..").join(private.path().file_name().unwrap());
        assert_eq!(located(&around, "secret").unwrap(), None);
        for place in ["link", "../x", "missing", ""] {
            assert!(located(shared.path(), place).is_err(), "{place}");
        }
    }
}
