//! What was uploaded to a project.

use mayday_blobs::{BlobError, BlobKey};
use mayday_catalog::debug_files::DebugFile;
use mayday_event::ProjectId;
use mayday_symbolication::{Absent, ArtifactKind, ImageId, Status, Wanted, caches::CacheKey, objects};
use serde_json::{Value, json};

use super::{
    Symbols,
    find::{Candidate, Lead, missing, unavailable},
    scratch::Scratch,
};

/// The name of this source.
pub(super) const UPLOADS: &str = "uploads";
/// Files of one id that are tried, the best first.
const TRIED: usize = 5;

/// An uploaded file, and those that say what its names and lines stand for.
#[derive(Debug)]
pub(super) struct Upload {
    file: DebugFile,
    bcsymbolmap: Option<DebugFile>,
    il2cpp: Option<DebugFile>,
}

impl Upload {
    /// What tells it from others.
    pub(super) fn recipe(&self) -> Value {
        let digest = |file: &Option<DebugFile>| file.as_ref().map(|file| file.digest.clone());
        json!([self.file.digest, digest(&self.bcsymbolmap), digest(&self.il2cpp)])
    }
}

impl Symbols {
    /// Looks among the project's uploads.
    pub(super) async fn find_uploaded(&self, key: &CacheKey, wanted: &Wanted) -> Result<(), Absent> {
        match wanted {
            Wanted::Image(kind, image) => self.find_uploaded_image(key, wanted, *kind, image).await,
            Wanted::Proguard(id) => {
                let files = self.uploaded_by(key.project, &[&id.to_string()], &[]).await?;
                let mappings = files.into_iter().filter(|file| file.kind == "proguard").take(TRIED).collect();
                self.convert_uploads(key, wanted, mappings).await
            }
            Wanted::SourceFile { .. } => Err(missing("not uploaded")),
            Wanted::SourceMap { .. } => self.find_uploaded_source_map(key, wanted).await,
        }
    }

    async fn find_uploaded_image(
        &self,
        key: &CacheKey,
        wanted: &Wanted,
        kind: ArtifactKind,
        image: &ImageId,
    ) -> Result<(), Absent> {
        let debug_id = image.debug_id.filter(|id| !id.is_nil()).map(|id| id.to_string());
        let debug_ids: Vec<&str> = debug_id.iter().map(String::as_str).collect();
        // A debug id names a build; a code id is asked for where there is none.
        let code_ids: Vec<&str> = match &image.code_id {
            Some(code_id) if debug_id.is_none() => vec![code_id],
            _ => Vec::new(),
        };
        let mut files = self.uploaded_by(key.project, &debug_ids, &code_ids).await?;
        let has_binary = files.iter().any(is_native);
        files.retain(|file| fitness(file, kind) > 0);
        if files.is_empty() && has_binary && kind == ArtifactKind::SymCache {
            return Err(missing("only a file without names was uploaded, not the debug file"));
        }
        // The newest of the best.
        files.sort_by_key(|file| std::cmp::Reverse((fitness(file, kind), file.id)));
        files.truncate(TRIED);
        self.convert_uploads(key, wanted, files).await
    }

    async fn convert_uploads(
        &self,
        key: &CacheKey,
        wanted: &Wanted,
        files: Vec<DebugFile>,
    ) -> Result<(), Absent> {
        if files.is_empty() {
            return Err(missing("not uploaded"));
        }
        let ids: Vec<i64> = files.iter().map(|file| file.id).collect();
        let mut leads = Vec::with_capacity(files.len());
        for file in files {
            leads.push(Lead::Upload(Box::new(self.upload(key, file).await?)));
        }
        let done = self.convert_first(key, wanted, UPLOADS, leads).await;
        if done.is_ok()
            && let Err(error) = self.catalog.note_debug_files_used(&ids).await
        {
            tracing::debug!(%error, "use of debug files is not noted");
        }
        done
    }

