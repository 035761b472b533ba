//! Bugsnag's notify (payload versions 4 and 5) and session payloads, as its SDKs post them.
//!
//! <https://bugsnagerrorreportingapi.docs.apiary.io/>. A report becomes an `event` item, and where it names the session
//! that it happened in, a `session` item that says how that session stands now. What the model has no place for stays
//! under Bugsnag's name in the `app` and `device` contexts; `metaData` becomes contexts and extra.

mod context;
mod event;
mod session;
mod stack;

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use self::event::Report;
use super::{WireError, envelope::Item, translate::text_of};
use crate::{ids::EventId, normalize};

const FORMAT: &str = "Bugsnag payload";
/// Most reports or sessions in one body (413); SDKs send one report, and some tens of sessions.
const MOST: usize = 10_000;

/// The members of a body, whose larger parts are read one by one, so that no more than one costs memory at a time.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow, default)]
    api_key: Option<&'a RawValue>,
    #[serde(borrow, default)]
    notifier: Option<&'a RawValue>,
    #[serde(borrow, default)]
    app: Option<&'a RawValue>,
    #[serde(borrow, default)]
    device: Option<&'a RawValue>,
    #[serde(borrow, default)]
    events: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    sessions: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    session_counts: Option<Vec<&'a RawValue>>,
}

impl<'a> Body<'a> {
    fn parse(text: &'a str) -> Result<Self, WireError> {
        let body: Self = serde_json::from_str(text).map_err(|error| WireError::malformed(FORMAT, error))?;
        for list in [&body.events, &body.sessions, &body.session_counts].into_iter().flatten() {
            if list.len() > MOST {
                let problem = format!("{} reports or sessions, more than {MOST}", list.len());
                return Err(WireError::too_large(FORMAT, problem));
            }
        }
        Ok(body)
    }
}

/// The API key that a body names; SDKs give it as a header too.
pub fn api_key(body: &[u8]) -> Option<String> {
    let text = normalize::foreign_text(body);
    let key = Body::parse(&text).ok()?.api_key?;
    text_of(&normalize::foreign_value(key.get()).ok()?)
}

/// The items of a notify body: one `event` item a report, and `session` items. The protocol has no event ids:
/// `new_id` makes them, but for reports that are unlike all others, whose id is made from what they say, so that one
/// sent twice is one event.
pub fn notify_items(body: &[u8], mut new_id: impl FnMut() -> EventId) -> Result<Vec<Item>, WireError> {
    let text = normalize::foreign_text(body);
    let body = Body::parse(&text)?;
    let events = body.events.ok_or_else(|| WireError::malformed(FORMAT, "\"events\" is missing"))?;
    let notifier = shared(body.notifier, "notifier")?;
    let mut items = Vec::with_capacity(events.len() * 2);
    for (at, event) in events.into_iter().enumerate() {
        let members = object(event, || format!("events[{at}]"))?;
        let report = Report { members, notifier: &notifier, sent: event.get() };
        report.into_items(&mut new_id, &mut items);
    }
    Ok(items)
}

/// The items of a sessions body: a `session` item for each session with an id, `sessions` items for those that are only
/// counted by the minute.
///
/// A server SDK counts its sessions, yet names the session of each report: the item that comes with the report says that
/// it is one of those that are counted.
pub fn session_items(body: &[u8]) -> Result<Vec<Item>, WireError> {
    let text = normalize::foreign_text(body);
    let body = Body::parse(&text)?;
    if body.sessions.is_none() && body.session_counts.is_none() {
        return Err(WireError::malformed(FORMAT, "both \"sessions\" and \"sessionCounts\" are missing"));
    }
    let objects = |list: Option<Vec<&RawValue>>, name: &str| -> Result<Vec<Map<String, Value>>, WireError> {
        let list = list.unwrap_or_default().into_iter().enumerate();
        list.map(|(at, raw)| object(raw, || format!("{name}[{at}]"))).collect()
    };
    let source = session::Source::new(shared(body.app, "app")?, shared(body.device, "device")?);
    let mut items = source.started(objects(body.sessions, "sessions")?);
    items.extend(source.counted(objects(body.session_counts, "sessionCounts")?));
    Ok(items)
}

/// A part that may be missing.
fn shared(raw: Option<&RawValue>, name: &str) -> Result<Map<String, Value>, WireError> {
    raw.map_or_else(|| Ok(Map::new()), |raw| object(raw, || name.to_owned()))
}

fn object(raw: &RawValue, place: impl Fn() -> String) -> Result<Map<String, Value>, WireError> {
    let malformed = |problem: &str| WireError::malformed(FORMAT, format!("{}: {problem}", place()));
    match normalize::foreign_value(raw.get()) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(malformed("not an object")),
        Err(problem) => Err(malformed(&problem)),
    }
}

#[cfg(test)]
mod tests;
