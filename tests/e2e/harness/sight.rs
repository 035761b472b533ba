//! What a person would check of an event.

use serde_json::{Value, json};

/// The event as the API shows it, boiled down.
pub(crate) fn sight(event: &Value) -> Value {
    let tag = |key: &str| {
        let mut tags = event["tags"].as_array().into_iter().flatten();
        tags.find(|tag| tag["key"] == key).map(|tag| tag["value"].clone())
    };
    let exceptions = entry(event, "exception");
    let raised = exceptions.last();
    let crumbs = entry(event, "breadcrumbs");
    let crumb = crumbs.iter().find(|crumb| crumb["message"] == "two items in the cart");
    json!({
        "title": event["title"],
        "culprit": event["culprit"],
        "level": event["level"],
        "exceptions": exceptions.iter().map(|exception| exception["type"].clone()).collect::<Vec<_>>(),
        "handled": raised.map(|raised| raised["mechanism"]["handled"].clone()),
        "function": raised.and_then(innermost),
        "release": event["release"]["version"],
        "environment": tag("environment"),
        "flavour": tag("flavour"),
        "user": [event["user"]["id"], event["user"]["email"]],
        "crumb": crumb.map(|crumb| crumb["message"].clone()),
        "sdk": event["sdk"]["name"],
        "notes": mended(event),
    })
}

/// What had to be mended of the event; what was scrubbed of it is nobody's fault.
pub(crate) fn mended(event: &Value) -> Vec<Value> {
    let notes = event["errors"].as_array().into_iter().flatten();
    notes.filter(|note| note["type"] != "scrubbed").cloned().collect()
}

/// The values of one of the event's parts.
fn entry(event: &Value, kind: &str) -> Vec<Value> {
    let mut entries = event["entries"].as_array().into_iter().flatten();
    let values = entries.find(|entry| entry["type"] == kind).map(|entry| entry["data"]["values"].clone());
    values.and_then(|values| values.as_array().cloned()).unwrap_or_default()
}

/// The function of the innermost frame that is the app's own; of the innermost one where the client names none.
fn innermost(exception: &Value) -> Option<Value> {
    let frames = exception["stacktrace"]["frames"].as_array()?;
    let own = frames.iter().rev().find(|frame| frame["inApp"] == true);
    own.or(frames.last()).map(|frame| frame["function"].clone())
}
