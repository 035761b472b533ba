//! Which evidence decides: the first strategy that finds any.
//!
//! 1. `sdk`: the fingerprint that the app gave; `{{ default }}` in it stands for what the others would say.
//! 2. `stacktrace`: the root cause's type, the app's own frames nearest to it and the error codes in its message;
//!    without such frames, the system's frames and the message.
//! 3. `exception`: the root cause's type and message, numbers and the like replaced.
//! 4. `message`: the log template, or the message, numbers and the like replaced.
//! 5. `fallback`: platform, level and culprit.

use mayday_event::{Event, model::Exception};

use crate::{
    Component, Title, codes,
    frames::{self, Frames, Kept},
    parametrize::parametrize,
};

pub(crate) fn decide(event: &Event, title: &Title) -> (&'static str, Vec<Component>) {
    if event.fingerprint.iter().all(|part| is_default(part)) {
        return by_evidence(event, title);
    }
    let mut components = Vec::new();
    for part in &event.fingerprint {
        if is_default(part) {
            components.extend(by_evidence(event, title).1);
        } else {
            components.push(used("fingerprint", part, "set by the app"));
        }
    }
    ("sdk", components)
}

fn is_default(part: &str) -> bool {
    let inner = part.strip_prefix("{{").and_then(|part| part.strip_suffix("}}"));
    inner.is_some_and(|inner| inner.trim() == "default")
}

fn by_evidence(event: &Event, title: &Title) -> (&'static str, Vec<Component>) {
    by_stacktrace(event)
        .map(|components| ("stacktrace", components))
        .or_else(|| by_exception(event).map(|components| ("exception", components)))
        .or_else(|| by_message(event).map(|components| ("message", components)))
        .unwrap_or_else(|| ("fallback", fallback(event, title)))
}

fn by_stacktrace(event: &Event) -> Option<Vec<Component>> {
    let frames = deciding_frames(event)?;
    let root = event.exception.first();
    let mut components: Vec<Component> = root.into_iter().filter_map(type_component).collect();
    components.extend(wrappers(event));
    let hang = root.is_some_and(is_hang);
    let message = root.filter(|_| !hang).and_then(exception_message);
    if frames.kept == Kept::InApp {
        let held_up = hang.then(|| holder(event)).flatten();
        match (held_up, frames) {
            // Where it waits and what it waits for; who asked does not matter.
            (Some(holder), frames) => {
                components.extend(frames.nearest());
                components.push(holder);
            }
            (None, frames) => components.extend(frames.components),
        }
        components.extend(root.into_iter().flat_map(codes));
        return Some(components);
    }
    // Frameworks throw the same exception from the same place for many reasons; the message tells them apart.
    let assertion = message.is_some() && is_assertion(root, &frames);
    components.extend(frames.components.into_iter().map(|frame| match assertion {
        true if frame.contributes => unused(&frame.kind, &frame.value, "the assertion's text tells more"),
        _ => frame,
    }));
    components.extend(message.map(|message| {
        used("message", &message, "no frame of the app; what varies in the message is replaced")
    }));
    components.iter().any(|component| component.contributes && component.kind != "type").then_some(components)
}

/// Error codes and the like in the root cause's message: the same call fails for different reasons.
fn codes(root: &Exception) -> impl Iterator<Item = Component> {
    let codes = root.value.as_deref().map(codes::of).unwrap_or_default();
    codes.into_iter().map(|code| used("code", &code, "named by the message; another code is another cause"))
}

/// Raised by Apple's frameworks: which of their functions noticed differs from version to version.
fn is_assertion(root: Option<&Exception>, frames: &Frames) -> bool {
    let mechanism = root.and_then(|root| root.mechanism.as_ref()?.ty.as_deref());
    mechanism.is_some_and(|mechanism| mechanism.eq_ignore_ascii_case("nsexception"))
        || frames.components.iter().any(|frame| frame.value == "objc_exception_throw")
}

