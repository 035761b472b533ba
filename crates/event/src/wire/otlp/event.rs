//! From a log record to an event, by the semantic conventions: <https://opentelemetry.io/docs/specs/semconv/>.

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use super::{
    super::translate::{Members, platform},
    record::{Origin, Record, names_a_crash},
    stack::{self, Link, Raised, Told},
};
use crate::time::Timestamp;

/// Context, its field, and the attribute that it is taken from; the first of a field's lines that is there counts.
const CONTEXTS: [(&str, &str, &str); 19] = [
    ("os", "name", "os.name"),
    ("os", "name", "os.type"),
    ("os", "version", "os.version"),
    ("os", "build", "os.build_id"),
    ("os", "raw_description", "os.description"),
    ("os", "api_level", "android.os.api_level"),
    ("device", "model", "device.model.name"),
    ("device", "model_id", "device.model.identifier"),
    ("device", "manufacturer", "device.manufacturer"),
    ("device", "arch", "host.arch"),
    ("device", "id", "device.id"),
    ("app", "app_name", "service.name"),
    ("app", "app_version", "service.version"),
    ("app", "app_build", "app.build_id"),
    ("app", "installation_id", "app.installation.id"),
    ("runtime", "name", "process.runtime.name"),
    ("runtime", "version", "process.runtime.version"),
    ("runtime", "raw_description", "process.runtime.description"),
    ("browser", "name", "browser.name"),
];
/// Members of the event's user, likewise.
const USER: [(&str, &str); 5] = [
    ("id", "user.id"),
    ("id", "enduser.id"),
    ("email", "user.email"),
    ("username", "user.name"),
    ("name", "user.full_name"),
];
/// Attributes that are tags.
const TAGS: [&str; 2] = ["service.namespace", "session.id"];

/// The attributes of a record and of its resource; what is taken out is told elsewhere than the rest.
struct Attributes {
    record: Map<String, Value>,
    resource: Map<String, Value>,
}

impl Attributes {
    fn text_of(&self, key: &str) -> Option<&str> {
        self.record.get(key).or_else(|| self.resource.get(key))?.as_str().filter(|text| !text.is_empty())
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.record.take(key).or_else(|| self.resource.take(key))
    }

    fn take_text(&mut self, key: &str) -> Option<String> {
        self.record.take_text(key).or_else(|| self.resource.take_text(key))
    }
}

/// The event that a record tells of.
pub(super) fn event(origin: &Origin, record: Record) -> Map<String, Value> {
    let Record { time_ns, severity, severity_text, body, attributes, trace_id, span_id, event_name } = record;
    let mut attributes = Attributes { record: attributes, resource: origin.resource.clone() };
    let event_name = Some(event_name).filter(|name| !name.is_empty());
    let event_name = event_name.or_else(|| attributes.take_text("event.name")).unwrap_or_default();
    let language = attributes.take_text("telemetry.sdk.language");
    let exceptions = Exceptions::take(&mut attributes, language.as_deref());
    let is_fatal = severity > 20 || (names_a_crash(&event_name) && !event_name.ends_with("exception"));

    let mut event = Map::new();
    event.insert("platform".to_owned(), exceptions.platform.into());
    event.put("timestamp", time(time_ns).map(|time| time.to_string()));
    event.put("level", level(severity, severity_text, is_fatal));
    event.put("logger", Some(origin.scope.clone()).filter(|scope| !scope.is_empty()));
    event.put("sdk", sdk(&mut attributes, language));
    event.put("release", attributes.text_of("service.version").map(str::to_owned));
    event.put("dist", attributes.text_of("app.build_id").map(str::to_owned));
    let environment = attributes.take_text("deployment.environment.name");
    event.put("environment", environment.or_else(|| attributes.take_text("deployment.environment")));
    event.put("server_name", attributes.take_text("host.name"));
    event.put_object("tags", tags(&mut attributes));
    attributes.record.put("exception.stacktrace", exceptions.unread.clone());
    put_exceptions(&mut event, exceptions, &mut attributes, &event_name, is_fatal);
    event.put_object("user", user(&mut attributes));
    event.put_object("request", request(&mut attributes));
    put_body(&mut event, body, &mut attributes.record);
    let Attributes { record, .. } = put_contexts(&mut event, attributes, trace_id, span_id);
    event.put_object("extra", record);
    event
}

