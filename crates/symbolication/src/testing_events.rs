//! Events for tests.

use mayday_event::{
    model::Event,
    normalize::{Arrival, event_from_json},
    time::Timestamp,
};
use serde_json::Value;

/// As it comes out of ingest.
pub(crate) fn event_of(payload: &Value) -> Event {
    let arrival = Arrival {
        event_id: "9ec79c33ec9942ab8353589fcb2e04dc".parse().unwrap(),
        received: Timestamp(1_795_492_921_500),
        sent_at: None,
        remote_addr: None,
        client: None,
    };
    event_from_json(payload.to_string().as_bytes(), &arrival).unwrap()
}
