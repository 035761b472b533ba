//! From a session's update to a `session` item.

use serde_json::{Map, json};
use uuid::Uuid;

use super::{context::Shared, proto, wrong::Wrong};
use crate::{
    time::Timestamp,
    wire::{
        envelope::Item,
        translate::{Members, item as item_of},
    },
};

pub(super) fn item(
    id: Uuid,
    at: Option<Timestamp>,
    session: proto::Session,
    shared: &Shared,
) -> Result<Item, Wrong> {
    let release = shared.release.as_deref().ok_or_else(|| {
        Wrong::malformed(
            "a session counts for a release: set context.release, or context.app's id and version",
        )
    })?;
    let status = match session.status() {
        proto::session::Status::Running => "ok",
        proto::session::Status::Exited => "exited",
        proto::session::Status::Crashed => "crashed",
        proto::session::Status::Abnormal => "abnormal",
        proto::session::Status::Unhandled => "unhandled",
    };
    let started = Some(session.started_ms).filter(|ms| *ms > 0).map(Timestamp).or(at);
    let user = Some(session.user_id).filter(|id| !id.is_empty()).or_else(|| shared.user_id.clone());
    let mut update = Map::new();
    update.insert("sid".to_owned(), id.to_string().into());
    update.put("did", user);
    update.put("seq", Some(session.sequence).filter(|sequence| *sequence > 0));
    update.put("timestamp", at.map(|at| at.to_string()));
    update.put("started", started.map(|at| at.to_string()));
    update.insert("init".to_owned(), session.init.into());
    update.insert("status".to_owned(), status.into());
    update.put("duration", session.duration_ms.map(|ms| ms as f64 / 1000.0));
    update.insert("errors".to_owned(), session.errors.into());
    let mechanism = Some(session.abnormal_mechanism).filter(|mechanism| !mechanism.is_empty());
    update.put("abnormal_mechanism", mechanism);
    let attributes = json!({ "release": release, "environment": shared.environment });
    update.insert("attrs".to_owned(), attributes);
    Ok(item_of("session", update))
}
