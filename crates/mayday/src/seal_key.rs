//! The key that the catalog encrypts secrets with: a file of its own, so that the database alone gives none away.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::Context;
use mayday_catalog::{SEAL_KEY_BYTES, SealKey};

/// Its name in the data directory.
pub(crate) const NAME: &str = "secrets.key";

/// Reads the key (hexadecimal), or makes one where there is none.
pub(crate) fn read_or_make(path: &Path) -> anyhow::Result<SealKey> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => make(path)?,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut key = [0; SEAL_KEY_BYTES];
    hex::decode_to_slice(text.trim(), &mut key)
        .with_context(|| format!("{} must hold {} hexadecimal digits", path.display(), 2 * SEAL_KEY_BYTES))?;
    Ok(SealKey::new(&key)?)
}

/// On disk before anything is encrypted with it.
fn make(path: &Path) -> anyhow::Result<String> {
    let mut key = [0; SEAL_KEY_BYTES];
    getrandom::fill(&mut key).context("no randomness for a key")?;
    let text = hex::encode(key);
    let temporary = path.with_extension("key.new");
    let write = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        writeln!(file, "{text}")?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().with_context(|| format!("cannot write {}", path.display()))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_the_owner_alone() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join(NAME);
        read_or_make(&path).unwrap();
        let made = fs::read_to_string(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        read_or_make(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), made);
        fs::write(&path, "short").unwrap();
        assert!(format!("{:#}", read_or_make(&path).unwrap_err()).contains("64 hexadecimal digits"));
    }
}
