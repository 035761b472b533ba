//! Writing what was accepted into ledger and journal.

use std::net::IpAddr;

use actix_web::HttpRequest;
use mayday_catalog::keys::KeyInfo;
use mayday_event::{Category, EventId, Outcome, RawReport, limits, raw::Format, wire::envelope::Item};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use uuid::Uuid;

use crate::{
    Ingest,
    body::Sent,
    error::{Refusal, Refused},
};

/// A report whose framing is checked.
pub(crate) struct Report<'request> {
    pub(crate) request: &'request HttpRequest,
    pub(crate) key: KeyInfo,
    pub(crate) client: Option<String>,
    pub(crate) event_id: EventId,
    pub(crate) format: Format,
    pub(crate) sent: Sent,
}

impl Ingest {
    /// Counts the event as received, takes its place in the rate limit, and appends it; durable when this returns.
    pub(crate) async fn keep(&self, report: Report<'_>) -> Result<(), Refusal> {
        let project = report.key.project_id;
        self.ledger.received(Some(project), Category::Error, 1);
        let refusal = |refused| Refusal { refused, project: Some(project), event_received: true };
        let now = self.clock.now();
        self.rates
            .take(&report.key, now)
            .map_err(|retry_after| refusal(Refused::RateLimited { retry_after }))?;
        let raw = RawReport {
            project_id: project,
            received: now,
            event_id: report.event_id,
            remote_addr: remote_addr(report.request),
            client: report.client,
            format: report.format,
            encoding: report.sent.encoding,
            body: report.sent.bytes,
        };
        self.journal.append(raw.encode()).await.map_err(|error| refusal(error.into()))?;
        Ok(())
    }

    /// Counts items that are not stored.
    pub(crate) fn pass_over<'item>(&self, key: &KeyInfo, items: impl Iterator<Item = &'item Item>) {
        for item in items {
            let (project, category) = (Some(key.project_id), item.category());
            self.ledger.received(project, category, 1);
            let reason = if item.ty == "event" { "second_event" } else { "not_stored" };
            self.ledger.outcome(project, category, Outcome::Filtered, reason, 1);
        }
    }
}

/// The client's address: the first that proxies name, else the connection's.
fn remote_addr(request: &HttpRequest) -> Option<String> {
    let forwarded = request.headers().get("X-Forwarded-For").and_then(|value| value.to_str().ok());
    let forwarded = forwarded.and_then(|list| list.split(',').next()?.trim().parse::<IpAddr>().ok());
    forwarded.or_else(|| Some(request.peer_addr()?.ip())).map(|address| address.to_string())
}

/// The id that a new event gets when its client gave none.
pub(crate) fn new_event_id() -> EventId {
    EventId(Uuid::new_v4())
}

/// Checks that these bytes are one JSON object of bearable size, and finds the `event_id` in it.
pub(crate) fn look_at_event(json: &[u8]) -> Result<Option<EventId>, Refused> {
    if json.len() > limits::EVENT_BYTES {
        return Err(Refused::EventTooLarge { length: json.len(), limit: limits::EVENT_BYTES });
    }
    let EventHead { event_id } =
        serde_json::from_slice(json).map_err(|error| Refused::EventJson { problem: error.to_string() })?;
    Ok(event_id)
}

/// An event's JSON, of which only the id is looked at.
struct EventHead {
    event_id: Option<EventId>,
}

impl<'de> Deserialize<'de> for EventHead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventHeadVisitor)
    }
}

struct EventHeadVisitor;

impl<'de> Visitor<'de> for EventHeadVisitor {
    type Value = EventHead;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EventHead, A::Error> {
        let mut event_id = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if key == "event_id" {
                // Of another type: no id, but no reason to refuse the event either.
                let value: serde_json::Value = map.next_value()?;
                event_id = value.as_str().and_then(|id| id.trim().parse().ok());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(EventHead { event_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_an_object_and_may_say_its_id() {
        let id = "0123456789abcdef0123456789abcdef";
        let found = look_at_event(format!(r#"{{"a":[1,{{}}],"event_id":"{id}","b":null}}"#).as_bytes());
        assert_eq!(found.unwrap().unwrap().to_string(), id);
        assert_eq!(look_at_event(br#"{"event_id":17}"#).unwrap(), None);
        for wrong in ["", "[]", "{", "{\"a\":}", "nonsense", "{}x"] {
            assert!(look_at_event(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
