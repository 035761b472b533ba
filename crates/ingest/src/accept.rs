//! Writing what was accepted into ledger and journal.

use actix_web::HttpRequest;
use bytes::Bytes;
use mayday_blobs::{BlobError, BlobKey};
use mayday_catalog::keys::KeyInfo;
use mayday_event::{
    Category, EventId, Outcome, ProjectId, RawReport, Timestamp,
    raw::{Body, Format},
    report,
    wire::envelope::{self, Item},
};
use serde_json::Map;
use uuid::Uuid;

use crate::{
    Ingest,
    body::Sent,
    client_address,
    error::{Content, Refusal, Refused},
    limits::Limited,
    refusals::Sender,
};

/// Longest body that the journal takes itself, bytes.
const INLINE_BYTES: usize = 1 << 20;

/// A report whose framing is checked.
pub(crate) struct Report<'request> {
    pub(crate) request: &'request HttpRequest,
    pub(crate) key: KeyInfo,
    pub(crate) client: Option<String>,
    pub(crate) event_id: EventId,
    pub(crate) format: Format,
    pub(crate) sent: Sent,
    /// What it holds.
    pub(crate) counted: Vec<(Category, u64)>,
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
    /// Counts what a report holds, takes its place in the rate limits, and appends it; durable when this returns. Of
    /// what is over a limit nothing is kept, and the client is told.
    pub(crate) async fn keep(&self, report: Report<'_>) -> Result<Vec<Limited>, Refusal> {
        let Report { request, key, client, event_id, format, sent, counted } = report;
        self.count_received(key.project_id, &counted);
        let now = self.clock.now();
        let settings = self.catalog.settings(key.project_id);
        let limited = self.limits.take(&key, &settings, &counted, now);
        let refusal = |refused| Refusal {
            refused,
            project: Some(key.project_id),
            key_id: key.key_id,
            content: Some(Box::new(Content { event_id: Some(event_id), counted: counted.clone() })),
        };
        if !counted.is_empty() && counted.iter().all(|(category, _)| of(&limited, *category).is_some()) {
            return Err(refusal(Refused::RateLimited { limited }));
        }
        let over = counted
            .iter()
            .filter_map(|(category, _)| Some((*category, of(&limited, *category)?.reason.to_owned())));
        let body = self.place(sent.bytes).await.map_err(|error| refusal(error.into()))?;
        let raw = RawReport {
            project_id: key.project_id,
            key_id: key.key_id,
            received: now,
            event_id,
            remote_addr: client_address::of(request).map(|address| address.to_string()),
            client,
            format,
            encoding: sent.encoding,
            body,
            limited: over.collect(),
            counted: counted.clone(),
        };
        self.journal.append(key.project_id.0, raw.encode()).await.map_err(|error| refusal(error.into()))?;
        Ok(limited)
    }

    /// A large body goes to the blob store; the journal has its key.
    async fn place(&self, body: Bytes) -> Result<Body, BlobError> {
        if body.len() <= INLINE_BYTES {
            return Ok(Body::Inline(body));
        }
        let id = Uuid::now_v7();
        self.blobs.put(&BlobKey::Spool(id), body).await?;
        Ok(Body::Spooled(id))
    }

    /// Counts what came in an envelope of which nothing is stored.
    pub(crate) fn pass_over(&self, key: &KeyInfo, counted: &[(Category, u64)]) {
        const REASON: &str = "not_stored";
        self.count_received(key.project_id, counted);
        let sender = Sender { project: key.project_id, key_id: key.key_id, at: self.clock.now() };
        for (category, quantity) in counted {
            self.ledger.outcome(Some(key.project_id), *category, Outcome::Filtered, REASON, *quantity);
            self.refusals.add(sender, *category, *quantity, Outcome::Filtered, REASON);
        }
    }

    /// Counts what is received.
    pub(crate) fn count_received(&self, project: ProjectId, counted: &[(Category, u64)]) {
        for (category, quantity) in counted {
            self.ledger.received(Some(project), *category, *quantity);
        }
    }

    /// Counts, limits and appends all items of a request of another protocol; durable when this returns. What is over a
    /// limit is not kept, and returned.
    pub(crate) async fn keep_items(
        &self,
        request: &HttpRequest,
        key: &KeyInfo,
        client: Option<String>,
        translated: Translated,
    ) -> Result<Vec<Limited>, Refusal> {
        let Translated { event_id, sent_at, mut items, not_stored } = translated;
        if not_stored > 0 {
            let mut item = Item::new("not_stored", Bytes::new());
            item.header.insert("item_count".to_owned(), not_stored.into());
            items.push(item);
        }
        let mut header = Map::new();
        if let Some(id) = event_id {
            header.insert("event_id".to_owned(), id.to_string().into());
        }
        if let Some(sent_at) = sent_at {
            header.insert("sent_at".to_owned(), sent_at.to_string().into());
        }
        let report = Report {
            request,
            key: key.clone(),
            client,
            event_id: event_id.unwrap_or_else(new_event_id),
            format: Format::Envelope,
            counted: report::count(&items),
            sent: Sent { bytes: envelope::write(&header, &items), encoding: String::new(), room: None },
        };
        self.keep(report).await
    }
}

/// The limit that a category is over. A file of an event that is not kept is not kept either.
fn of(limited: &[Limited], category: Category) -> Option<&Limited> {
    limited.iter().find(|limit| limit.category == category)
}

/// The id that a new event gets when its client gave none.
pub(crate) fn new_event_id() -> EventId {
    EventId(Uuid::new_v4())
}
