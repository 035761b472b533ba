//! A status as people and programs say it, with Sentry's names.

use mayday_catalog::{
    ignoring::{Conditions, IgnoreUntil},
    issue_changes::NewStatus,
};
use mayday_event::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::QueryError;

const MINUTE_MS: i64 = 60_000;
/// What is no version and asks for the newest.
const LATEST: &str = "latest";

/// What goes with a status.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StatusDetails {
    /// A version, or `latest`.
    pub(crate) in_release: Option<String>,
    pub(crate) in_next_release: Option<bool>,
    /// Minutes.
    pub(crate) ignore_duration: Option<u32>,
    pub(crate) ignore_until: Option<String>,
    pub(crate) ignore_count: Option<u32>,
    pub(crate) ignore_user_count: Option<u32>,
    pub(crate) ignore_until_escalating: Option<bool>,
    /// Sent with null by Sentry's clients; nothing else is supported.
    #[expect(dead_code, reason = "reading it refuses it")]
    ignore_window: Option<NotSupported>,
    #[expect(dead_code, reason = "reading it refuses it")]
    ignore_user_window: Option<NotSupported>,
}

/// A value that only null may stand for.
#[derive(Debug)]
struct NotSupported;

impl<'de> Deserialize<'de> for NotSupported {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom(
            "windows are not supported; leave ignoreWindow and ignoreUserWindow out",
        ))
    }
}

impl StatusDetails {
    pub(crate) fn parse(details: Value) -> Result<Self, QueryError> {
        serde_json::from_value(details)
            .map_err(|error| QueryError::Invalid(format!("statusDetails: {error}")))
    }

    fn conditions(&self, now: Timestamp) -> Result<Conditions, QueryError> {
        let until = match (&self.ignore_until, self.ignore_duration) {
            (Some(text), _) => {
                let unreadable = || {
                    let example = "2026-11-24T03:42:01Z";
                    QueryError::Invalid(format!("ignoreUntil: {text:?} is not a time such as {example}"))
                };
                Some(Timestamp::parse(text).ok_or_else(unreadable)?)
            }
            (None, Some(minutes)) => Some(now.plus_ms(i64::from(minutes) * MINUTE_MS)),
            (None, None) => None,
        };
        if until.is_some_and(|until| until <= now) {
            return Err(QueryError::Invalid("ignoreUntil, ignoreDuration: must lie in the future".into()));
        }
        if [self.ignore_count, self.ignore_user_count].contains(&Some(0)) {
            return Err(QueryError::Invalid("ignoreCount, ignoreUserCount: must be at least 1".into()));
        }
        Ok(Conditions { time: until, events: self.ignore_count, users: self.ignore_user_count })
    }
}

/// A status by the name that Sentry's API knows, with its details.
pub(crate) fn status(
    name: &str,
    substatus: Option<&str>,
    details: StatusDetails,
    now: Timestamp,
) -> Result<NewStatus, QueryError> {
    let conditions = details.conditions(now)?;
    let ignores = conditions != Conditions::default() || details.ignore_until_escalating == Some(true);
    let is_ignored = matches!(name, "ignored" | "muted" | "archived");
    if ignores && !is_ignored {
        return Err(QueryError::Invalid("statusDetails.ignore…: goes with ignored only".into()));
    }
    let in_next = details.in_next_release == Some(true);
    let resolves = details.in_release.is_some() || in_next;
    match name {
        "resolvedInNextRelease" if details.in_release.is_none() => Ok(NewStatus::ResolvedInNextRelease),
        "resolved" if in_next && details.in_release.is_none() => Ok(NewStatus::ResolvedInNextRelease),
        "resolved" | "resolvedInNextRelease" => match details.in_release {
            Some(_) if in_next || name != "resolved" => {
                Err(QueryError::Invalid("statusDetails: takes inRelease or inNextRelease, not both".into()))
            }
            Some(release) => Ok(NewStatus::ResolvedInRelease(Some(release).filter(|it| it != LATEST))),
            None => Ok(NewStatus::Resolved),
        },
        _ if resolves => Err(QueryError::Invalid("statusDetails.in…Release: goes with resolved only".into())),
        "unresolved" => Ok(NewStatus::Unresolved),
        // What older clients call ignored: `sentry-cli issues mute`.
        _ if is_ignored => Ok(NewStatus::Ignored(ignore_until(substatus, conditions)?)),
        _ => Err(QueryError::Invalid(format!(
            "status: {name:?} is not resolved, resolvedInNextRelease, unresolved or ignored"
        ))),
    }
}