    /// An uploaded file with those that say more about it.
    async fn upload(&self, key: &CacheKey, file: DebugFile) -> Result<Upload, Absent> {
        let mut upload = Upload { file, bcsymbolmap: None, il2cpp: None };
        let is_native = matches!(upload.file.kind.as_str(), "macho" | "elf" | "pdb" | "pe");
        if key.kind == ArtifactKind::SymCache && is_native {
            for other in self.uploaded_by(key.project, &[&upload.file.debug_id], &[]).await? {
                let place = match other.kind.as_str() {
                    "bcsymbolmap" => &mut upload.bcsymbolmap,
                    "il2cpp" => &mut upload.il2cpp,
                    _ => continue,
                };
                place.get_or_insert(other);
            }
        }
        Ok(upload)
    }

    /// Brings all of them to this disk.
    pub(super) async fn fetch_uploaded(&self, upload: &Upload) -> Result<Candidate, Absent> {
        let fetched = async |file: &Option<DebugFile>| match file {
            Some(file) => self.fetch_debug_file(file).await.map(Some),
            None => Ok(None),
        };
        Ok(Candidate {
            bcsymbolmap: fetched(&upload.bcsymbolmap).await?,
            il2cpp: fetched(&upload.il2cpp).await?,
            ..Candidate::alone(self.fetch_debug_file(&upload.file).await?)
        })
    }

    async fn uploaded_by(
        &self,
        project: ProjectId,
        debug_ids: &[&str],
        code_ids: &[&str],
    ) -> Result<Vec<DebugFile>, Absent> {
        self.catalog.debug_files_by(project, debug_ids, code_ids).await.map_err(|error| {
            tracing::warn!(%error, "debug files cannot be looked up");
            unavailable()
        })
    }

    /// Brings a blob to this disk.
    pub(super) async fn fetch_blob(&self, key: &BlobKey) -> Result<Scratch, Absent> {
        let file = Scratch::new(self.caches.unfinished());
        match self.blobs.get_file(key, file.path()).await {
            Ok(()) => Ok(file),
            Err(BlobError::NotFound { .. } | BlobError::Damaged { .. }) => {
                let reason = "the uploaded file is damaged: upload it again";
                Err(Absent { status: Status::Malformed, reason: reason.into() })
            }
            Err(error) => {
                tracing::warn!(%key, %error, "uploaded file cannot be read");
                Err(unavailable())
            }
        }
    }

    async fn fetch_debug_file(&self, file: &DebugFile) -> Result<Scratch, Absent> {
        self.fetch_blob(&BlobKey::DebugFile(file.digest.clone())).await
    }
}

fn is_native(file: &DebugFile) -> bool {
    matches!(file.kind.as_str(), "elf" | "macho" | "pe" | "pdb" | "breakpad" | "wasm")
}

/// How well a file serves for this kind; 0 not at all.
fn fitness(file: &DebugFile, kind: ArtifactKind) -> u32 {
    let has = |feature: &str| file.features.iter().any(|known| known == feature);
    let has_caveat = file.features.iter().any(|feature| objects::caveat(feature).is_some());
    let is_native = is_native(file);
    match kind {
        ArtifactKind::SymCache if is_native && has("debug") && !has_caveat => 4,
        ArtifactKind::SymCache if is_native && has("debug") => 3,
        ArtifactKind::SymCache if is_native && has("symtab") => 2,
        // It says at least why there is nothing.
        ArtifactKind::SymCache if is_native && has_caveat => 1,
        ArtifactKind::Cfi if is_native && has("unwind") => 1,
        ArtifactKind::PortablePdb => u32::from(file.kind == "portablepdb"),
        ArtifactKind::DartMap => u32::from(file.kind == "dartsymbolmap"),
        ArtifactKind::Sources if file.kind == "sourcebundle" => 2,
        // Embedded in it.
        ArtifactKind::Sources => u32::from(file.kind == "portablepdb" && has("sources")),
        _ => 0,
    }
}
