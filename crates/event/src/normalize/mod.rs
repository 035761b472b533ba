//! From an event's JSON to the [`Event`] model: lenient, bounded, every loss noted.
//!
//! The payload is parsed into a borrowed tree, and each part of the model takes from it what it can read. A value
//! of the wrong type or beyond a limit costs that value, never the event, and leaves a [`Note`](crate::model::Note).

mod build;
mod clock;
mod context;
mod fields;
mod json;
mod message;
mod parse;
mod place;
mod stack;
mod value;

pub(crate) use self::parse::{foreign_text, foreign_value};
use self::{
    fields::{Fields, timestamp},
    json::Json,
    place::{Notes, Place},
};
use crate::{
    ids::EventId,
    limits,
    model::{Event, Level},
    time::Timestamp,
};

/// What is known about an event besides its payload.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The id that the client was answered; beats the payload's.
    pub event_id: EventId,
    /// When ingest received it.
    pub received: Timestamp,
    /// When the client sent it, by its clock, if it said so.
    pub sent_at: Option<Timestamp>,
    /// The client's address: what `{{auto}}` means.
    pub remote_addr: Option<String>,
    /// The client as it named itself.
    pub client: Option<String>,
}

/// Why a payload is no event at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Not JSON, or nested more than 128 levels deep.
    #[error("event payload is not valid JSON: {0}")]
    Json(String),
    /// JSON, but no object.
    #[error("event payload is {found}, not a JSON object")]
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
}

impl EventError {
    /// The stable name that the ledger counts it under.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Json(_) => "invalid_json",
            Self::NotAnObject { .. } => "not_an_object",
        }
    }
}

/// Reads an event payload (Sentry's event JSON, as in `event` items and `/store/` bodies).
pub fn event_from_json(payload: &[u8], arrival: &Arrival) -> Result<Event, EventError> {
    let notes = Notes::default();
    let mut event = {
        let root = Place::root(&notes);
        let text = parse::text(payload, &root);
        let repaired;
        let json = match parse::json(&text) {
            Ok(json) => json,
            Err(error) => {
                repaired = parse::without_lone_surrogates(&text, &root).ok_or_else(|| error.clone())?;
                parse::json(&repaired).map_err(|_| error)?
            }
        };
        match json {
            Json::Object(object) => event(Fields { object, place: root }, arrival),
            other => return Err(EventError::NotAnObject { found: other.kind() }),
        }
    };
    event.notes = notes.into_vec();
    Ok(event)
}

/// Keys of older clients, and what they are called now.
const LEGACY_KEYS: [(&str, &str); 12] = [
    ("sentry.interfaces.Exception", "exception"),
    ("sentry.interfaces.Stacktrace", "stacktrace"),
    ("sentry.interfaces.Message", "logentry"),
    ("sentry.interfaces.Http", "request"),
    ("sentry.interfaces.User", "user"),
    ("sentry.interfaces.Threads", "threads"),
    ("sentry.interfaces.Breadcrumbs", "breadcrumbs"),
    ("sentry.interfaces.Contexts", "contexts"),
    ("sentry.interfaces.DebugMeta", "debug_meta"),
    ("culprit", "transaction"),
    ("checksum", "fingerprint"),
    ("message", "logentry"),
];

