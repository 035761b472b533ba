//! One report: from Bugsnag's event to Sentry's.

use serde_json::{Map, Value, json};

use super::{
    super::{
        envelope::Item,
        translate::{Members, derived_id, event_item, platform},
    },
    context, session,
    stack::Stacks,
};
use crate::ids::EventId;

/// A report on its way.
pub(super) struct Report<'a> {
    pub(super) members: Map<String, Value>,
    pub(super) notifier: &'a Map<String, Value>,
    /// Its bytes.
    pub(super) sent: &'a str,
}

impl Report<'_> {
    pub(super) fn into_items(self, new_id: &mut impl FnMut() -> EventId, items: &mut Vec<Item>) {
        let session = session::update(&self.members, self.notifier);
        let id = match self.members.get("session").and_then(|session| session.get("events")) {
            // A session counts its reports, so no two reports of one are alike.
            Some(Value::Object(_)) => EventId(derived_id(&[b"bugsnag", self.sent.as_bytes()])),
            _ => new_id(),
        };
        items.push(event_item(id, self.into_event()));
        items.extend(session);
    }

    fn into_event(self) -> Map<String, Value> {
        let Self { members: mut report, notifier, .. } = self;
        let platform = platform_of(&report, notifier);
        let mechanism = mechanism(&mut report);
        let mut stacks = Stacks::new(platform);
        let (app, device) = (report.take_object("app"), report.take_object("device"));
        let mut event = Map::new();
        event.insert("platform".to_owned(), platform.into());
        event.put("level", report.take_text("severity"));
        event.put("transaction", report.take_text("context"));
        event.put("environment", report.take_text("releaseStage"));
        event.put("fingerprint", report.take_text("groupingHash").map(|hash| json!([hash])));
        event.put("sdk", sdk(notifier));
        let threads = stacks.threads(report.take_list("threads"), mechanism["handled"] == false);
        let exceptions = stacks.exceptions(report.take_list("exceptions"), mechanism, threads.reporting);
        event.insert("exception".to_owned(), json!({ "values": exceptions }));
        if !threads.threads.is_empty() {
            event.insert("threads".to_owned(), json!({ "values": threads.threads }));
        }
        let breadcrumbs = context::breadcrumbs(report.take_list("breadcrumbs"));
        if !breadcrumbs.is_empty() {
            event.insert("breadcrumbs".to_owned(), json!({ "values": breadcrumbs }));
        }
        stacks.add_mapping(&app);
        context::describe(&mut event, &mut report, app, device);
        let images = stacks.into_images();
        if !images.is_empty() {
            event.insert("debug_meta".to_owned(), json!({ "images": images }));
        }
        event
    }
}

/// By the exception that was raised, else by the SDK's name.
fn platform_of(report: &Map<String, Value>, notifier: &Map<String, Value>) -> &'static str {
    let said = |exception: &Value| platform(exception.get("type")?.as_str()?);
    let exceptions = report.get("exceptions").and_then(Value::as_array);
    let raised = exceptions.and_then(|exceptions| exceptions.first());
    let by_sdk = || {
        let name = notifier.get("name")?.as_str()?.to_lowercase();
        let known = [
            ("android", "java"),
            ("java ", "java"),
            ("ios", "cocoa"),
            ("tvos", "cocoa"),
            ("osx", "cocoa"),
            ("macos", "cocoa"),
            ("watchos", "cocoa"),
            ("node", "node"),
            ("javascript", "javascript"),
            ("python", "python"),
            ("ruby", "ruby"),
            ("go", "go"),
            ("php", "php"),
            ("unity", "csharp"),
            (".net", "csharp"),
            ("flutter", "dart"),
        ];
        known.into_iter().find(|(word, _)| name.contains(word)).map(|(_, platform)| platform)
    };
    raised.and_then(said).or_else(by_sdk).unwrap_or("other")
}

/// How the report came about: of the exception that was raised.
fn mechanism(report: &mut Map<String, Value>) -> Value {
    let mut reason = report.take_object("severityReason");
    let data = reason.take_object("attributes");
    let ty = reason.take_text("type").unwrap_or_else(|| "generic".to_owned());
    let handled =
        report.take("unhandled").and_then(|unhandled| unhandled.as_bool()).map(|unhandled| !unhandled);
    let mut mechanism = Map::new();
    if ty == "signal"
        && let Some(signal) = data.get("signalType")
    {
        mechanism.insert("meta".to_owned(), json!({ "signal": { "name": signal } }));
    }
    // The names by which Sentry's SDKs, and so the grouping, know them.
    let ty = match ty.as_str() {
        "anrError" => "ANR",
        "appHang" => "AppHang",
        other => other,
    };
    mechanism.insert("type".to_owned(), ty.into());
    mechanism.put("handled", handled);
    mechanism.put_object("data", data);
    mechanism.into()
}

fn sdk(notifier: &Map<String, Value>) -> Option<Value> {
    let name = notifier.get("name")?;
    Some(json!({ "name": name, "version": notifier.get("version") }))
}
