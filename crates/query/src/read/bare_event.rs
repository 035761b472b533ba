//! An event whose payload is not kept, as far as its row tells.

use std::collections::BTreeMap;

use mayday_event::{
    Event,
    model::{Exception, Level, LogEntry, Mechanism, Sdk, User},
};
use mayday_store::queries::events::{EventSummary, StoredEvent};
use serde_json::{Map, Value, json};

/// What the row's columns say.
pub(super) fn of_row(stored: &StoredEvent) -> Event {
    let StoredEvent { summary, columns, .. } = stored;
    Event {
        event_id: summary.event_id,
        timestamp: summary.timestamp,
        received: summary.received,
        level: level(&summary.level),
        platform: summary.platform.clone(),
        logger: None,
        transaction: None,
        server_name: None,
        release: known(&summary.release),
        dist: known(&summary.dist),
        environment: known(&summary.environment),
        logentry: columns
            .error_type
            .is_empty()
            .then(|| LogEntry { formatted: known(&summary.title), ..LogEntry::default() }),
        exception: exception(stored).into_iter().collect(),
        threads: Vec::new(),
        breadcrumbs: Vec::new(),
        contexts: contexts(summary, &summary.app_version),
        tags: summary.tags.iter().cloned().collect(),
        user: user(&summary.user),
        sdk: known(&columns.sdk_name)
            .map(|name| Sdk { name: Some(name), version: known(&columns.sdk_version) }),
        modules: BTreeMap::new(),
        debug_images: Vec::new(),
        fingerprint: Vec::new(),
        extra: BTreeMap::new(),
        request: None,
        notes: Vec::new(),
    }
}

fn known(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn level(name: &str) -> Level {
    serde_json::from_value(name.into()).unwrap_or_default()
}

fn exception(stored: &StoredEvent) -> Option<Exception> {
    let columns = &stored.columns;
    let mechanism =
        Mechanism { ty: known(&columns.mechanism), handled: columns.handled, ..Mechanism::default() };
    Some(Exception {
        ty: Some(known(&columns.error_type)?),
        value: known(&columns.error_value),
        mechanism: (mechanism != Mechanism::default()).then_some(mechanism),
        ..Exception::default()
    })
}

fn contexts(summary: &EventSummary, app_version: &str) -> BTreeMap<String, Value> {
    let context = |fields: &[(&str, &str)]| {
        let known = fields.iter().filter(|(_, value)| !value.is_empty());
        known.map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<Map<_, _>>()
    };
    [
        ("app", context(&[("app_version", app_version)])),
        ("device", context(&[("family", &summary.device_family), ("model", &summary.device_model)])),
        ("os", context(&[("name", &summary.os_name), ("version", &summary.os_version)])),
    ]
    .into_iter()
    .filter(|(_, fields)| !fields.is_empty())
    .map(|(name, fields)| (name.to_owned(), Value::Object(fields)))
    .collect()
}

/// Of a row's `kind:value`.
fn user(key: &str) -> Option<User> {
    let (kind, value) = key.split_once(':')?;
    let value = Some(value.to_owned());
    let user = User::default();
    match kind {
        "id" => Some(User { id: value, ..user }),
        "email" => Some(User { email: value, ..user }),
        "username" => Some(User { username: value, ..user }),
        "ip" => Some(User { ip_address: value, ..user }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use mayday_event::{EventId, GroupHash, ProjectId};
    use mayday_store::queries::events::EventColumns;
    use uuid::Uuid;

    use super::*;
    use crate::fixture::now;

    #[test]
    fn what_a_row_knows_is_shown() {
        let summary = EventSummary {
            event_id: EventId(Uuid::from_u128(3)),
            hash: GroupHash(7),
            timestamp: now(),
            received: now(),
            title: "CheckoutFailed: no view".into(),
            culprit: String::new(),
            level: "fatal".into(),
            platform: "cocoa".into(),
            release: "app@1.2".into(),
            environment: String::new(),
            user: "email:ann@example.com".into(),
            os_name: "iOS".into(),
            os_version: "18".into(),
            device_family: String::new(),
            device_model: String::new(),
            app_version: "1.2".into(),
            dist: String::new(),
            tags: vec![("network".into(), "cellular".into())],
        };
        let columns = EventColumns {
            error_type: "CheckoutFailed".into(),
            error_value: "no view".into(),
            handled: Some(false),
            sdk_name: "sentry.cocoa".into(),
            ..EventColumns::default()
        };
        let project_id = ProjectId(1);
        let stored = StoredEvent { project_id, summary, columns, payload: None, grouping: None };
        insta::assert_json_snapshot!(of_row(&stored), @r#"
        {
          "event_id": "00000000000000000000000000000003",
          "timestamp": 1795492921500,
          "received": 1795492921500,
          "level": "fatal",
          "platform": "cocoa",
          "release": "app@1.2",
          "exception": [
            {
              "type": "CheckoutFailed",
              "value": "no view",
              "mechanism": {
                "handled": false
              }
            }
          ],
          "contexts": {
            "app": {
              "app_version": "1.2"
            },
            "os": {
              "name": "iOS",
              "version": "18"
            }
          },
          "tags": {
            "network": "cellular"
          },
          "user": {
            "email": "ann@example.com"
          },
          "sdk": {
            "name": "sentry.cocoa"
          }
        }
        "#);
    }
}
