//! The commits of a release.

use actix_web::{
    HttpRequest,
    web::{Data, Path},
};
use mayday_catalog::releases::{Commit, Ref};
use mayday_event::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    respond::{Answer, date, known, whole},
};
use crate::{
    Query,
    auth::{Granted, UploadRead},
    read,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/organizations/{organization}/releases/{version}/commits/").get(list)]
}

/// A commit as a client sends it.
#[derive(Deserialize)]
pub(super) struct CommitJson {
    id: String,
    #[serde(default)]
    repository: Option<String>,
    #[serde(default)]
    author_name: Option<String>,
    #[serde(default)]
    author_email: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
}

impl CommitJson {
    pub(super) fn commit(self) -> Commit {
        Commit {
            sha: self.id,
            repository: self.repository.unwrap_or_default(),
            author_name: self.author_name.unwrap_or_default(),
            author_email: self.author_email.unwrap_or_default(),
            message: self.message.unwrap_or_default(),
            created: self.timestamp.as_deref().and_then(Timestamp::parse),
        }
    }
}

/// A repository's head as a client sends it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefJson {
    repository: String,
    commit: String,
    previous_commit: Option<String>,
}

impl RefJson {
    pub(super) fn head(self) -> Ref {
        Ref { repository: self.repository, sha: self.commit, previous_sha: self.previous_commit }
    }
}

/// The newest first.
async fn list(
    principal: Granted<UploadRead>,
    query: Data<Query>,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Answer {
    let (organization, version) = path.into_inner();
    read::projects::check_organization(&principal, &organization)?;
    let organization = principal.organization_id;
    query.catalog.release(organization, &version).await?;
    let commits = query.catalog.release_commits(organization, &version).await?;
    whole(&query, &request, &commits.iter().map(commit_json).collect::<Vec<_>>())
}

fn commit_json(commit: &Commit) -> Value {
    json!({
        "id": commit.sha,
        "message": known(&commit.message),
        "dateCreated": date(commit.created),
        "author": { "name": known(&commit.author_name), "email": known(&commit.author_email) },
        "repository": { "name": known(&commit.repository) },
    })
}
