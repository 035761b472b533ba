//! An issue in an answer, and a change of one in a request.

use mayday_catalog::{
    access::Principal,
    issues::{Issue, IssueChange},
    json::{IssueCounts, issue_json},
};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::{Query, QueryError, change};

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

/// The body of a PUT; fields that it does not know are ignored, as Sentry's clients send many.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IssueChangeJson {
    status: Option<String>,
    #[serde(default)]
    status_details: Map<String, Value>,
    #[serde(default, deserialize_with = "text_or_null")]
    assigned_to: Option<String>,
}

impl IssueChangeJson {
    pub(super) async fn into_change(
        self,
        query: &Query,
        principal: &Principal,
    ) -> Result<IssueChange, QueryError> {
        let in_next_release = self.in_next_release()?;
        let status = self.status.as_deref().map(|name| change::issues::status(name, in_next_release));
        let assignee = match &self.assigned_to {
            Some(text) => Some(change::issues::assignee(query, principal, text).await?),
            None => None,
        };
        Ok(IssueChange { status: status.transpose()?, assignee })
    }

    fn in_next_release(&self) -> Result<bool, QueryError> {
        if let Some(unknown) = self.status_details.keys().find(|key| *key != "inNextRelease") {
            return Err(QueryError::Invalid(format!(
                "statusDetails.{unknown}: not supported; there is inNextRelease"
            )));
        }
        Ok(self.status_details.get("inNextRelease") == Some(&Value::Bool(true)))
    }
}

/// Null means nobody, as an empty text does; absence (by `default`) means no change.
fn text_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| Some(text.unwrap_or_default()))
}
