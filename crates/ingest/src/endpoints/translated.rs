//! Requests of other protocols, once they are items of an envelope.

use actix_web::HttpRequest;
use mayday_catalog::keys::KeyInfo;
use mayday_event::{
    Timestamp,
    capped::{self, InflateLimits},
    limits, report,
    wire::envelope::Item,
};

use crate::{
    Ingest,
    accept::Translated,
    error::{Refusal, Refused},
};

/// Most bytes that go into one envelope, unless a single item is larger.
const ENVELOPE_BYTES: usize = 16 << 20;

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
        let event_id = items.iter().filter(|item| item.ty == "event").find_map(|event| {
            let id = event.header_text("event_id")?;
            id.parse().ok()
        });
        let translated = Translated { event_id, sent_at, items, not_stored: 0 };
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