fn time(nanoseconds: u64) -> Option<Timestamp> {
    const NS_PER_MS: u64 = 1_000_000;
    (nanoseconds > 0).then(|| i64::try_from(nanoseconds / NS_PER_MS).ok().map(Timestamp))?
}

/// By the number; by the name where there is none.
fn level(severity: i64, text: String, is_fatal: bool) -> Option<String> {
    let level = match severity {
        _ if is_fatal => "fatal",
        1..=8 => "debug",
        9..=12 => "info",
        13..=16 => "warning",
        17..=20 => "error",
        _ => return Some(text).filter(|text| !text.is_empty()),
    };
    Some(level.to_owned())
}

fn sdk(attributes: &mut Attributes, language: Option<String>) -> Option<Value> {
    let name = attributes.take_text("telemetry.sdk.name")?;
    let name = language.map_or(name.clone(), |language| format!("{name}.{language}"));
    Some(json!({ "name": name, "version": attributes.take_text("telemetry.sdk.version") }))
}

/// The service's name is the app's too.
fn tags(attributes: &mut Attributes) -> Map<String, Value> {
    let mut tags = Map::new();
    tags.put("service.name", attributes.text_of("service.name"));
    for tag in TAGS {
        tags.put(tag, attributes.take_text(tag));
    }
    tags
}

/// What a record says of its exception.
struct Exceptions {
    platform: &'static str,
    /// The cause first.
    chain: Vec<Raised>,
    /// A stack in a format that is not read.
    unread: Option<String>,
    /// The binary that the frames lie in.
    image: Option<Value>,
}

impl Exceptions {
    fn take(attributes: &mut Attributes, language: Option<&str>) -> Self {
        let text = attributes.take_text("exception.stacktrace");
        let read = text.as_deref().and_then(|text| stack::parse(text, language));
        let (found, mut chain, unread, image) = match read {
            Some(Told { platform, chain, image }) => (Some(platform), chain, None, image),
            None => (None, vec![Raised::default()], text, None),
        };
        let platform = language.and_then(platform).or(found).unwrap_or("other");
        let (ty, value) = (attributes.take_text("exception.type"), attributes.take_text("exception.message"));
        if let Some(raised) = chain.last_mut() {
            raised.ty = ty.or(raised.ty.take());
            raised.value = value.or(raised.value.take());
        }
        Self { platform, chain, unread, image }
    }
}

fn put_exceptions(
    event: &mut Map<String, Value>,
    exceptions: Exceptions,
    attributes: &mut Attributes,
    event_name: &str,
    is_fatal: bool,
) {
    let platform = exceptions.platform;
    event.put("debug_meta", exceptions.image.map(|image| json!({ "images": [image] })));
    let chain = exceptions.chain.into_iter().filter(|raised| *raised != Raised::default());
    let mut values: Vec<Value> = chain.map(|raised| exception(raised, platform)).collect();
    let (thread_id, thread_name) = (attributes.take("thread.id"), attributes.take_text("thread.name"));
    if let Some(Value::Object(raised)) = values.last_mut() {
        let mut mechanism = match raised.remove("mechanism") {
            Some(Value::Object(linked)) => linked,
            _ => Map::new(),
        };
        let ty = if event_name.is_empty() { "log" } else { event_name };
        mechanism.insert("type".to_owned(), ty.into());
        // Who logs an exception has caught it; what an event of that name tells of may have been caught or not.
        let handled = if is_fatal { Some(false) } else { event_name.is_empty().then_some(true) };
        mechanism.put("handled", handled);
        raised.insert("mechanism".to_owned(), mechanism.into());
        raised.put("thread_id", thread_id.clone());
    }
    if thread_id.is_some() || thread_name.is_some() {
        let thread = json!({ "id": thread_id, "name": thread_name, "current": true, "crashed": is_fatal });
        event.insert("threads".to_owned(), json!({ "values": [thread] }));
    }
    if !values.is_empty() {
        event.insert("exception".to_owned(), json!({ "values": values }));
    }
}

