//! One item: from Rollbar's to Sentry's event.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    super::{
        envelope::Item,
        translate::{Members, event_item, platform, text_of},
    },
    context,
    stack::Stacks,
};
use crate::{crash::CrashFormat, ids::EventId};

/// The event of an item, and the crash report that comes with it.
pub(super) fn translate(mut item: Map<String, Value>, new_id: &mut impl FnMut() -> EventId) -> Vec<Item> {
    let stated = item.take_text("uuid").and_then(|id| Uuid::try_parse(&id).ok());
    let id = stated.map_or_else(new_id, EventId);
    let mut body = item.take_object("body");
    let report = body.take_object("crash_report").take_text("raw");
    let origin = Origin::of(&mut item, report.is_some());

    let mut event = Map::new();
    event.insert("platform".to_owned(), origin.platform.into());
    event.put("level", level(&mut item, &origin));
    event.put("timestamp", item.take("timestamp"));
    event.put("environment", item.take_text("environment"));
    event.put("transaction", item.take_text("context"));
    event.put("fingerprint", item.take_text("fingerprint").map(|hash| json!([hash])));
    event.put("sdk", origin.sdk.clone());
    let message = body.take_object("message");
    put_body(&mut event, body, &origin);
    let mut extra = context::describe(&mut event, item);
    put_message(&mut event, message, &mut extra);
    event.put_object("extra", extra);

    let mut items = vec![event_item(id, event)];
    items.extend(report.map(|report| file(id, report)));
    items
}

/// Who reports, of what.
pub(super) struct Origin {
    pub(super) platform: &'static str,
    /// Whether the SDK says that nobody caught it; `None` where it does not tell.
    pub(super) handled: Option<bool>,
    /// Node's SDK counts the columns of a line from 0, all others from 1.
    pub(super) columns_from_0: bool,
    sdk: Option<Value>,
}

impl Origin {
    fn of(item: &mut Map<String, Value>, has_report: bool) -> Self {
        let mut notifier = item.take_object("notifier");
        let name = notifier.take_text("name");
        let is_node = name.as_deref() == Some("node_rollbar");
        let is_uncaught = notifier.take_object("diagnostic").get("is_uncaught") == Some(&Value::Bool(true));
        let says_so = is_node || name.as_deref() == Some("rollbar-browser-js");
        let handled = match (has_report || is_uncaught, says_so) {
            (true, _) => Some(false),
            (false, true) => Some(true),
            (false, false) => None,
        };
        let sdk = name.map(|name| json!({ "name": name, "version": notifier.get("version") }));
        Self { platform: platform_of(item, is_node), handled, columns_from_0: is_node, sdk }
    }
}

/// By the language, else by the platform's name.
fn platform_of(item: &Map<String, Value>, is_node: bool) -> &'static str {
    let text = |key: &str| item.get(key).and_then(text_of).unwrap_or_default().to_lowercase();
    // `python 3.13.1`.
    let (language, place) = (text("language"), text("platform"));
    match language.split(' ').next().unwrap_or_default() {
        "javascript" if is_node || text("framework") == "node-js" => "node",
        "javascript" | "typescript" => "javascript",
        "objective-c" | "objectivec" => "cocoa",
        "scala" | "groovy" => "java",
        "c#" => "csharp",
        known => platform(known).unwrap_or(match place.as_str() {
            "browser" => "javascript",
            "ios" | "macos" | "tvos" | "watchos" => "cocoa",
            other => platform(other).unwrap_or("other"),
        }),
    }
}

/// Node's SDK calls what nobody caught `debug`, unless it is told otherwise.
fn level(item: &mut Map<String, Value>, origin: &Origin) -> Option<String> {
    let level = item.take_text("level")?;
    let is_by_default = origin.handled == Some(false) && level == "debug";
    Some(if is_by_default { "error".to_owned() } else { level })
}

/// Exceptions, threads and breadcrumbs.
fn put_body(event: &mut Map<String, Value>, mut body: Map<String, Value>, origin: &Origin) {
    let stacks = Stacks { platform: origin.platform, columns_from_0: origin.columns_from_0 };
    let mut chain = body.take_list("trace_chain");
    chain.extend(body.take("trace"));
    let mut exceptions = stacks.exceptions(chain);
    if let (Some(Value::Object(raised)), Some(handled)) = (exceptions.last_mut(), origin.handled) {
        raised.insert("mechanism".to_owned(), json!({ "type": "generic", "handled": handled }));
    }
    let breadcrumbs = context::breadcrumbs(body.take_list("telemetry"));
    let threads = stacks.threads(body.take_list("threads"));
    for (key, values) in [("exception", exceptions), ("threads", threads), ("breadcrumbs", breadcrumbs)] {
        event.put(key, (!values.is_empty()).then(|| json!({ "values": values })));
    }
}

/// A message's text; what else it holds is extra.
fn put_message(
    event: &mut Map<String, Value>,
    mut message: Map<String, Value>,
    extra: &mut Map<String, Value>,
) {
    let text = message.take_text("body");
    event.put("logentry", text.map(|text| json!({ "formatted": text })));
    for (key, value) in message.take_object("extra").into_iter().chain(message) {
        extra.entry(key).or_insert(value);
    }
}

/// A crash report, which the event is completed from.
fn file(id: EventId, report: String) -> Item {
    let (name, ty) = CrashFormat::Apple.attachment();
    let mut item = Item::new("attachment", report.into());
    for (key, value) in [("event_id", id.to_string().as_str()), ("filename", name), ("attachment_type", ty)] {
        item.header.insert(key.to_owned(), value.into());
    }
    item
}
