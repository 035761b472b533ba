//! What several readers of an [`Event`] derive from it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{Event, Exception, Level, Stacktrace, Thread, User};

impl Event {
    /// The tags that people search by: the event's own, and those derived from its fields and contexts
    /// (`release`, `os.name`, `device.model`, `handled`, `user` …); where both exist, its own count.
    pub fn derived_tags(&self) -> BTreeMap<String, String> {
        let mut tags = self.tags.clone();
        let mut add = |key: &str, value: Option<String>| {
            if let Some(value) = value
                && !tags.contains_key(key)
            {
                tags.insert(key.to_owned(), value);
            }
        };
        add("level", Some(self.level.name().to_owned()));
        for (key, field) in [
            ("release", &self.release),
            ("dist", &self.dist),
            ("environment", &self.environment),
            ("transaction", &self.transaction),
            ("server_name", &self.server_name),
            ("logger", &self.logger),
        ] {
            add(key, field.clone());
        }
        let handled = self.handled().map(|handled| if handled { "yes" } else { "no" });
        add("handled", handled.map(str::to_owned));
        add("mechanism", self.mechanism_type().map(str::to_owned));
        add("user", self.user_key());
        for name in ["os", "runtime", "browser"] {
            add(name, self.name_and_version(name));
        }
        for (key, context, field) in CONTEXT_TAGS {
            add(key, self.context_text(context, field).map(str::to_owned));
        }
        tags
    }

    /// Who was affected, for counting: `id:…`, else `email:…`, `username:…`, `ip:…`.
    pub fn user_key(&self) -> Option<String> {
        let User { id, email, username, ip_address, .. } = self.user.as_ref()?;
        [("id", id), ("email", email), ("username", username), ("ip", ip_address)]
            .into_iter()
            .find_map(|(kind, value)| value.as_ref().map(|value| format!("{kind}:{value}")))
    }

    /// Whether the app went down with it: an unhandled exception, or level `fatal`.
    pub fn is_crash(&self) -> bool {
        self.handled() == Some(false) || self.level == Level::Fatal
    }

    /// `Some(false)` if any exception went unhandled, `None` if no SDK said.
    pub fn handled(&self) -> Option<bool> {
        let said = |exception: &crate::model::Exception| exception.mechanism.as_ref()?.handled;
        self.exception.iter().filter_map(said).reduce(|all, handled| all && handled)
    }

    /// The stack that tells where it happened: of the exception that was raised last; else of the thread
    /// that crashed, or was current, or is the only one.
    pub fn main_stacktrace(&self) -> Option<&Stacktrace> {
        fn of(stacktrace: Option<&Stacktrace>) -> Option<&Stacktrace> {
            stacktrace.filter(|stacktrace| !stacktrace.frames.is_empty())
        }
        let of_thread = |chosen: &dyn Fn(&Thread) -> bool| {
            self.threads
                .iter()
                .filter(|thread| chosen(thread))
                .find_map(|thread| of(thread.stacktrace.as_ref()))
        };
        let raised = self.exception.last();
        let raised_on = raised.and_then(|exception| exception.thread_id.as_deref());
        raised
            .and_then(|exception| of(exception.stacktrace.as_ref()))
            .or_else(|| of_thread(&|thread| raised_on.is_some() && thread.id.as_deref() == raised_on))
            .or_else(|| self.exception.iter().rev().find_map(|exception| of(exception.stacktrace.as_ref())))
            .or_else(|| of_thread(&|thread| thread.crashed == Some(true)))
            .or_else(|| of_thread(&|thread| thread.current == Some(true)))
            .or_else(|| of_thread(&|_| self.threads.len() == 1))
    }

    /// The exceptions that led to the one that was raised last, the root cause first: all but those that were suppressed on
    /// the way (`mechanism.type` is `suppressed`), with their causes.
    pub fn causes(&self) -> Vec<&Exception> {
        let causes: Vec<&Exception> = match self.exception.iter().any(Exception::is_suppressed) {
            true => self.exception.iter().filter(|exception| !self.is_beside(exception)).collect(),
            false => Vec::new(),
        };
        if causes.is_empty() { self.exception.iter().collect() } else { causes }
    }

    /// The first of the causes.
    pub fn root_cause(&self) -> Option<&Exception> {
        self.causes().first().copied()
    }

    /// Whether an exception was suppressed, or is a cause of one that was.
    fn is_beside(&self, exception: &Exception) -> bool {
        let mut next = Some(exception);
        // Parents may lead in a circle.
        for _ in 0..=self.exception.len() {
            let Some(exception) = next else { return false };
            if exception.is_suppressed() {
                return true;
            }
            let parent = exception.mechanism.as_ref().and_then(|mechanism| mechanism.parent_id);
            let is_parent = |other: &&Exception| {
                parent.is_some() && other.mechanism.as_ref().and_then(|it| it.exception_id) == parent
            };
            next = self.exception.iter().find(is_parent);
        }
        false
    }

