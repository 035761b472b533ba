//! What was around an item: person, request, server, client, telemetry, custom data.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::super::translate::Members;
use crate::time::Timestamp;

/// Rollbar's name in a device's description → context and its field; the first of a field's lines that is there counts.
const DEVICE: [(&str, &str, &str); 12] = [
    ("os", "os", "name"),
    ("os_version", "os", "version"),
    ("ios_version", "os", "version"),
    ("android_version", "os", "version"),
    ("phone_model", "device", "model"),
    ("device_code", "device", "model"),
    ("app_name", "app", "app_name"),
    ("bundle_identifier", "app", "app_identifier"),
    ("version_name", "app", "app_version"),
    ("short_version", "app", "app_version"),
    ("version_code", "app", "app_build"),
    ("code_version", "app", "app_build"),
];
/// What of a request is the address that the server saw.
const SEEN_ADDRESS: [&str; 2] = ["$remote_ip", "$remote_ip_anonymize"];

/// Adds to the event what its item says of where it happened; what is left is extra.
pub(super) fn describe(event: &mut Map<String, Value>, mut item: Map<String, Value>) -> Map<String, Value> {
    for key in ["language", "framework", "platform"] {
        item.remove(key);
    }
    let (mut server, mut client) = (item.take_object("server"), item.take_object("client"));
    let mut contexts = Map::new();
    let device_version = describe_device(&mut client, &mut contexts);
    let version = item.take_text("code_version").or_else(|| server.take_text("code_version"));
    event.put("release", version.or(device_version));
    event.put("server_name", server.take_text("host"));
    event.put_object("tags", tags(item.take_list("attributes")));

    let mut person = item.take_object("person");
    let mut browser = client.take_object("javascript");
    let request =
        request(item.take_object("request"), browser.take_text("browser"), &mut person, &mut client);
    client.put_object("javascript", browser);
    event.put_object("request", request);
    event.put_object("user", person);
    contexts.put_object("server", server);
    contexts.put_object("client", client);
    event.put_object("contexts", contexts);
    extra(item)
}

/// Takes what Android's and iOS's SDKs say of app and device; what the release is called.
fn describe_device(client: &mut Map<String, Value>, contexts: &mut Map<String, Value>) -> Option<String> {
    let (mut device, system) = match (client.take_object("ios"), client.take_object("android")) {
        (ios, android) if ios.is_empty() => (android, "Android"),
        (ios, _) => (ios, "iOS"),
    };
    if device.is_empty() {
        return None;
    }
    device.entry("os").or_insert(system.into());
    for (theirs, context, field) in DEVICE {
        if let Some(value) = device.take_text(theirs) {
            let context = contexts.entry(context).or_insert_with(|| Map::new().into());
            if let Value::Object(context) = context {
                context.entry(field).or_insert(value.into());
            }
        }
    }
    client.put_object("device", device);
    let version = contexts.get("app")?.get("app_version")?;
    version.as_str().map(str::to_owned)
}

/// Attributes are a list of keys and values; whether somebody caught it is said elsewhere.
fn tags(attributes: Vec<Value>) -> Map<String, Value> {
    let tag = |attribute| {
        let Value::Object(mut attribute) = attribute else { return None };
        let key = attribute.take_text("key").filter(|key| key != "is_uncaught")?;
        Some((key, attribute.take_text("value")?.into()))
    };
    attributes.into_iter().filter_map(tag).collect()
}

/// Also moves the client's address to the user.
fn request(
    mut found: Map<String, Value>,
    agent: Option<String>,
    user: &mut Map<String, Value>,
    client: &mut Map<String, Value>,
) -> Map<String, Value> {
    let address = found.take_text("user_ip").or_else(|| client.take_text("user_ip"));
    let address = address.and_then(|address| match address.as_str() {
        seen if SEEN_ADDRESS.contains(&seen) => Some("{{auto}}".to_owned()),
        written => written.parse::<IpAddr>().ok().map(|address| address.to_string()),
    });
    if !user.contains_key("ip_address") {
        user.put("ip_address", address);
    }
    let mut request = Map::new();
    request.put("url", found.take("url"));
    request.put("method", found.take("method"));
    request.put("query_string", found.take("query_string").or_else(|| found.take("GET")));
    let body = ["POST", "body", "params"].into_iter().find_map(|key| found.take(key));
    request.put("data", body);
    let mut headers = found.take_object("headers");
    let names_agent = headers.keys().any(|name| name.eq_ignore_ascii_case("user-agent"));
    headers.put("User-Agent", agent.filter(|_| !names_agent));
    request.put_object("headers", headers);
    request
}

/// Custom data, and what an SDK's configuration added to the item beside it.
fn extra(mut item: Map<String, Value>) -> Map<String, Value> {
    let mut extra = match item.take("custom") {
        Some(Value::Object(custom)) => custom,
        Some(other) => Map::from_iter([("custom".to_owned(), other)]),
        None => Map::new(),
    };
    for (key, value) in item {
        if !value.is_null() {
            extra.entry(key).or_insert(value);
        }
    }
    extra
}

/// Telemetry is oldest first, as breadcrumbs are.
pub(super) fn breadcrumbs(telemetry: Vec<Value>) -> Vec<Value> {
    telemetry.into_iter().filter_map(breadcrumb).collect()
}

fn breadcrumb(entry: Value) -> Option<Value> {
    let Value::Object(mut found) = entry else { return None };
    let mut body = found.take_object("body");
    let kind = found.take_text("type");
    let (ty, text) = match kind.as_deref() {
        Some("network") => ("http", None),
        Some("navigation") => ("navigation", None),
        Some("error") => ("error", Some("message")),
        Some("dom") => ("user", Some("element")),
        _ => ("default", Some("message")),
    };
    let mut breadcrumb = Map::new();
    breadcrumb.insert("type".to_owned(), ty.into());
    breadcrumb.put("category", kind);
    breadcrumb.put("level", found.take_text("level"));
    let time = found.take("timestamp_ms").and_then(|ms| ms.as_i64());
    breadcrumb.put("timestamp", time.map(|ms| Timestamp(ms).to_string()));
    breadcrumb.put("message", text.and_then(|text| body.take_text(text)));
    breadcrumb.put_object("data", body);
    Some(breadcrumb.into())
}
