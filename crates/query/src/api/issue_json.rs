//! An issue in an answer, and a change of one in a request.

use mayday_catalog::{
    access::Principal,
    activities::Activity,
    issue_changes::IssueChange,
    issues::Issue,
    json::{IssueCounts, issue_json},
};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::respond::date;
use crate::{
    Query, QueryError,
    change::{self, issue_status::StatusDetails},
};

/// An issue as it is everywhere, with `more` fields that the endpoint adds.
pub(super) fn issue_value(
    query: &Query,
    issue: &Issue,
    counts: IssueCounts,
    more: impl IntoIterator<Item = (&'static str, Value)>,
) -> Result<Value, QueryError> {
    let json = issue_json(issue, counts, &query.base_url, query.clock.now());
    let mut value = serde_json::to_value(json).map_err(|error| QueryError::Internal(error.into()))?;
    for (name, field) in more {
        value[name] = field;
    }
    Ok(value)
}

/// Something that happened to an issue, with Sentry's names.
pub(super) fn activity_json(activity: &Activity) -> Value {
    let user = activity.user.as_ref().map(|user| {
        json!({ "id": user.id.to_string(), "email": user.email, "name": user.name, "username": user.email })
    });
    json!({
        "id": activity.id.to_string(),
        "type": activity.kind,
        "user": user,
        "data": activity.data,
        "dateCreated": date(Some(activity.created)),
    })
}

/// The body of a PUT; fields that it does not know are ignored, as Sentry's clients send many.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IssueChangeJson {
    status: Option<String>,
    substatus: Option<String>,
    #[serde(default)]
    status_details: Map<String, Value>,
    #[serde(default, deserialize_with = "text_or_null")]
    assigned_to: Option<String>,
    /// `true` or 1.
    #[serde(default)]
    merge: Value,
    #[serde(default)]
    discard: bool,
}

/// What a PUT asks for.
pub(super) enum Asked {
    Change(IssueChange),
    /// To make the issues one.
    Merge,
    /// To delete the issues, and to filter further events of them.
    Discard,
}

impl IssueChangeJson {
    /// What a body says. Only an object may: serde would take a list for the fields in their order.
    pub(super) fn read(body: Value) -> Result<Self, QueryError> {
        if !body.is_object() {
            return Err(QueryError::Invalid("body: must be an object".into()));
        }
        serde_json::from_value(body).map_err(|error| QueryError::Invalid(format!("body: {error}")))
    }

    pub(super) async fn into_asked(self, query: &Query, principal: &Principal) -> Result<Asked, QueryError> {
        let merges = match &self.merge {
            Value::Null | Value::Bool(false) => false,
            Value::Bool(true) => true,
            Value::Number(number) if number.as_u64() == Some(1) => true,
            other => return Err(QueryError::Invalid(format!("merge: {other} is not 1 or true"))),
        };
        let changes = self.status.is_some() || self.assigned_to.is_some();
        if u8::from(merges) + u8::from(self.discard) + u8::from(changes) > 1 {
            let one = "merge, discard: each goes alone, without a status or an assignee";
            return Err(QueryError::Invalid(one.into()));
        }
        match (merges, self.discard) {
            (true, _) => Ok(Asked::Merge),
            (_, true) => Ok(Asked::Discard),
            _ => Ok(Asked::Change(self.into_change(query, principal).await?)),
        }
    }

    async fn into_change(self, query: &Query, principal: &Principal) -> Result<IssueChange, QueryError> {
        let details = StatusDetails::parse(Value::Object(self.status_details))?;
        let now = query.clock.now();
        let status = match self.status.as_deref() {
            Some(name) => Some(change::issue_status::status(name, self.substatus.as_deref(), details, now)?),
            None => None,
        };
        let assignee = match &self.assigned_to {
            Some(text) => Some(change::issues::assignee(query, principal, text).await?),
            None => None,
        };
        Ok(IssueChange { status, assignee })
    }
}

/// Null means nobody, as an empty text does; absence (by `default`) means no change.
fn text_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| Some(text.unwrap_or_default()))
}