    fn mechanism_type(&self) -> Option<&str> {
        self.exception.iter().rev().find_map(|exception| exception.mechanism.as_ref()?.ty.as_deref())
    }

    fn context_text(&self, context: &str, field: &str) -> Option<&str> {
        self.contexts.get(context)?.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// `Android 15`, as people say it.
    fn name_and_version(&self, context: &str) -> Option<String> {
        let name = self.context_text(context, "name")?;
        Some(match self.context_text(context, "version") {
            Some(version) => format!("{name} {version}"),
            None => name.to_owned(),
        })
    }
}

/// Tag, context and the context's field that it is taken from; the first of a tag's lines that is there counts.
const CONTEXT_TAGS: [(&str, &str, &str); 11] = [
    ("os.name", "os", "name"),
    ("os.version", "os", "version"),
    ("device", "device", "model"),
    ("device", "device", "family"),
    ("device.family", "device", "family"),
    ("device.model", "device", "model"),
    ("app.version", "app", "app_version"),
    ("runtime.name", "runtime", "name"),
    ("browser.name", "browser", "name"),
    ("browser.version", "browser", "version"),
    ("runtime.version", "runtime", "version"),
];

impl Exception {
    /// Whether it was dropped for another: what `Throwable.addSuppressed` is given.
    pub fn is_suppressed(&self) -> bool {
        self.mechanism.as_ref().and_then(|mechanism| mechanism.ty.as_deref()) == Some("suppressed")
    }

    /// What one that was not raised last is to the others, in the words of Java's stack traces.
    pub fn relation(&self) -> &'static str {
        if self.is_suppressed() { "Suppressed" } else { "Caused by" }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(members: Value) -> Event {
        let mut event = json!({
            "event_id": "9ec79c33ec9942ab8353589fcb2e04dc", "timestamp": 0, "received": 0, "level": "error",
            "platform": "java",
        });
        event.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn people_search_by_fields_and_contexts_and_the_apps_own_tags_win() {
        let tags = event(json!({
            "release": "shop@1",
            "tags": { "device": "mine" },
            "user": { "email": "ann@shop.example" },
            "contexts": {
                "os": { "name": "Android", "version": "15" },
                "device": { "family": "Pixel", "model": "Pixel 9" },
            },
            "exception": [{ "mechanism": { "type": "crash", "handled": false } }],
        }))
        .derived_tags();
        for (key, value) in [
            ("release", "shop@1"),
            ("device", "mine"),
            ("device.model", "Pixel 9"),
            ("os", "Android 15"),
            ("os.name", "Android"),
            ("handled", "no"),
            ("mechanism", "crash"),
            ("user", "email:ann@shop.example"),
            ("level", "error"),
        ] {
            assert_eq!(tags.get(key).map(String::as_str), Some(value), "{key}");
        }
        assert_eq!(tags.get("environment"), None);
    }

    #[test]
    fn one_unhandled_exception_makes_a_crash() {
        let of = |first: bool, second: bool| {
            let exception = |handled: bool| json!({ "mechanism": { "handled": handled } });
            event(json!({ "exception": [exception(first), exception(second), {}] }))
        };
        assert_eq!((of(true, true).handled(), of(true, true).is_crash()), (Some(true), false));
        assert_eq!((of(false, true).handled(), of(false, true).is_crash()), (Some(false), true));
        assert_eq!(event(json!({})).handled(), None);
        assert!(event(json!({ "level": "fatal" })).is_crash());
    }

    #[test]
    fn the_main_stack_is_the_raised_exceptions_else_the_crashed_threads() {
        let stack = |function: &str| json!({ "frames": [{ "function": function }] });
        let main = |members| {
            let event = event(members);
            event.main_stacktrace().and_then(|stack| stack.frames.first()?.function.clone())
        };
        let threads = json!([
            { "id": "1", "stacktrace": stack("one"), "crashed": true }, { "id": "2", "stacktrace": stack("two") },
        ]);
        let raised = json!([{ "stacktrace": stack("cause") }, { "stacktrace": stack("raised") }]);
        assert_eq!(main(json!({ "exception": raised, "threads": threads })).as_deref(), Some("raised"));
        let elsewhere = json!([{ "type": "E", "thread_id": "2" }]);
        assert_eq!(main(json!({ "exception": elsewhere, "threads": threads })).as_deref(), Some("two"));
        assert_eq!(main(json!({ "threads": threads })).as_deref(), Some("one"));
        assert_eq!(main(json!({})), None);
    }
}
