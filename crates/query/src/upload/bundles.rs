//! Artifact bundles: a zip behind eight bytes, with a `manifest.json` that says what is in it.
//!
//! The form is `symbolic`'s source bundle, as `sentry-cli sourcemaps upload` writes it.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    path::Path,
};

use mayday_blobs::BlobKey;
use mayday_catalog::{
    artifact_bundles::{ArtifactFileKind, BundleUse, NewArtifactBundle, NewArtifactFile},
    releases::ReleaseChange,
};
use mayday_event::ProjectId;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    FILE_BYTES, Refusal, Scratch, Upload,
    assemble::{Started, Uploads},
    scratch::blocking,
    zipped::{Limits, Zip, is_safe},
};
use crate::{Query, QueryError};

/// What bundles begin with, before their version.
const MAGIC: &[u8] = b"SYSB";
const MANIFEST: &str = "manifest.json";
/// Largest manifest, bytes.
const MANIFEST_BYTES: u64 = 64 << 20;
/// Bounds of a bundle.
const ZIP: Limits = Limits { members: 100_000, member_bytes: 1 << 30, total_bytes: FILE_BYTES, ratio: 500 };
/// Bytes of a URL at most, that of a map too.
const MAX_URL: usize = 2048;
/// What a script that holds its map itself says of where it is.
const INLINED: &str = "data:";

/// A bundle as a client announces it.
#[derive(Debug, Clone)]
pub(crate) struct BundleUpload {
    pub(crate) projects: Vec<ProjectId>,
    pub(crate) version: Option<String>,
    /// Empty: none.
    pub(crate) dist: String,
    /// Who sends it: an e-mail address.
    pub(crate) by: String,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    files: BTreeMap<String, ManifestFile>,
    release: Option<String>,
    dist: Option<String>,
}

#[derive(Deserialize)]
struct ManifestFile {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// What is read of a bundle.
struct Contents {
    files: Vec<NewArtifactFile>,
    release: Option<String>,
    dist: Option<String>,
}

impl BundleUpload {
    /// What it is for; `release` as the bundle says it itself.
    fn used(&self, contents: Option<&Contents>) -> BundleUse {
        let said = contents.and_then(|contents| contents.release.clone());
        let dist = contents.and_then(|contents| contents.dist.clone()).unwrap_or_default();
        let release = match &self.version {
            Some(version) => Some((version.clone(), self.dist.clone())),
            None => said.map(|version| (version, dist)),
        };
        BundleUse { projects: self.projects.clone(), release }
    }

    /// Whether the organisation has it; then it is for this too from now on.
    pub(crate) async fn is_known(&self, query: &Query, upload: &Upload) -> Result<bool, QueryError> {
        let used = self.used(None);
        let known = query.catalog.use_artifact_bundle(upload.organization, &upload.sha1, &used).await?;
        if known.is_some() {
            note_release(query, upload, &used).await?;
        }
        Ok(known.is_some())
    }

    /// Begins to put it together.
    pub(crate) async fn start(
        self,
        query: &Query,
        uploads: &Uploads,
        upload: Upload,
    ) -> Result<Started, QueryError> {
        let announced = upload.clone();
        let accept = async move |query: Query, file: Scratch| {
            let (file, contents) = blocking(move || {
                let contents = read(file.path())?;
                Ok((file, contents))
            })
            .await?;
            self.store(&query, &announced, &file, &contents).await
        };
        upload.start(query, uploads, accept).await
    }

    async fn store(
        &self,
        query: &Query,
        upload: &Upload,
        file: &Scratch,
        contents: &Contents,
    ) -> Result<(), Refusal> {
        let used = self.used(Some(contents));
        note_release(query, upload, &used).await?;
        let digest = file.digest();
        query.blobs.put_file(&BlobKey::ArtifactBundle(digest.clone()), file.path()).await?;
        let new = NewArtifactBundle {
            organization_id: upload.organization,
            sha1: &upload.sha1,
            digest: &digest,
            bytes: file.bytes(),
            uploaded_by: &self.by,
            files: &contents.files,
        };
        Ok(query.catalog.add_artifact_bundle(&new, &used).await?)
    }
}

/// A bundle makes its release known.
async fn note_release(
    query: &Query,
    upload: &Upload,
    used: &BundleUse,
) -> Result<(), mayday_catalog::CatalogError> {
    if let Some((version, _)) = &used.release {
        let change = ReleaseChange { projects: used.projects.clone(), ..ReleaseChange::default() };
        query.catalog.create_release(upload.organization, version, &change).await?;
    }
    Ok(())
}

/// Reads a bundle's manifest and inflates all that is in it, so that whoever reads it later meets no surprise.
fn read(path: &Path) -> Result<Contents, Refusal> {
    let mut start = Vec::new();
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut start)?;
    if start != MAGIC {
        return Err(Refusal::Unfit("not an artifact bundle: it does not begin with SYSB".into()));
    }
    let mut zip = Zip::open(path, &ZIP)?;
    let manifest = zip.index_of(MANIFEST).ok_or_else(|| unfit("there is no manifest.json in it"))?;
    for index in (0..zip.len()).filter(|index| *index != manifest) {
        zip.inflate(index, &mut io::sink())?;
    }
    let mut text = Text::default();
    zip.inflate(manifest, &mut text)?;
    if text.is_cut_off {
        return Err(unfit(&format!("manifest.json is longer than {MANIFEST_BYTES} bytes")));
    }
    let manifest: Manifest =
        serde_json::from_slice(&text.bytes).map_err(|error| unfit(&format!("manifest.json: {error}")))?;
    let mut files = Vec::with_capacity(manifest.files.len());
    for (path, file) in manifest.files {
        if !is_safe(&path) || zip.index_of(&path).is_none() {
            return Err(unfit(&format!("manifest.json names {path:?}, which is not in it")));
        }
        files.extend(artifact(path, file)?);
    }
    Ok(Contents { files, release: manifest.release, dist: manifest.dist })
}

/// A file of the manifest; `None`: it is of no kind that is looked up.
fn artifact(path: String, file: ManifestFile) -> Result<Option<NewArtifactFile>, Refusal> {
    let Some(kind) = file.kind.as_deref().and_then(ArtifactFileKind::from_name) else { return Ok(None) };
    let header = |name: &str| {
        file.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    };
    let debug_id = header("debug-id").map(|id| {
        let id = Uuid::try_parse(id.trim());
        id.map(|id| id.to_string()).map_err(|_| unfit(&format!("{path}: its debug-id is no UUID")))
    });
    let debug_id = debug_id.transpose()?;
    let source_map = header("sourcemap").or(header("x-sourcemap")).unwrap_or_default();
    let source_map = match source_map {
        // The map itself, which is in the script anyway.
        map if map.starts_with(INLINED) => INLINED,
        url if url.len() > MAX_URL => "",
        url => url,
    };
    let source_map = source_map.to_owned();
    if file.url.len() > MAX_URL {
        return Err(unfit(&format!("{path}: its URL is longer than {MAX_URL} bytes")));
    }
    Ok(Some(NewArtifactFile { path, url: file.url, kind, debug_id, source_map }))
}

fn unfit(why: &str) -> Refusal {
    Refusal::Unfit(format!("artifact bundle: {why}"))
}

/// Bytes in memory, and not too many.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    is_cut_off: bool,
}

impl io::Write for Text {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.is_cut_off |= (self.bytes.len() + piece.len()) as u64 > MANIFEST_BYTES;
        if !self.is_cut_off {
            self.bytes.extend_from_slice(piece);
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