pub(super) fn exception(raised: Raised, platform: &str) -> Value {
    let mut exception = Map::new();
    let (module, ty) = match raised.ty {
        Some(ty) if ["java", "python", "csharp"].contains(&platform) => match ty.rsplit_once('.') {
            Some((module, ty)) if !ty.is_empty() => (Some(module.to_owned()), Some(ty.to_owned())),
            _ => (None, Some(ty)),
        },
        ty => (None, ty),
    };
    exception.put("type", ty);
    exception.put("module", module);
    exception.put("value", raised.value);
    exception.put("mechanism", raised.link.map(mechanism));
    let frames = raised.frames;
    exception.put("stacktrace", (!frames.is_empty()).then(|| json!({ "frames": frames })));
    exception.into()
}

/// As Sentry's SDKs write exceptions that came together.
fn mechanism(link: Link) -> Value {
    let ty = match link {
        Link { is_suppressed: true, .. } => "suppressed",
        Link { of: Some(_), .. } => "chained",
        Link { of: None, .. } => "generic",
    };
    let mut mechanism = Map::new();
    mechanism.insert("type".to_owned(), ty.into());
    mechanism.insert("exception_id".to_owned(), link.id.into());
    mechanism.put("parent_id", link.of);
    mechanism.put("is_exception_group", link.is_group.then_some(true));
    mechanism.into()
}

fn user(attributes: &mut Attributes) -> Map<String, Value> {
    let mut user = Map::new();
    for (field, key) in USER {
        if !user.contains_key(field) {
            user.put(field, attributes.take_text(key));
        }
    }
    let address = attributes.text_of("client.address").filter(|address| address.parse::<IpAddr>().is_ok());
    user.put("ip_address", address.map(str::to_owned));
    user
}

fn request(attributes: &mut Attributes) -> Map<String, Value> {
    let mut request = Map::new();
    request.put("url", attributes.take_text("url.full"));
    request.put("method", attributes.take_text("http.request.method"));
    let agent = attributes.take_text("user_agent.original");
    request.put("headers", agent.map(|agent| json!({ "User-Agent": agent })));
    request
}

/// What the record says in words.
fn put_body(event: &mut Map<String, Value>, body: Value, extra: &mut Map<String, Value>) {
    match body {
        Value::Null => {}
        Value::String(text) => event.put("logentry", Some(json!({ "formatted": text }))),
        other => extra.put("body", Some(other)),
    }
}

/// Also what has no context of its own: as it came, in `otel`.
fn put_contexts(
    event: &mut Map<String, Value>,
    mut attributes: Attributes,
    trace_id: String,
    span_id: String,
) -> Attributes {
    let mut contexts = Map::new();
    for (context, field, key) in CONTEXTS {
        let context = contexts.entry(context).or_insert_with(|| json!({}));
        if let Value::Object(context) = context
            && !context.contains_key(field)
        {
            context.put(field, attributes.take(key));
        }
    }
    let state = attributes.take_text("android.app.state").or_else(|| attributes.take_text("ios.app.state"));
    if let (Some(state), Some(Value::Object(app))) = (state, contexts.get_mut("app")) {
        app.insert("in_foreground".to_owned(), ["foreground", "active"].contains(&&*state).into());
    }
    contexts.retain(|_, context| context.as_object().is_some_and(|context| !context.is_empty()));
    let mut trace = Map::new();
    trace.put("trace_id", is_id(&trace_id).then_some(trace_id));
    trace.put("span_id", is_id(&span_id).then_some(span_id));
    contexts.put_object("trace", trace);
    if !attributes.resource.is_empty() {
        let resource = std::mem::take(&mut attributes.resource);
        contexts.insert("otel".to_owned(), json!({ "resource": resource }));
    }
    event.put_object("contexts", contexts);
    attributes
}

/// All zeros is none.
fn is_id(id: &str) -> bool {
    id.chars().any(|digit| digit != '0')
}
