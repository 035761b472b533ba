//! The first start, and the file that tells scripts how to reach the server.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::Context;
use mayday_catalog::access::Bootstrap;
use mayday_event::{ProjectId, PublicKey};
use serde::{Deserialize, Serialize};
use url::Url;

/// `<data-dir>/bootstrap.json`, mode 0600: what the first start made. URL and DSN follow the server when it
/// moves to another address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BootstrapFile {
    pub(crate) url: String,
    pub(crate) dsn: String,
    pub(crate) organization: String,
    pub(crate) project: String,
    pub(crate) project_id: String,
    pub(crate) api_token: String,
    pub(crate) admin_email: String,
    pub(crate) admin_password: String,
}

impl BootstrapFile {
    /// Its name in the data directory.
    pub(crate) const NAME: &'static str = "bootstrap.json";

    /// From what the first start made.
    pub(crate) fn new(made: &Bootstrap, base_url: &Url) -> anyhow::Result<Self> {
        Ok(Self {
            url: plain(base_url),
            dsn: dsn(base_url, made.public_key, made.project_id)?,
            organization: made.organization.clone(),
            project: made.project.clone(),
            project_id: made.project_id.to_string(),
            api_token: made.api_token.clone(),
            admin_email: made.admin_email.clone(),
            admin_password: made.admin_password.clone(),
        })
    }

    /// Reads the file; `None` if there is none.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Option<Self>> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display())).map(Some)
    }

    /// The same for a server at `base_url`.
    pub(crate) fn moved_to(&self, base_url: &Url) -> anyhow::Result<Self> {
        let key: PublicKey =
            Url::parse(&self.dsn).context("bootstrap.json has no valid dsn")?.username().parse()?;
        let dsn = dsn(base_url, key, self.project_id.parse()?)?;
        Ok(Self { url: plain(base_url), dsn, ..self.clone() })
    }

    /// Writes the file: whole or not at all, readable by its owner only.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let temporary = path.with_extension("json.new");
        let write = || -> std::io::Result<()> {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            file.sync_all()?;
            fs::rename(&temporary, path)?;
            path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Without a slash at its end.
pub(crate) fn plain(base_url: &Url) -> String {
    base_url.as_str().trim_end_matches('/').to_owned()
}

fn dsn(base_url: &Url, key: PublicKey, project: ProjectId) -> anyhow::Result<String> {
    let mut dsn = base_url.clone();
    let refused = |()| anyhow::anyhow!("base URL {base_url} cannot carry a DSN key");
    dsn.set_username(&key.to_string()).map_err(refused)?;
    dsn.path_segments_mut().map_err(refused)?.pop_if_empty().push(&project.to_string());
    Ok(dsn.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dsn_follows_the_server() {
        let made = Bootstrap {
            organization: "mayday".into(),
            project: "app".into(),
            project_id: ProjectId(7),
            public_key: PublicKey::from_bytes([0xab; 16]),
            api_token: "t".into(),
            admin_email: "a@b.c".into(),
            admin_password: "p".into(),
        };
        let file = BootstrapFile::new(&made, &Url::parse("http://127.0.0.1:8000").unwrap()).unwrap();
        assert_eq!(file.dsn, format!("http://{}@127.0.0.1:8000/7", "ab".repeat(16)));
        assert_eq!(file.url, "http://127.0.0.1:8000");
        let moved = file.moved_to(&Url::parse("https://crash.example.com/mayday").unwrap()).unwrap();
        assert_eq!(moved.dsn, format!("https://{}@crash.example.com/mayday/7", "ab".repeat(16)));

        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join(BootstrapFile::NAME);
        assert_eq!(BootstrapFile::read(&path).unwrap(), None);
        moved.write(&path).unwrap();
        assert_eq!(BootstrapFile::read(&path).unwrap(), Some(moved));
    }
}