fn ignore_until(substatus: Option<&str>, conditions: Conditions) -> Result<IgnoreUntil, QueryError> {
    let has_conditions = conditions != Conditions::default();
    match substatus {
        None if has_conditions => Ok(IgnoreUntil::Condition(conditions)),
        Some("archived_until_condition_met") if has_conditions => Ok(IgnoreUntil::Condition(conditions)),
        Some("archived_until_condition_met") => Err(QueryError::Invalid(
            "substatus: archived_until_condition_met needs a condition in statusDetails, such as ignoreCount"
                .into(),
        )),
        Some("archived_forever") => Ok(IgnoreUntil::Forever),
        None | Some("archived_until_escalating") => Ok(IgnoreUntil::Escalating),
        Some(other) => Err(QueryError::Invalid(format!(
            "substatus: {other:?} is not archived_until_escalating, archived_until_condition_met or archived_forever"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp(1_795_492_800_000);

    fn parsed(name: &str, substatus: Option<&str>, details: Value) -> Result<NewStatus, String> {
        let details = StatusDetails::parse(details).map_err(|error| error.to_string())?;
        status(name, substatus, details, NOW).map_err(|error| error.to_string())
    }

    #[test]
    fn sentrys_names_are_understood() {
        let in_release = |release: &str| NewStatus::ResolvedInRelease(Some(release.into()));
        for (name, details, expected) in [
            ("resolved", json!({}), NewStatus::Resolved),
            ("resolved", json!({ "inRelease": "app@1.2" }), in_release("app@1.2")),
            ("resolved", json!({ "inRelease": "latest" }), NewStatus::ResolvedInRelease(None)),
            ("resolved", json!({ "inNextRelease": true }), NewStatus::ResolvedInNextRelease),
            ("resolvedInNextRelease", json!({}), NewStatus::ResolvedInNextRelease),
            ("unresolved", json!({ "ignoreWindow": null }), NewStatus::Unresolved),
            ("muted", json!({}), NewStatus::Ignored(IgnoreUntil::Escalating)),
        ] {
            assert_eq!(parsed(name, None, details), Ok(expected), "{name}");
        }
        let details = json!({ "ignoreDuration": 30, "ignoreCount": 100, "ignoreUserCount": null });
        let conditions =
            Conditions { time: Some(NOW.plus_ms(30 * MINUTE_MS)), events: Some(100), users: None };
        let expected = NewStatus::Ignored(IgnoreUntil::Condition(conditions));
        assert_eq!(parsed("ignored", None, details.clone()), Ok(expected.clone()));
        assert_eq!(parsed("ignored", Some("archived_until_condition_met"), details), Ok(expected));
        let forever = NewStatus::Ignored(IgnoreUntil::Forever);
        assert_eq!(parsed("ignored", Some("archived_forever"), json!({})), Ok(forever));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_reason() {
        let refused = [
            parsed("fixed", None, json!({})),
            parsed("resolved", None, json!({ "inRelease": "1", "inNextRelease": true })),
            parsed("resolved", None, json!({ "ignoreCount": 3 })),
            parsed("ignored", None, json!({ "inNextRelease": true })),
            parsed("ignored", None, json!({ "ignoreCount": 0 })),
            parsed("ignored", None, json!({ "ignoreUntil": "2020-01-01T00:00:00Z" })),
            parsed("ignored", None, json!({ "ignoreUntil": "soon" })),
            parsed("ignored", Some("archived_until_condition_met"), json!({})),
            parsed("ignored", Some("asleep"), json!({})),
            parsed("ignored", None, json!({ "ignoreCount": 3, "ignoreWindow": 60 })),
            parsed("resolved", None, json!({ "inCommit": "abc" }))
                .map_err(|error| error.chars().take(40).collect()),
        ];
        insta::assert_snapshot!(refused.map(Result::unwrap_err).join("\n"));
    }
}