fn event(mut fields: Fields<'_, '_>, arrival: &Arrival) -> Event {
    for (legacy, key) in LEGACY_KEYS {
        if let Some(json) = fields.take(legacy) {
            let current = fields.take(key).unwrap_or(json);
            fields.object.push((key.into(), current));
        }
    }
    let sent = fields.read("timestamp", timestamp);
    let mut event = Event {
        event_id: arrival.event_id,
        timestamp: clock::event_time(sent, arrival, &fields.place.key("timestamp")),
        received: arrival.received,
        level: fields.read("level", level).unwrap_or_default(),
        platform: fields.text("platform", limits::NAME_BYTES).unwrap_or_else(|| "other".to_owned()),
        logger: fields.text("logger", limits::NAME_BYTES),
        transaction: fields.text("transaction", limits::NAME_BYTES),
        server_name: fields.text("server_name", limits::NAME_BYTES),
        release: fields.read("release", build::release),
        dist: fields.text("dist", limits::ENVIRONMENT_BYTES),
        environment: fields.read("environment", build::environment),
        logentry: fields.read("logentry", message::logentry),
        exception: fields.read("exception", some(stack::exceptions)).unwrap_or_default(),
        threads: fields.read("threads", some(stack::threads)).unwrap_or_default(),
        breadcrumbs: fields.read("breadcrumbs", some(context::breadcrumbs)).unwrap_or_default(),
        contexts: fields.read("contexts", context::contexts).unwrap_or_default(),
        tags: fields.read("tags", some(context::tags)).unwrap_or_default(),
        user: fields.read("user", |json, place| context::user(json, place, arrival)),
        sdk: build::sdk(fields.take("sdk"), &fields.place.key("sdk"), arrival),
        modules: fields.text_map("modules", limits::MODULES, limits::NAME_BYTES),
        debug_images: fields.read("debug_meta", build::debug_images).unwrap_or_default(),
        fingerprint: fields.read("fingerprint", some(context::fingerprint)).unwrap_or_default(),
        extra: fields.map("extra", limits::EXTRA_BYTES),
        request: fields.read("request", context::request),
        notes: Vec::new(),
    };
    if let Some(stacktrace) = fields.read("stacktrace", stack::stacktrace) {
        stack::place_lone_stacktrace(stacktrace, &mut event.exception, &mut event.threads);
    }
    correct_breadcrumbs(&mut event, clock::drift_ms(arrival));
    lift_environment(&mut event, &fields.place.key("tags"));
    event
}

/// A reader that always yields, in the form of one that may not.
fn some<T>(read: impl Fn(Json<'_>, &Place<'_>) -> T) -> impl Fn(Json<'_>, &Place<'_>) -> Option<T> {
    move |json, place| Some(read(json, place))
}

/// They were stamped by the same clock as the event.
fn correct_breadcrumbs(event: &mut Event, drift_ms: i64) {
    for timestamp in event.breadcrumbs.iter_mut().filter_map(|breadcrumb| breadcrumb.timestamp.as_mut()) {
        *timestamp = timestamp.plus_ms(drift_ms);
    }
}

/// Old clients send the environment as a tag.
fn lift_environment(event: &mut Event, tags: &Place<'_>) {
    if event.environment.is_none() {
        let tag = event.tags.remove("environment");
        event.environment =
            tag.and_then(|tag| build::environment(Json::Text(tag.into()), &tags.key("environment")));
    }
}

/// By name, in the spellings of the usual loggers, or by the number that Python's and Node's loggers use.
fn level(json: Json<'_>, place: &Place<'_>) -> Option<Level> {
    let level = match &json {
        Json::Text(name) => match name.trim().to_ascii_lowercase().as_str() {
            "debug" | "trace" | "verbose" => Some(Level::Debug),
            "info" | "log" | "notice" | "information" => Some(Level::Info),
            "warning" | "warn" => Some(Level::Warning),
            "error" | "err" => Some(Level::Error),
            "fatal" | "critical" | "crit" | "alert" | "emergency" | "panic" => Some(Level::Fatal),
            number => number.parse().ok().filter(|number: &f64| number.is_finite()).map(level_of_number),
        },
        Json::Number(number) => number.as_f64().map(level_of_number),
        other => {
            place.wrong_type(other.kind(), "a level");
            return None;
        }
    };
    if level.is_none() {
        place.invalid(format_args!("unknown level; dropped"));
    }
    level
}

fn level_of_number(number: f64) -> Level {
    match number {
        ..20.0 => Level::Debug,
        ..30.0 => Level::Info,
        ..40.0 => Level::Warning,
        ..50.0 => Level::Error,
        _ => Level::Fatal,
    }
}

#[cfg(test)]
mod tests;
