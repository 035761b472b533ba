//! Requests of other protocols, once they are items of an envelope.

use actix_web::{HttpRequest, web::Payload};
use mayday_catalog::keys::KeyInfo;
use mayday_event::{
    Category, EventId, Timestamp,
    capped::{self, InflateLimits},
    limits, report,
    wire::{WireError, envelope::Item},
};

use super::{unread_of, unread_one};
use crate::{
    Ingest,
    accept::Translated,
    auth::{self, Credentials},
    body,
    error::{Refusal, Refused},
};

/// Most bytes that go into one envelope, unless a single item is larger.
const ENVELOPE_BYTES: usize = 16 << 20;

/// How a protocol is read whose key may come in the body.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    /// What a body that cannot be read counts as one of.
    pub(super) category: Category,
    /// The key that a body names.
    pub(super) key: fn(&[u8]) -> Option<String>,
    pub(super) items: fn(&[u8]) -> Result<Vec<Item>, WireError>,
}

/// Reads and keeps a request; durable when this returns. `early` is the key that comes before the body: it is looked up
/// before the body is read. Returns the id of the first event.
pub(super) async fn accept(
    ingest: &Ingest,
    request: &HttpRequest,
    payload: Payload,
    dialect: Dialect,
    early: Option<String>,
    sent_at: Option<Timestamp>,
) -> Result<Option<EventId>, Refusal> {
    let nobody = |refused| Refusal::unread(refused, None);
    let early = early.map(|key| auth::admit_any(ingest, &key).map_err(nobody)).transpose()?;
    let unread = |refused| match &early {
        Some(key) => unread_of(key)(refused),
        None => nobody(refused),
    };
    let sent = body::read(request, payload, &ingest.rooms).await.map_err(unread)?;
    let find_key = early.is_none();
    let check = move |body, encoding: &str, limits: &_| {
        let body = inflate(body, encoding, limits)?;
        let key = find_key.then(|| (dialect.key)(&body)).flatten();
        // What is wrong with a body is the affair of the project whose key it names.
        Ok((key, (dialect.items)(&body).map_err(Refused::from)))
    };
    let (found, items) = ingest.large_bodies.check(&sent, check).await.map_err(unread)?;
    let key = match (early, found) {
        (Some(key), _) => key,
        (None, Some(found)) => auth::admit_any(ingest, &found).map_err(nobody)?,
        (None, None) => return Err(nobody(Refused::NoKey)),
    };
    let items = items.map_err(unread_one(ingest, &key, dialect.category))?;
    let first = first_event(&items);
    keep_all(ingest, request, &key, Credentials::of(request).client(), sent_at, items).await?;
    Ok(first)
}

/// The id of the first event.
fn first_event(items: &[Item]) -> Option<EventId> {
    items
        .iter()
        .filter(|item| item.ty == "event")
        .find_map(|event| event.header_text("event_id")?.parse().ok())
}

/// A translated request that keeps to the caps of an envelope is one envelope; a larger one is several. A client that
/// is told to try again sends what is already kept once more: it has the same ids then, and counts once.
pub(super) async fn keep_all(
    ingest: &Ingest,
    request: &HttpRequest,
    key: &KeyInfo,
    client: Option<String>,
    sent_at: Option<Timestamp>,
    items: Vec<Item>,
) -> Result<(), Refusal> {
    if !report::any_stored(&items) {
        ingest.pass_over(key, &report::count(&items));
        return Ok(());
    }
    for items in envelopes(items) {
        let translated = Translated { event_id: first_event(&items), sent_at, items, not_stored: 0 };
        ingest.keep_items(request, key, client.clone(), translated).await?;
    }
    Ok(())
}

fn envelopes(items: Vec<Item>) -> Vec<Vec<Item>> {
    let mut envelopes: Vec<Vec<Item>> = Vec::new();
    let mut bytes = 0;
    for item in items {
        bytes += item.payload.len();
        match envelopes.last_mut() {
            Some(last) if last.len() < limits::ENVELOPE_ITEMS && bytes <= ENVELOPE_BYTES => last.push(item),
            _ => {
                bytes = item.payload.len();
                envelopes.push(vec![item]);
            }
        }
    }
    envelopes
}

/// A body of another protocol, inflated to no more than [`limits::TRANSLATED_BODY_BYTES`].
pub(super) fn inflate(
    body: bytes::Bytes,
    encoding: &str,
    limits: &InflateLimits,
) -> Result<bytes::Bytes, Refused> {
    let inflated_bytes = limits.inflated_bytes.min(limits::TRANSLATED_BODY_BYTES);
    let limits = InflateLimits { inflated_bytes, ..*limits };
    Ok(capped::inflate(body, encoding, &limits)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_or_large_items_are_several_envelopes() {
        let item = |bytes: usize| Item::new("event", vec![b' '; bytes].into());
        let sizes = |items: Vec<Item>| -> Vec<usize> { envelopes(items).iter().map(Vec::len).collect() };
        assert!(sizes(Vec::new()).is_empty());
        assert_eq!(sizes(vec![item(1); 450]), [200, 200, 50]);
        assert_eq!(sizes(vec![item(9 << 20); 3]), [1, 1, 1]);
        assert_eq!(sizes(vec![item(7 << 20); 3]), [2, 1]);
    }
}
