//! What was around a report: app, device, user, request, breadcrumbs, metadata.

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use super::super::translate::Members;
use crate::time::Timestamp;

/// Bugsnag's name → the name in the event's context; what is in no table keeps its name.
type Names = [(&'static str, &'static str)];
const APP: &Names = &[
    ("id", "app_identifier"),
    ("name", "app_name"),
    ("version", "app_version"),
    ("inForeground", "in_foreground"),
    ("type", "build_type"),
];
const OS: &Names = &[("osName", "name"), ("osVersion", "version"), ("jailbroken", "rooted")];
const DEVICE: &Names = &[
    ("manufacturer", "manufacturer"),
    ("model", "model"),
    ("modelNumber", "model_id"),
    ("totalMemory", "memory_size"),
    ("freeMemory", "free_memory"),
    ("freeDisk", "free_storage"),
    ("orientation", "orientation"),
    ("charging", "charging"),
    ("screenDensity", "screen_density"),
    ("screenResolution", "screen_resolution"),
];
/// Runtimes, of which a report's main one is the first that it names.
const RUNTIMES: [&str; 11] =
    ["node", "python", "ruby", "php", "go", "dotnet", "reactNative", "flutter", "unity", "java", "jvm"];

/// Adds to the event what its report, app and device say of where it happened.
pub(super) fn describe(
    event: &mut Map<String, Value>,
    report: &mut Map<String, Value>,
    mut app: Map<String, Value>,
    mut device: Map<String, Value>,
) {
    let time = device.take_text("time");
    event.put("timestamp", time.clone());
    event.put("release", app.get("version").cloned());
    event.put("environment", app.take_text("releaseStage"));
    let build = app.take_text("bundleVersion").or_else(|| app.take_text("versionCode"));
    event.put("dist", build.clone());
    event.put("server_name", device.take_text("hostname"));
    let agent = device.take_text("userAgent");

    let mut contexts = Map::new();
    let mut versions = device.take_object("runtimeVersions");
    contexts.put_object("os", os(&mut device, &mut versions));
    contexts.put_object("runtime", runtime(&mut versions));
    device.put_object("runtimeVersions", versions);
    contexts.put_object("device", renamed(device, DEVICE));
    let started = time.as_deref().and_then(Timestamp::parse).zip(app.get("duration").and_then(Value::as_i64));
    app.put("app_start_time", started.map(|(time, ms)| time.plus_ms(ms.saturating_neg()).to_string()));
    app.put("app_build", build);
    contexts.put_object("app", renamed(app, APP));
    contexts.put_object("flags", flags(report.take_list("featureFlags")));
    contexts.put_object("trace", trace(report.take_object("correlation")));

    let mut user = report.take_object("user");
    let request = request(report.take_object("request"), agent, &mut user);
    event.put_object("request", request);
    event.put_object("user", user);
    event.put_object("extra", metadata(report.take_object("metaData"), &mut contexts));
    event.put_object("contexts", contexts);
}

fn renamed(mut found: Map<String, Value>, names: &Names) -> Map<String, Value> {
    for (theirs, ours) in names {
        if let Some(value) = found.take(theirs) {
            found.entry(*ours).or_insert(value);
        }
    }
    found.retain(|_, value| !value.is_null());
    found
}

/// Takes the system's members out of the device and its versions.
fn os(device: &mut Map<String, Value>, versions: &mut Map<String, Value>) -> Map<String, Value> {
    let mut os: Map<String, Value> =
        OS.iter().filter_map(|(theirs, ours)| Some(((*ours).to_owned(), device.take(theirs)?))).collect();
    os.put("build", versions.take("osBuild"));
    os.put("api_level", versions.take("androidApiLevel"));
    os
}

fn runtime(versions: &mut Map<String, Value>) -> Map<String, Value> {
    let mut runtime = Map::new();
    if let Some((name, version)) = RUNTIMES.iter().find_map(|name| Some((*name, versions.take(name)?))) {
        runtime.insert("name".to_owned(), name.into());
        runtime.insert("version".to_owned(), version);
    }
    runtime
}

fn flags(list: Vec<Value>) -> Map<String, Value> {
    let flag = |flag| {
        let Value::Object(mut flag) = flag else { return None };
        let result = flag.take("variant").unwrap_or(Value::Bool(true));
        Some(json!({ "flag": flag.take_text("featureFlag")?, "result": result }))
    };
    let values: Vec<Value> = list.into_iter().filter_map(flag).collect();
    let mut flags = Map::new();
    flags.put("values", (!values.is_empty()).then_some(values));
    flags
}

fn trace(mut correlation: Map<String, Value>) -> Map<String, Value> {
    let mut trace = Map::new();
    trace.put("trace_id", correlation.take_text("traceId"));
    trace.put("span_id", correlation.take_text("spanId"));
    trace
}

/// Also moves the client's address to the user.
fn request(
    mut found: Map<String, Value>,
    agent: Option<String>,
    user: &mut Map<String, Value>,
) -> Map<String, Value> {
    let address = found.take_text("clientIp").filter(|ip| ip.parse::<IpAddr>().is_ok());
    if !user.contains_key("ip_address") {
        user.put("ip_address", address);
    }
    let mut request = Map::new();
    request.put("url", found.take("url"));
    request.put("method", found.take("httpMethod").or_else(|| found.take("method")));
    request.put("query_string", found.take("query"));
    request.put("data", found.take("body").or_else(|| found.take("params")));
    let mut headers = found.take_object("headers");
    if let Some(referer) = found.take("referer") {
        headers.entry("Referer").or_insert(referer);
    }
    if let Some(agent) = agent {
        headers.entry("User-Agent").or_insert(agent.into());
    }
    request.put_object("headers", headers);
    request
}

/// A tab of metadata is a context; what a context of the same name says itself stays. What is no tab is extra.
fn metadata(tabs: Map<String, Value>, contexts: &mut Map<String, Value>) -> Map<String, Value> {
    let mut extra = Map::new();
    for (name, tab) in tabs {
        match (tab, contexts.get_mut(&name)) {
            (Value::Null, _) => {}
            (Value::Object(tab), _) if tab.is_empty() => {}
            (Value::Object(tab), Some(Value::Object(context))) => {
                for (name, value) in tab {
                    context.entry(name).or_insert(value);
                }
            }
            (tab @ Value::Object(_), None) => {
                contexts.insert(name, tab);
            }
            (other, _) => {
                extra.insert(name, other);
            }
        }
    }
    extra
}

pub(super) fn breadcrumbs(list: Vec<Value>) -> Vec<Value> {
    list.into_iter().filter_map(breadcrumb).collect()
}

fn breadcrumb(breadcrumb: Value) -> Option<Value> {
    let Value::Object(mut found) = breadcrumb else { return None };
    let mut breadcrumb = Map::new();
    let kind = found.take_text("type");
    let ty = match kind.as_deref() {
        Some("navigation") => "navigation",
        Some("request") => "http",
        Some("error") => "error",
        Some("user") => "user",
        _ => "default",
    };
    breadcrumb.insert("type".to_owned(), ty.into());
    breadcrumb.put("level", (ty == "error").then_some("error"));
    breadcrumb.put("category", kind);
    breadcrumb.put("timestamp", found.take("timestamp"));
    breadcrumb.put("message", found.take_text("name").or_else(|| found.take_text("message")));
    breadcrumb.put_object("data", found.take_object("metaData"));
    Some(breadcrumb.into())
}
