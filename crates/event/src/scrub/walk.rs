//! The way through an event: every text is visited once.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Scrubber,
    findings::{Findings, Found, FoundSet},
    mark::{self, FILTERED},
    memory,
    path::{Path, VALUES},
    settings::{Emails, IpAddresses},
    text::{Kind, ip},
};
use crate::{
    entry::Feedback,
    model::{Breadcrumb, Event, Exception, Frame, Request, Stacktrace, Thread, User},
};

pub(super) struct Walk<'s, 'f> {
    pub(super) scrubber: &'s Scrubber,
    pub(super) findings: &'f mut Findings,
}

impl Walk<'_, '_> {
    pub(super) fn event(&mut self, event: &mut Event) {
        self.field(&mut event.transaction, &Path::of("transaction"), Kind::Text);
        self.field(&mut event.server_name, &Path::of("server_name"), Kind::Text);
        self.field(&mut event.logger, &Path::of("logger"), Kind::Code);
        if let Some(entry) = &mut event.logentry {
            let path = Path::of("logentry");
            self.field(&mut entry.formatted, &path.key("formatted"), Kind::Text);
            self.field(&mut entry.message, &path.key("message"), Kind::Text);
            if let Some(params) = &mut entry.params {
                self.value(params, &path.key("params"), false);
            }
        }
        let list = Path::of("exception");
        self.each(&mut event.exception, &list.key(VALUES), Self::exception);
        let list = Path::of("threads");
        self.each(&mut event.threads, &list.key(VALUES), Self::thread);
        let list = Path::of("breadcrumbs");
        self.each(&mut event.breadcrumbs, &list.key(VALUES), Self::breadcrumb);
        self.memory(&mut event.contexts);
        self.map(&mut event.contexts, &Path::of("contexts"));
        self.tags(&mut event.tags);
        if let Some(user) = &mut event.user {
            self.user(user);
        }
        let meta = Path::of("debug_meta");
        self.each(&mut event.debug_images, &meta.key("images"), |walk, image, path| {
            walk.field(&mut image.code_file, &path.key("code_file"), Kind::RulesOnly);
            walk.field(&mut image.debug_file, &path.key("debug_file"), Kind::RulesOnly);
        });
        self.each(&mut event.fingerprint, &Path::of("fingerprint"), |walk, part, path| {
            walk.text(part, path, Kind::Text);
        });
        self.map(&mut event.extra, &Path::of("extra"));
        if let Some(request) = &mut event.request {
            self.request(request);
        }
    }

