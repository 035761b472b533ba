//! Writing what was accepted into ledger and journal.

use std::net::IpAddr;

use actix_web::HttpRequest;
use mayday_catalog::keys::KeyInfo;
use mayday_event::{Category, EventId, Outcome, RawReport, Timestamp, raw::Format, wire::envelope::Item};
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

/// A request of another protocol than Sentry's, as items of an envelope.
#[derive(Debug, Default)]
pub(crate) struct Translated {
    /// What the client is answered: the id of the first event.
    pub(crate) event_id: Option<EventId>,
    /// By the client's clock, where the protocol says it.
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) items: Vec<Item>,
    /// How many things of the request mayday does not keep.
    pub(crate) not_stored: u64,
}

impl Ingest {
    /// Counts, limits and appends all items of a request; durable when this returns.
    pub(crate) async fn keep_items(
        &self,
        request: &HttpRequest,
        key: &KeyInfo,
        client: Option<String>,
        translated: Translated,
    ) -> Result<(), Refusal> {
        let _ = (request, key, client, translated);
        Ok(())
    }

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
