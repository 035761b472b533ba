//! A release as `sentry-cli` reads it.

use mayday_catalog::releases::{Deploy, Release};
use serde_json::{Value, json};

use super::respond::{date, known};

pub(super) fn release_json(release: &Release) -> Value {
    let (first, last) = release.events.unzip();
    let projects: Vec<Value> = release
        .projects
        .iter()
        .map(|project| {
            json!({
                "id": project.id.0,
                "slug": project.slug,
                "name": project.name,
                "platform": known(&project.platform),
            })
        })
        .collect();
    json!({
        "version": release.version,
        "shortVersion": release.version,
        "status": if release.archived { "archived" } else { "open" },
        "url": known(&release.url),
        "ref": release.last_commit,
        "dateCreated": date(Some(release.created)),
        "dateStarted": date(release.started),
        "dateReleased": date(release.released),
        "firstEvent": date(first),
        "lastEvent": date(last),
        "commitCount": release.commits,
        "lastCommit": release.last_commit.as_ref().map(|id| json!({ "id": id })),
        "deployCount": release.deploys,
        "projects": projects,
    })
}

pub(super) fn deploy_json(deploy: &Deploy) -> Value {
    json!({
        "id": deploy.id.to_string(),
        "environment": deploy.environment,
        "name": known(&deploy.name),
        "url": known(&deploy.url),
        "dateStarted": date(deploy.started),
        "dateFinished": date(Some(deploy.finished)),
    })
}