    fn each<T>(&mut self, list: &mut [T], path: &Path<'_>, visit: impl Fn(&mut Self, &mut T, &Path<'_>)) {
        for (index, item) in list.iter_mut().enumerate() {
            visit(self, item, &path.index(index));
        }
    }

    fn exception(&mut self, exception: &mut Exception, path: &Path<'_>) {
        self.field(&mut exception.ty, &path.key("type"), Kind::Code);
        self.field(&mut exception.value, &path.key("value"), Kind::Text);
        self.field(&mut exception.module, &path.key("module"), Kind::Code);
        if let Some(mechanism) = &mut exception.mechanism {
            let path = path.key("mechanism");
            self.field(&mut mechanism.description, &path.key("description"), Kind::Text);
            self.field(&mut mechanism.help_link, &path.key("help_link"), Kind::Text);
            self.map(&mut mechanism.data, &path.key("data"));
            self.map(&mut mechanism.meta, &path.key("meta"));
        }
        self.stacktrace(exception.stacktrace.as_mut(), path);
    }

    fn thread(&mut self, thread: &mut Thread, path: &Path<'_>) {
        self.field(&mut thread.name, &path.key("name"), Kind::Text);
        self.stacktrace(thread.stacktrace.as_mut(), path);
    }

    fn stacktrace(&mut self, stacktrace: Option<&mut Stacktrace>, path: &Path<'_>) {
        if let Some(stacktrace) = stacktrace {
            let path = path.key("stacktrace");
            self.each(&mut stacktrace.frames, &path.key("frames"), Self::frame);
        }
    }

    fn frame(&mut self, frame: &mut Frame, path: &Path<'_>) {
        for (text, key, kind) in [
            (&mut frame.function, "function", Kind::RulesOnly),
            (&mut frame.raw_function, "raw_function", Kind::RulesOnly),
            (&mut frame.package, "package", Kind::RulesOnly),
            (&mut frame.module, "module", Kind::Code),
            (&mut frame.filename, "filename", Kind::Code),
            (&mut frame.abs_path, "abs_path", Kind::Code),
        ] {
            self.field(text, &path.key(key), kind);
        }
        self.field(&mut frame.context_line, &path.key("context_line"), Kind::Source);
        for (lines, key) in
            [(&mut frame.pre_context, "pre_context"), (&mut frame.post_context, "post_context")]
        {
            self.each(lines, &path.key(key), |walk, line, path| walk.text(line, path, Kind::Source));
        }
        self.map(&mut frame.vars, &path.key("vars"));
    }

    fn breadcrumb(&mut self, breadcrumb: &mut Breadcrumb, path: &Path<'_>) {
        self.field(&mut breadcrumb.ty, &path.key("type"), Kind::Code);
        self.field(&mut breadcrumb.category, &path.key("category"), Kind::Code);
        self.field(&mut breadcrumb.message, &path.key("message"), Kind::Text);
        self.map(&mut breadcrumb.data, &path.key("data"));
    }

    fn tags(&mut self, tags: &mut BTreeMap<String, String>) {
        let path = Path::of("tags");
        for (key, value) in tags {
            self.member(key, value, &path.key(key));
        }
    }

    fn request(&mut self, request: &mut Request) {
        let path = Path::of("request");
        self.field(&mut request.url, &path.key("url"), Kind::Text);
        for (value, key) in [(&mut request.query_string, "query_string"), (&mut request.data, "data")] {
            if let Some(value) = value {
                self.value(value, &path.key(key), false);
            }
        }
        let headers = path.key("headers");
        for (name, value) in &mut request.headers {
            self.member(name, value, &headers.key(name));
        }
        self.map(&mut request.env, &path.key("env"));
    }

    /// The stack around a native crash.
    fn memory(&mut self, contexts: &mut BTreeMap<String, Value>) {
        let Some(Value::String(digits)) =
            contexts.get_mut("stack_memory").and_then(|stack| stack.get_mut("bytes"))
        else {
            return;
        };
        if self.scrubber.text.memory_text
            && let Some(masked) = memory::masked(digits)
        {
            *digits = masked;
            let contexts = Path::of("contexts");
            let path = contexts.key("stack_memory");
            self.findings.add(FoundSet::of(Found::MemoryText), &path.key("bytes"));
        }
    }

    /// What the app says of its user on purpose.
    fn user(&mut self, user: &mut User) {
        let path = Path::of("user");
        for (field, key) in [
            (&mut user.id, "id"),
            (&mut user.email, "email"),
            (&mut user.username, "username"),
            (&mut user.name, "name"),
        ] {
            let path = path.key(key);
            self.field(field, &path, Kind::User);
            self.hash_email(field.as_mut(), &path);
            self.drop_filtered(field, &path);
        }
        self.map(&mut user.data, &path);
        let path = path.key("ip_address");
        self.field(&mut user.ip_address, &path, Kind::RulesOnly);
        self.drop_filtered(&mut user.ip_address, &path);
        self.address(&mut user.ip_address, &path);
    }

    pub(super) fn feedback(&mut self, feedback: &mut Feedback) {
        let contexts = Path::of("contexts");
        let path = contexts.key("feedback");
        self.text(&mut feedback.message, &path.key("message"), Kind::Text);
        self.text(&mut feedback.url, &path.key("url"), Kind::Text);
        for (field, key) in [(&mut feedback.name, "name"), (&mut feedback.email, "contact_email")] {
            let path = path.key(key);
            self.text(field, &path, Kind::User);
            self.hash_email(Some(field), &path);
        }
    }

    /// A user named `[Filtered]` would be one user to whoever counts them.
    fn drop_filtered(&self, field: &mut Option<String>, path: &Path<'_>) {
        let is_meant = || self.scrubber.rules.iter().any(|rule| rule.removes_all() && rule.selects(path));
        if field.as_deref().is_some_and(mark::is_mark) && is_meant() {
            *field = None;
        }
    }

    fn hash_email(&mut self, field: Option<&mut String>, path: &Path<'_>) {
        let is_email = |text: &&mut String| self.scrubber.text.is_email(text);
        if let Some(text) = field.filter(|_| self.scrubber.text.emails == Emails::RemoveAll).filter(is_email)
        {
            *text = mark::hash(text, &self.scrubber.hash_salt);
            self.findings.add(FoundSet::of(Found::EmailOfUser), path);
        }
    }

    fn address(&mut self, address: &mut Option<String>, path: &Path<'_>) {
        let Some(parsed) = address.as_deref().and_then(|address| address.parse().ok()) else { return };
        match self.scrubber.text.ip_addresses {
            IpAddresses::Keep => {}
            IpAddresses::Remove => {
                *address = None;
                self.findings.add(FoundSet::of(Found::IpRemoved), path);
            }
            IpAddresses::Truncate => {
                let truncated = ip::truncated(parsed).to_string();
                if address.as_ref() != Some(&truncated) {
                    *address = Some(truncated);
                    self.findings.add(FoundSet::of(Found::IpTruncated), path);
                }
            }
        }
    }

    fn map(&mut self, map: &mut BTreeMap<String, Value>, path: &Path<'_>) {
        for (key, value) in map {
            let is_secret = self.is_secret(key, value);
            self.value(value, &path.key(key), is_secret);
        }
    }

    /// A text with a key of its own.
    fn member(&mut self, key: &str, text: &mut String, path: &Path<'_>) {
        if self.scrubber.text.is_secret(key, text) {
            self.secret(text, path);
        } else {
            self.text(text, path, Kind::Text);
        }
    }

    fn is_secret(&self, key: &str, value: &Value) -> bool {
        match value {
            Value::String(text) => self.scrubber.text.is_secret(key, text),
            _ => self.scrubber.text.is_sensitive(key),
        }
    }

    fn value(&mut self, value: &mut Value, path: &Path<'_>, is_secret: bool) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::String(text) if is_secret => self.secret(text, path),
            Value::String(text) => self.text(text, path, Kind::Text),
            Value::Number(_) => self.number(value, path, is_secret),
            Value::Array(list) => self.list(list, path, is_secret),
            Value::Object(map) => self.object(map, path, is_secret),
        }
    }

    /// Also `[key, value]`, as clients send headers and queries.
    fn list(&mut self, list: &mut [Value], path: &Path<'_>, is_secret: bool) {
        let key = match list {
            [Value::String(key), value] => self.is_secret(key, value),
            _ => false,
        };
        for (index, value) in list.iter_mut().enumerate() {
            self.value(value, &path.index(index), is_secret || (key && index == 1));
        }
    }

    /// Also `{"key": …, "value": …}`.
    fn object(&mut self, map: &mut Map<String, Value>, path: &Path<'_>, is_secret: bool) {
        let name = ["key", "name"].iter().find_map(|name| map.get(*name)?.as_str());
        let is_named_so = name.zip(map.get("value")).is_some_and(|(name, value)| self.is_secret(name, value));
        for (key, value) in map {
            let is_secret = is_secret || (is_named_so && key == "value") || self.is_secret(key, value);
            self.value(value, &path.key(key), is_secret);
        }
    }

    fn number(&mut self, value: &mut Value, path: &Path<'_>, is_secret: bool) {
        let mut text = value.to_string();
        let before = text.len();
        self.rules(&mut text, path);
        if is_secret {
            self.secret(&mut text, path);
        } else if before >= 12 {
            self.text(&mut text, path, Kind::Number);
        }
        if text.parse::<serde_json::Number>().is_err() {
            *value = Value::String(text);
        }
    }

    fn field(&mut self, field: &mut Option<String>, path: &Path<'_>, kind: Kind) {
        if let Some(text) = field {
            self.text(text, path, kind);
        }
    }

    fn secret(&mut self, text: &mut String, path: &Path<'_>) {
        self.rules(text, path);
        if !text.is_empty() && !mark::is_mark(text) && !mark::is_hash(text) {
            *text = mark::fitting(FILTERED, text.len()).to_owned();
            self.findings.add(FoundSet::of(Found::SensitiveKey), path);
        }
    }

    fn text(&mut self, text: &mut String, path: &Path<'_>, kind: Kind) {
        self.rules(text, path);
        if let Some((scrubbed, found)) = self.scrubber.text.scrubbed(text, kind, path.name()) {
            *text = scrubbed;
            self.findings.add(found, path);
        }
    }

    fn rules(&mut self, text: &mut String, path: &Path<'_>) {
        let scrubber = self.scrubber;
        for rule in &scrubber.rules {
            if rule.selects(path)
                && let Some(scrubbed) = rule.scrubbed(text, &scrubber.hash_salt)
            {
                *text = scrubbed;
                self.findings.add_rule(rule, path);
            }
        }
    }
}
