//! Directories on this machine.

use std::{
    io,
    path::{Path, PathBuf},
};

use mayday_symbolication::{Absent, sources::SourceSettings};

use super::SourceLimits;
use crate::symbols::find::{missing, unavailable};

/// Copies a directory's file.
pub(super) async fn fetch(
    limits: &SourceLimits,
    source: &SourceSettings,
    place: &str,
    file: &Path,
) -> Result<(), Absent> {
    let (root, place) = (PathBuf::from(source.path.as_deref().unwrap_or_default()), PathBuf::from(place));
    let (allowed, file) = (limits.directories.clone(), file.to_owned());
    let copied = tokio::task::spawn_blocking(move || copy(&allowed, &root, &place, &file));
    match copied.await.map_err(|_| unavailable())? {
        Ok(true) => Ok(()),
        Ok(false) => Err(missing(&format!("{}: the operator does not allow this directory", source.name))),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(missing(&format!("{} does not have it", source.name)))
        }
        Err(error) => {
            tracing::warn!(source = source.name, %error, "directory of symbols cannot be read");
            Err(unavailable())
        }
    }
}

/// Whether the file is below a directory that is allowed, wherever links lead.
fn copy(allowed: &[PathBuf], root: &Path, place: &Path, to: &Path) -> io::Result<bool> {
    let root = root.canonicalize()?;
    let is_allowed = |path: &Path| {
        allowed.iter().any(|allowed| allowed.canonicalize().is_ok_and(|allowed| path.starts_with(allowed)))
    };
    if !is_allowed(&root) {
        return Ok(false);
    }
    let from = root.join(place).canonicalize()?;
    if !from.starts_with(&root) || !from.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    std::fs::copy(from, to)?;
    Ok(true)
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
        let to = private.path().join("out");
        let copied = |root: &Path, place: &str| copy(&allowed, root, Path::new(place), &to);
        assert!(copied(shared.path(), "app.sym").unwrap());
        assert_eq!(fs::read(&to).unwrap(), b"symbols");
        assert!(!copied(private.path(), "secret").unwrap());
        assert!(
            !copied(&shared.path().join("..").join(private.path().file_name().unwrap()), "secret").unwrap()
        );
        for place in ["link", "../x", "missing", ""] {
            assert!(copied(shared.path(), place).is_err(), "{place}");
        }
    }
}
