//! What was found in a crash report, and the event that it makes.

use serde_json::{Map, Value, json};

use crate::{ids::EventId, limits, time::Timestamp};

/// A crash report as far as it was read. Empty texts were not found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// `native`, `cocoa` or `java`.
    pub(super) platform: &'static str,
    pub(super) event_id: Option<EventId>,
    pub(super) timestamp: Option<Timestamp>,
    /// Of the exception: `EXC_BAD_ACCESS`, `SIGSEGV`, `ANR` …
    pub(super) ty: String,
    pub(super) value: String,
    /// How the crash was noticed: `minidump`, `applecrashreport`, `tombstone`, `anr` …
    pub(super) mechanism: &'static str,
    /// The mechanism's `meta`.
    pub(super) signal: Option<Value>,
    /// Of the thread that crashed.
    pub(super) thread_id: Option<u64>,
    pub(super) thread_name: String,
    /// Of the thread that crashed: the innermost call first, as crash reports have it.
    pub(super) frames: Vec<Frame>,
    /// Bundle id or package.
    pub(super) app_id: String,
    pub(super) app_name: String,
    pub(super) app_version: String,
    pub(super) app_build: String,
    pub(super) os_name: String,
    pub(super) os_version: String,
    pub(super) os_build: String,
    pub(super) device_model: String,
    pub(super) device_arch: String,
    /// Entries of `debug_meta.images`.
    pub(super) images: Vec<Value>,
}

/// One frame.
#[derive(Debug, Default, Clone)]
pub(super) struct Frame {
    pub(super) function: String,
    /// Java class.
    pub(super) module: String,
    /// Binary.
    pub(super) package: String,
    pub(super) filename: String,
    pub(super) lineno: Option<u64>,
    pub(super) instruction_addr: Option<u64>,
    pub(super) in_app: Option<bool>,
}

impl Found {
    /// Fields of a Sentry event.
    pub(super) fn into_event(mut self) -> Map<String, Value> {
        let mut event = Map::new();
        let mut set = |name: &str, value: Value| {
            if !is_empty(&value) {
                event.insert(name.to_owned(), value);
            }
        };
        set("platform", self.platform.into());
        set("level", "fatal".into());
        set("event_id", self.event_id.map_or(Value::Null, |id| id.to_string().into()));
        set("timestamp", self.timestamp.map_or(Value::Null, |time| time.to_string().into()));
        set("release", self.release().into());
        set("dist", self.app_build.clone().into());
        set("exception", json!({ "values": [self.exception()] }));
        set("contexts", self.contexts());
        self.images.truncate(limits::DEBUG_IMAGES);
        if !self.images.is_empty() {
            set("debug_meta", json!({ "images": self.images }));
        }
        event
    }

    /// `bundle@version+build`, as SDKs name releases.
    fn release(&self) -> String {
        match (self.app_id.as_str(), self.app_version.as_str(), self.app_build.as_str()) {
            ("", ..) | (_, "", "") => String::new(),
            (id, version, "") => format!("{id}@{version}"),
            (id, "", build) => format!("{id}@{build}"),
            (id, version, build) => format!("{id}@{version}+{build}"),
        }
    }

    fn exception(&mut self) -> Value {
        // Sentry has the outermost call first. Of an endless recursion both ends are kept by normalisation.
        self.frames.reverse();
        let frames: Vec<Value> = self.frames.iter().map(Frame::json).collect();
        let mut mechanism = json!({ "type": self.mechanism, "handled": false, "synthetic": true });
        if let Some(signal) = self.signal.take() {
            mechanism["meta"] = signal;
        }
        let mut exception = json!({ "type": self.ty, "value": self.value, "mechanism": mechanism });
        if let Some(id) = self.thread_id {
            exception["thread_id"] = id.into();
        }
        if !frames.is_empty() {
            exception["stacktrace"] = json!({ "frames": frames });
        }
        exception
    }

    fn contexts(&self) -> Value {
        let context = |fields: &[(&str, &String)]| {
            let given = fields.iter().filter(|(_, text)| !text.is_empty());
            let context: Map<String, Value> =
                given.map(|(name, text)| ((*name).to_owned(), text.as_str().into())).collect();
            Value::from(context)
        };
        let contexts = [
            (
                "os",
                context(&[("name", &self.os_name), ("version", &self.os_version), ("build", &self.os_build)]),
            ),
            ("device", context(&[("model", &self.device_model), ("arch", &self.device_arch)])),
            (
                "app",
                context(&[
                    ("app_identifier", &self.app_id),
                    ("app_name", &self.app_name),
                    ("app_version", &self.app_version),
                    ("app_build", &self.app_build),
                ]),
            ),
        ];
        let contexts: Map<String, Value> = contexts
            .into_iter()
            .filter(|(_, context)| !is_empty(context))
            .map(|(name, context)| (name.to_owned(), context))
            .collect();
        contexts.into()
    }
}

impl Frame {
    fn json(&self) -> Value {
        let mut frame = Map::new();
        let texts = [
            ("function", &self.function),
            ("module", &self.module),
            ("package", &self.package),
            ("filename", &self.filename),
        ];
        for (name, text) in texts {
            if !text.is_empty() {
                frame.insert(name.to_owned(), text.as_str().into());
            }
        }
        if let Some(address) = self.instruction_addr {
            frame.insert("instruction_addr".to_owned(), hex(address).into());
        }
        if let Some(line) = self.lineno {
            frame.insert("lineno".to_owned(), line.into());
        }
        if let Some(in_app) = self.in_app {
            frame.insert("in_app".to_owned(), in_app.into());
        }
        frame.into()
    }
}

/// `0x…`
pub(super) fn hex(number: u64) -> String {
    format!("{number:#x}")
}

/// A number written as `0x…`.
pub(super) fn from_hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}
