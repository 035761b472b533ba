//! The files that sentry-native writes while it waits for a crash: an event, and breadcrumbs in two files that it fills by
//! turns.

use serde_json::{Map, Value};

use crate::{
    limits,
    wire::{msgpack, multipart::Part},
};

#[derive(Debug, Default)]
pub(super) struct Files {
    event: Map<String, Value>,
    breadcrumbs: [Vec<Value>; 2],
}

impl Files {
    /// Reads a file if it is one of them. One that is empty says nothing; one that cannot be read stays a file.
    pub(super) fn take(&mut self, file: &Part) -> bool {
        let place = match file.name.as_str() {
            "__sentry-event" => None,
            "__sentry-breadcrumb1" => Some(0),
            "__sentry-breadcrumb2" => Some(1),
            _ => return false,
        };
        if file.content.is_empty() {
            return true;
        }
        if file.content.len() > limits::EVENT_BYTES {
            return false;
        }
        let values = msgpack::values(&file.content);
        match place.and_then(|place: usize| self.breadcrumbs.get_mut(place)) {
            Some(breadcrumbs) if !values.is_empty() => {
                *breadcrumbs = values;
                true
            }
            Some(_) => false,
            None => match values.into_iter().next() {
                Some(Value::Object(event)) => {
                    self.event = event;
                    true
                }
                _ => false,
            },
        }
    }

    /// The event with its breadcrumbs, oldest first.
    pub(super) fn event(self) -> Map<String, Value> {
        let Self { mut event, mut breadcrumbs } = self;
        // A full file is the older one; of all, no more are wanted than the client keeps, which is one full file.
        breadcrumbs.sort_by(|one, other| newest(one).cmp(newest(other)));
        let most = breadcrumbs.iter().map(Vec::len).max().unwrap_or_default();
        let mut joined = breadcrumbs.concat();
        joined.drain(..joined.len() - most);
        if !joined.is_empty() {
            event.insert("breadcrumbs".to_owned(), joined.into());
        }
        event
    }
}

/// The time of the last breadcrumb; the client writes all in one format, whose order is that of time.
fn newest(breadcrumbs: &[Value]) -> &str {
    breadcrumbs.last().and_then(|last| last.get("timestamp")?.as_str()).unwrap_or_default()
}
