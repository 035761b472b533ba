//! Source maps in uploaded artifact bundles.

use mayday_blobs::BlobKey;
use mayday_catalog::artifact_bundles::{ArtifactFile, ArtifactFileKind, artifact_urls};
use mayday_event::ProjectId;
use mayday_symbolication::{Absent, Wanted, caches::CacheKey, convert::Bundled};
use serde_json::{Value, json};
use url::Url;

use super::{
    Symbols,
    find::{Candidate, Lead, missing, unavailable},
    uploads::UPLOADS,
};

/// Bundles that are tried, the best first.
const TRIED: usize = 3;

/// A source map in a bundle.
#[derive(Debug)]
pub(super) struct InBundle {
    bundle_id: i64,
    digest: String,
    place: Bundled,
}

impl Symbols {
    /// Looks for a source map among the project's bundles.
    pub(super) async fn find_uploaded_source_map(
        &self,
        key: &CacheKey,
        wanted: &Wanted,
    ) -> Result<(), Absent> {
        let Wanted::SourceMap { debug_id, url, release, dist } = wanted else {
            return Err(missing("not uploaded"));
        };
        let mut found = Vec::new();
        if let Some(id) = debug_id {
            let files = self.catalog.artifacts_by_debug_id(key.project, &id.to_string()).await;
            let mut files = files.map_err(|error| lookup_failed(&error))?;
            files.retain(|file| rank(file.kind).is_some());
            // Scripts may hold their map themselves.
            files.sort_by_key(|file| rank(file.kind));
            found.extend(files.into_iter().map(|file| InBundle {
                bundle_id: file.bundle_id,
                digest: file.digest,
                place: Bundled::DebugId(*id),
            }));
        } else if let Some(release) = release {
            found = self.maps_by_url(key.project, release, dist.as_deref(), url).await?;
        }
        found.truncate(TRIED);
        if found.is_empty() {
            return Err(missing("not uploaded"));
        }
        let ids: Vec<i64> = found.iter().map(|map| map.bundle_id).collect();
        let leads = found.into_iter().map(Lead::Bundled).collect();
        let done = self.convert_first(key, wanted, UPLOADS, leads).await;
        if done.is_ok()
            && let Err(error) = self.catalog.note_artifact_bundles_used(&ids).await
        {
            tracing::debug!(%error, "use of artifact bundles is not noted");
        }
        done
    }

    pub(super) async fn fetch_bundled(&self, map: &InBundle) -> Result<Candidate, Absent> {
        let file = self.fetch_blob(&BlobKey::ArtifactBundle(map.digest.clone())).await?;
        Ok(Candidate { bundled: Some(map.place.clone()), ..Candidate::alone(file) })
    }

    /// The maps that a release's minified files of this URL name.
    async fn maps_by_url(
        &self,
        project: ProjectId,
        release: &str,
        dist: Option<&str>,
        url: &str,
    ) -> Result<Vec<InBundle>, Absent> {
        let urls = artifact_urls(url);
        let (mut found, mut inlined) = (Vec::new(), Vec::new());
        for minified in self.artifacts_by_url(project, release, dist, &urls).await? {
            if minified.kind != ArtifactFileKind::MinifiedSource {
                continue;
            }
            let maps = match map_url(&minified) {
                Some(url) => self.artifacts_by_url(project, release, dist, &[url]).await?,
                None => Vec::new(),
            };
            let maps = maps.into_iter().filter(|file| file.kind == ArtifactFileKind::SourceMap);
            // Mostly both are in one bundle; the map is what matters.
            let maps: Vec<InBundle> = maps.map(|map| InBundle::beside(map, &minified)).collect();
            match maps.is_empty() {
                true => inlined.push(InBundle::within(minified)),
                false => found.extend(maps),
            }
        }
        found.append(&mut inlined);
        Ok(found)
    }

    async fn artifacts_by_url(
        &self,
        project: ProjectId,
        release: &str,
        dist: Option<&str>,
        urls: &[String],
    ) -> Result<Vec<ArtifactFile>, Absent> {
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        let files = self.catalog.artifacts_by_url(project, release, dist, &urls).await;
        files.map_err(|error| lookup_failed(&error))
    }
}

impl InBundle {
    /// What tells it from others.
    pub(super) fn recipe(&self) -> Value {
        let place = match &self.place {
            Bundled::DebugId(id) => json!({ "debug_id": id.to_string() }),
            Bundled::Urls { map, minified } => json!({ "map": map, "minified": minified }),
            Bundled::Inlined(url) => json!({ "inlined": url }),
        };
        json!([self.digest, place])
    }

    /// A map that a minified file names.
    fn beside(map: ArtifactFile, minified: &ArtifactFile) -> Self {
        let place = Bundled::Urls { map: map.url, minified: Some(minified.url.clone()) };
        Self { bundle_id: map.bundle_id, digest: map.digest, place }
    }

    /// The map that a minified file may hold itself, for there is none beside it.
    fn within(minified: ArtifactFile) -> Self {
        Self { bundle_id: minified.bundle_id, digest: minified.digest, place: Bundled::Inlined(minified.url) }
    }
}

/// Which file of a debug id is tried first; `None`: it has no map.
fn rank(kind: ArtifactFileKind) -> Option<u8> {
    match kind {
        ArtifactFileKind::SourceMap => Some(0),
        ArtifactFileKind::MinifiedSource => Some(1),
        _ => None,
    }
}

/// The URL of the map that a minified file names, in the form of the manifest's: `~/static/app.js.map`. `None`: the map is
/// in the file itself.
fn map_url(minified: &ArtifactFile) -> Option<String> {
    let reference = match minified.source_map.as_str() {
        "" => return Some(format!("{}.map", minified.url)),
        inline if inline.starts_with("data:") => return None,
        reference => reference,
    };
    // `~` stands for any host.
    const HOST: &str = "https://any";
    let absolute = minified.url.strip_prefix('~').map(|path| format!("{HOST}{path}"));
    let base = Url::parse(absolute.as_deref().unwrap_or(&minified.url)).ok()?;
    let joined = base.join(reference).ok()?.to_string();
    Some(match joined.strip_prefix(HOST) {
        Some(path) => format!("~{path}"),
        None => joined,
    })
}

fn lookup_failed(error: &mayday_catalog::CatalogError) -> Absent {
    tracing::warn!(%error, "artifact bundles cannot be looked up");
    unavailable()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minified_file_says_where_its_map_is() {
        let file = |url: &str, source_map: &str| ArtifactFile {
            bundle_id: 1,
            digest: String::new(),
            bundle_bytes: 1,
            path: String::new(),
            url: url.to_owned(),
            kind: ArtifactFileKind::MinifiedSource,
            debug_id: None,
            source_map: source_map.to_owned(),
        };
        for (url, reference, expected) in [
            ("~/static/app.js", "app.js.map", Some("~/static/app.js.map")),
            ("~/static/app.js", "../maps/app.js.map", Some("~/maps/app.js.map")),
            ("~/static/app.js", "/app.js.map", Some("~/app.js.map")),
            ("~/static/app.js", "", Some("~/static/app.js.map")),
            ("https://a.example/app.js", "app.js.map", Some("https://a.example/app.js.map")),
            ("~/app.js", "https://b.example/app.js.map", Some("https://b.example/app.js.map")),
            ("app:///index.bundle", "index.bundle.map", Some("app:///index.bundle.map")),
            ("~/static/app.js", "data:application/json;base64,e30=", None),
        ] {
            assert_eq!(map_url(&file(url, reference)).as_deref(), expected, "{url} {reference}");
        }
    }
}
