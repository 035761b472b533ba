//! Debug files: whole ones of chunks, and zips of many as older clients send them.

use actix_multipart::Multipart;
use futures_util::TryStreamExt;
use mayday_blobs::BlobKey;
use mayday_catalog::{
    debug_files::{DebugFile, NewDebugFile, NewObject},
    projects::Project,
};
use mayday_event::ProjectId;
use mayday_symbolication::objects::{self, ObjectInfo, Unfit};

use super::{
    FILE_BYTES, Refusal, Scratch, Upload,
    assemble::{Started, Uploads},
    chunks::{file_name, unreadable},
    scratch::blocking,
    zipped::{self, Limits, Member},
};
use crate::{Query, QueryError};

/// Bounds of a zip of debug files.
const ZIP: Limits = Limits { members: 10_000, member_bytes: FILE_BYTES, total_bytes: FILE_BYTES, ratio: 200 };

/// A debug file as a client announces it.
#[derive(Debug, Clone)]
pub(crate) struct DifUpload {
    pub(crate) project: ProjectId,
    /// Path or file name.
    pub(crate) name: String,
    /// As the client says.
    pub(crate) debug_id: Option<String>,
    /// Who sends it: an e-mail address.
    pub(crate) by: String,
}

impl DifUpload {
    /// What the same bytes mean within: they may be sent again under another name or id.
    pub(crate) fn scope(&self) -> String {
        format!("difs/{}/{}/{}", self.project, self.debug_id.as_deref().unwrap_or_default(), self.name)
    }

    /// The file, if the project has it as this.
    pub(crate) async fn known(&self, query: &Query, sha1: &str) -> Result<Option<DebugFile>, QueryError> {
        let files = query.catalog.debug_files_of_upload(self.project, sha1).await?;
        Ok(files.into_iter().find(|file| self.is_of(&file.debug_id)))
    }

    /// Whether what is announced is of this debug id, as far as it says.
    fn is_of(&self, debug_id: &str) -> bool {
        let named = objects::told_debug_id(&self.name, self.debug_id.as_deref());
        // Of a program database, uploaders may leave the age out.
        named.is_none_or(|named| {
            debug_id == named || debug_id.strip_prefix(&named).is_some_and(|age| age.starts_with('-'))
        })
    }

    /// Begins to put it together.
    pub(crate) async fn start(
        self,
        query: &Query,
        uploads: &Uploads,
        upload: Upload,
    ) -> Result<Started, QueryError> {
        let accept = async move |query: Query, file: Scratch| {
            let (file, found) = inspected(file, self.name.clone(), self.debug_id.clone()).await?;
            let found = new_objects(&found, &self.name);
            store(&query, self.project, &self.by, &file, &found).await.map(drop)
        };
        upload.start(query, uploads, accept).await
    }
}

/// Takes the zip of debug files in a multipart form's part `file`: all that are in it, or, if one is bad, none.
pub(crate) async fn receive_zip(
    query: &Query,
    project: &Project,
    by: &str,
    mut form: Multipart,
) -> Result<Vec<DebugFile>, Refusal> {
    while let Some(mut part) = form.try_next().await.map_err(|error| unreadable(&error))? {
        if part.name() != Some("file") {
            continue;
        }
        let name = file_name(&part);
        let mut file = Scratch::new(&query.blobs).await?;
        while let Some(piece) = part.try_next().await.map_err(|error| unreadable(&error))? {
            if file.bytes() + piece.len() as u64 > FILE_BYTES {
                return Err(Refusal::Unfit(format!("file is larger than {FILE_BYTES} bytes")));
            }
            file = file.append(piece).await?;
        }
        return take(query, project, by, file, name).await;
    }
    Err(Refusal::Unfit("multipart: there is no part file in it".into()))
}

async fn take(
    query: &Query,
    project: &Project,
    by: &str,
    file: Scratch,
    name: String,
) -> Result<Vec<DebugFile>, Refusal> {
    let folder = query.blobs.scratch().await?;
    let fit = blocking(move || {
        if !zipped::is_zip(file.path())? {
            let found = objects::inspect_file(file.path(), &name, None)?;
            return Ok(vec![(file, new_objects(&found, &name))]);
        }
        let mut fit = Vec::new();
        zipped::extract(file.path(), &folder, &ZIP, |Member { name, file }| {
            match objects::inspect_file(file.path(), &name, None) {
                Ok(found) => fit.push((file, new_objects(&found, &name))),
                // Folders of symbols hold other files too.
                Err(Unfit::UnknownKind | Unfit::NeedsDebugId { .. }) => {}
                Err(unfit) => return Err(Refusal::Unfit(format!("{name}: {unfit}"))),
            }
            Ok(())
        })?;
        match fit.is_empty() {
            true => Err(Refusal::Unfit("there is no debug file in the zip".into())),
            false => Ok(fit),
        }
    })
    .await?;
    let mut stored = Vec::new();
    for (file, found) in &fit {
        stored.extend(store(query, project.id, by, file, found).await?);
    }
    Ok(stored)
}

async fn inspected(
    file: Scratch,
    name: String,
    debug_id: Option<String>,
) -> Result<(Scratch, Vec<ObjectInfo>), Refusal> {
    blocking(move || {
        let found = objects::inspect_file(file.path(), &name, debug_id.as_deref())?;
        Ok((file, found))
    })
    .await
}

/// The blob first: what the catalog knows is there.
async fn store(
    query: &Query,
    project_id: ProjectId,
    uploaded_by: &str,
    file: &Scratch,
    objects: &[NewObject],
) -> Result<Vec<DebugFile>, Refusal> {
    let (sha1, digest) = (file.sha1(), file.digest());
    query.blobs.put_file(&BlobKey::DebugFile(digest.clone()), file.path()).await?;
    let new =
        NewDebugFile { project_id, sha1: &sha1, digest: &digest, bytes: file.bytes(), uploaded_by, objects };
    Ok(query.catalog.add_debug_file(&new).await?)
}

fn new_objects(found: &[ObjectInfo], name: &str) -> Vec<NewObject> {
    let new = |object: &ObjectInfo| NewObject {
        debug_id: object.debug_id.to_string(),
        code_id: object.code_id.clone(),
        kind: object.kind.to_owned(),
        object_kind: object.object_kind.to_owned(),
        arch: object.arch.to_owned(),
        name: objects::file_name(name),
        features: object.features.iter().map(|&feature| feature.to_owned()).collect(),
    };
    found.iter().map(new).collect()
}
