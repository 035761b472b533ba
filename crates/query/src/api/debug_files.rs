//! Debug files of a project: put together of chunks, sent as a zip, listed, deleted.

use std::collections::BTreeMap;

use actix_multipart::Multipart;
use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use mayday_catalog::debug_files::{DebugFile, DebugFileFilter};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    limits,
    params::Params,
    respond::{Answer, created, date, known, no_content, ok, page},
};
use crate::{
    Query, QueryError,
    auth::{ProjectWrite, Upload, UploadRead},
    read,
    upload::{self, DifUpload, Started, State, Uploads, receive},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let files = "/projects/{organization}/{project}/files";
    vec![
        Endpoint::at(format!("{files}/dsyms/")).get(list).post(take_zip).delete(delete),
        Endpoint::at(format!("{files}/difs/assemble/")).post(assemble).body_bytes(limits::LONG_BODY_BYTES),
        Endpoint::at(format!("{files}/proguard-artifact-releases/")).post(note_release),
    ]
}

/// The newest first; `query`: the beginning of an id, or a part of a file name; `kind`.
async fn list(
    project: InProject<UploadRead>,
    query: Data<Query>,
    params: Params,
    request: HttpRequest,
) -> Answer {
    let text = params.one("query")?.or(params.one("debug_id")?).or(params.one("code_id")?);
    let filter = DebugFileFilter {
        text: text.unwrap_or_default().to_owned(),
        kind: params.one("kind")?.unwrap_or_default().to_owned(),
        before: None,
    };
    let found = read::debug_files::list(&query, &project, filter, params.cursor()?, params.limit()?).await?;
    let rows: Vec<Value> = found.files.iter().map(debug_file_json).collect();
    page(&query, &request, &rows, &found.pagination, None)
}

/// 201 with the files that were in it; all, or none.
async fn take_zip(project: InProject<Upload>, query: Data<Query>, form: Multipart) -> Answer {
    let files = receive::debug_files(&query, &project, &project.principal.email, form).await?;
    created(files.iter().map(debug_file_json).collect::<Vec<_>>())
}

/// `?id=`: of one; a fat file goes as a whole.
async fn delete(project: InProject<ProjectWrite>, query: Data<Query>, params: Params) -> Answer {
    let id = params.one("id")?.ok_or_else(|| QueryError::Invalid("id: give one".into()))?;
    let id = id.parse().map_err(|_| QueryError::NotFound("debug file"))?;
    query.catalog.delete_debug_file(project.id, id).await?;
    no_content()
}

#[derive(Deserialize)]
struct Announced {
    name: String,
    debug_id: Option<String>,
    chunks: Vec<String>,
}

/// For each file, by its SHA-1, how far it is.
async fn assemble(
    project: InProject<Upload>,
    query: Data<Query>,
    uploads: Data<Uploads>,
    body: Json<BTreeMap<String, Announced>>,
) -> Answer {
    if body.len() > limits::ASSEMBLED_FILES {
        return Err(QueryError::Invalid(format!("send at most {} files", limits::ASSEMBLED_FILES)));
    }
    let (mut names, mut started) = (Vec::new(), Vec::new());
    for (sha1, file) in body.into_inner() {
        let Announced { name, debug_id, chunks } = file;
        let dif = DifUpload { project: project.id, name, debug_id, by: project.principal.email.clone() };
        let file = upload::Upload::new(project.organization_id, dif.scope(), &sha1, &chunks)?;
        let known = dif.known(&query, &file.sha1).await?;
        started.push(match known {
            Some(_) => Started::Decided(State::Ok),
            None => dif.clone().start(&query, &uploads, file).await?,
        });
        names.push((sha1, dif));
    }
    let states = upload::wait(started).await;
    let mut answers = serde_json::Map::new();
    for ((sha1, dif), state) in names.into_iter().zip(states) {
        let mut answer = state_json(&state);
        if state == State::Ok {
            let found = dif.known(&query, &sha1.to_ascii_lowercase()).await?;
            answer["dif"] = found.as_ref().map_or(Value::Null, debug_file_json);
        }
        answers.insert(sha1, answer);
    }
    ok(answers)
}

#[derive(Deserialize)]
struct MappingOfRelease {
    release_name: String,
    proguard_uuid: String,
}

/// Says of which release a ProGuard mapping is; 201.
async fn note_release(
    project: InProject<Upload>,
    query: Data<Query>,
    body: Json<MappingOfRelease>,
) -> Answer {
    let uuid = uuid::Uuid::try_parse(&body.proguard_uuid)
        .map_err(|_| QueryError::Invalid("proguard_uuid: is no UUID".into()))?;
    let release = &body.release_name;
    query.catalog.note_debug_file_release(project.id, &uuid.to_string(), release).await?;
    created(json!({ "release_name": release, "proguard_uuid": uuid.to_string() }))
}

/// How far a file is, in the words that `sentry-cli` knows.
pub(super) fn state_json(state: &State) -> Value {
    let (name, missing, detail): (_, &[String], _) = match state {
        State::NotFound(missing) => ("not_found", missing, None),
        State::Assembling => ("assembling", &[], None),
        State::Ok => ("ok", &[], None),
        State::Error(detail) => ("error", &[], Some(detail)),
    };
    json!({ "state": name, "missingChunks": missing, "detail": detail })
}

fn debug_file_json(file: &DebugFile) -> Value {
    json!({
        "id": file.id.to_string(),
        "uuid": file.debug_id,
        "debugId": file.debug_id,
        "codeId": file.code_id,
        "objectName": file.name,
        "cpuName": if file.arch.is_empty() { "any" } else { &file.arch },
        "symbolType": file.kind,
        "sha1": file.sha1,
        "size": file.bytes,
        "data": { "type": known(&file.object_kind), "features": file.features },
        "uploadedBy": file.uploaded_by,
        "dateCreated": date(Some(file.uploaded)),
        "dateAccessed": date(Some(file.last_used)),
    })
}