/// The frame nearest to the top of the thread that holds the lock which the deciding stack waits for.
fn holder(event: &Event) -> Option<Component> {
    let stacktrace = event.main_stacktrace()?;
    let lock = stacktrace.frames.iter().rev().find_map(|frame| frame.lock.as_ref())?;
    let id = lock.thread_id.as_deref().filter(|_| lock.is_blocked())?;
    let thread = event.threads.iter().find(|thread| thread.id.as_deref() == Some(id))?;
    let frame = frames::of(thread.stacktrace.as_ref()?, &event.platform).nearest()?;
    Some(used("frame", &frame.value, "holds the lock that is waited for"))
}

/// Of the stack nearest to the root cause that holds frames of the app; if none does, of the root cause's, or the
/// event's main one.
fn deciding_frames(event: &Event) -> Option<Frames> {
    let stacks = || {
        let own = event.exception.iter().filter_map(|exception| exception.stacktrace.as_ref());
        own.filter(|stacktrace| !stacktrace.frames.is_empty()).chain(event.main_stacktrace())
    };
    let frames = || stacks().map(|stacktrace| frames::of(stacktrace, &event.platform));
    frames().find(|frames| frames.kept == Kept::InApp).or_else(|| frames().next())
}

/// The exceptions around the root cause, which were looked at and left out.
fn wrappers(event: &Event) -> impl Iterator<Item = Component> {
    event.exception.iter().skip(1).filter_map(|wrapper| {
        Some(unused("type", wrapper.ty.as_deref()?, "wraps the root cause; the same bug occurs bare"))
    })
}

fn by_exception(event: &Event) -> Option<Vec<Component>> {
    let root = event.exception.first()?;
    let mut components: Vec<Component> = type_component(root).into_iter().collect();
    components.extend(wrappers(event));
    let message = exception_message(root);
    components.extend(
        message.map(|message| used("message", &message, "no stack; what varies in the message is replaced")),
    );
    components.iter().any(|component| component.contributes).then_some(components)
}

fn by_message(event: &Event) -> Option<Vec<Component>> {
    let entry = event.logentry.as_ref()?;
    if let Some(template) = &entry.message {
        return Some(vec![used("message", template, "the log call's template")]);
    }
    let message = parametrize(entry.formatted.as_deref()?);
    Some(vec![used("message", &message, "what varies in the message is replaced")])
}

fn fallback(event: &Event, title: &Title) -> Vec<Component> {
    let culprit = if title.culprit.is_empty() { "unknown culprit" } else { &title.culprit };
    let reason = "no stack, exception or message";
    [event.platform.as_str(), event.level.name(), culprit]
        .into_iter()
        .map(|value| used("fallback", value, reason))
        .collect()
}

fn type_component(exception: &Exception) -> Option<Component> {
    let ty = exception.ty.as_deref()?;
    Some(used("type", ty, "type of the root cause"))
}

/// Text of at most its first lines, without what varies.
fn exception_message(exception: &Exception) -> Option<String> {
    let message = parametrize(exception.value.as_deref()?.trim());
    (!message.is_empty()).then_some(message)
}

/// Reported because the app stood still, not because something was thrown.
fn is_hang(exception: &Exception) -> bool {
    let mechanism = exception.mechanism.as_ref().and_then(|mechanism| mechanism.ty.as_deref());
    let hang = |name: &str| {
        ["ANR", "AppExitInfo", "AppHang", "ApplicationNotResponding", "App Hanging"]
            .iter()
            .any(|hang| name.eq_ignore_ascii_case(hang))
    };
    mechanism.is_some_and(hang) || exception.ty.as_deref().is_some_and(hang)
}

pub(crate) fn used(kind: &str, value: &str, reason: &str) -> Component {
    Component { kind: kind.to_owned(), value: value.to_owned(), contributes: true, reason: reason.to_owned() }
}

pub(crate) fn unused(kind: &str, value: &str, reason: &str) -> Component {
    Component { contributes: false, ..used(kind, value, reason) }
}
