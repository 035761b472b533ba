//! Which evidence decides: the first strategy that finds any.
//!
//! 1. `rule`: the fingerprint of the first of the project's rules that fits; `{{ default }}` in it stands for what those
//!    from `stacktrace` on would say.
//! 2. `sdk`: the fingerprint that the app gave, likewise.
//! 3. `stacktrace`: the root cause's type, the app's own frames nearest to it and the error codes in its message;
//!    without such frames, the system's frames and the message.
//! 4. `exception`: the root cause's type and message, numbers and the like replaced.
//! 5. `message`: the log template, or the message, numbers and the like replaced.
//! 6. `fallback`: platform, level and culprit.

use std::borrow::Cow;

use mayday_event::{
    Event,
    model::{Exception, Frame},
};

use crate::{
    Component, Title, codes,
    frames::{self, Frames, Kept},
    parametrize::parametrize,
    rules::{FingerprintRule, Rules, Template},
};

/// An event with what is known of it before grouping.
#[derive(Clone, Copy)]
pub(crate) struct Case<'e> {
    pub(crate) event: &'e Event,
    pub(crate) title: &'e Title,
    /// The app's frame nearest to the crash.
    pub(crate) crashed_in: Option<&'e Frame>,
    pub(crate) rules: &'e Rules,
    /// The fingerprint rule that fits.
    pub(crate) rule: Option<&'e FingerprintRule>,
}

pub(crate) fn decide(case: Case<'_>) -> (&'static str, Vec<Component>) {
    let own = || case.event.fingerprint.iter();
    if let Some(rule) = case.rule {
        let reason = format!("fingerprint rule, line {}", rule.line);
        let (strategy, mut components) = by_fingerprint(case, "rule", &rule.fingerprint, &reason);
        let overruled =
            |part: &String| unused("fingerprint", part, "set by the app; the project's rule comes first");
        components.extend(own().map(overruled));
        return (strategy, components);
    }
    let templates: Vec<Template> = own().map(|part| Template::lenient(part)).collect();
    by_fingerprint(case, "sdk", &templates, "set by the app")
}

/// What a fingerprint says; nothing, or just the default, is what grouping says by itself.
fn by_fingerprint(
    case: Case<'_>,
    strategy: &'static str,
    fingerprint: &[Template],
    reason: &str,
) -> (&'static str, Vec<Component>) {
    if fingerprint.iter().all(Template::is_default) {
        return by_evidence(case);
    }
    let mut components = Vec::new();
    for part in fingerprint {
        match part.is_default() {
            true => components.extend(by_evidence(case).1),
            false => {
                let value = part.fill(case.event, case.crashed_in);
                components.push(used("fingerprint", &value, reason.to_owned()));
            }
        }
    }
    (strategy, components)
}

/// What each strategy but the fingerprints' would say of an event.
pub(crate) fn open_to(case: Case<'_>) -> Vec<(&'static str, Vec<Component>)> {
    let by_stack = by_stacktrace(case).unwrap_or_else(|left| left);
    let ways = [
        ("stacktrace", Some(by_stack).filter(|components| !components.is_empty())),
        ("exception", by_exception(case.event)),
        ("message", by_message(case.event)),
    ];
    let mut open: Vec<_> =
        ways.into_iter().filter_map(|(strategy, components)| Some((strategy, components?))).collect();
    if open.is_empty() {
        open.push(("fallback", fallback(case.event, case.title)));
    }
    open
}

fn by_evidence(case: Case<'_>) -> (&'static str, Vec<Component>) {
    let left = match by_stacktrace(case) {
        Ok(components) => return ("stacktrace", components),
        Err(left) => left,
    };
    let (strategy, components) = by_exception(case.event)
        .map(|components| ("exception", components))
        .or_else(|| by_message(case.event).map(|components| ("message", components)))
        .unwrap_or_else(|| ("fallback", fallback(case.event, case.title)));
    (strategy, left.into_iter().chain(components).collect())
}

/// What counts; else the frames that a rule left out.
fn by_stacktrace(case: Case<'_>) -> Result<Vec<Component>, Vec<Component>> {
    let event = case.event;
    let Some(frames) = deciding_frames(case) else { return Err(Vec::new()) };
    if frames.too_few {
        return Err(frames.components);
    }
    let root = chain(event).next();
    let mut components: Vec<Component> = root.into_iter().filter_map(type_component).collect();
    components.extend(wrappers(event));
    let hang = root.is_some_and(is_hang);
    let message = root.filter(|_| !hang).and_then(exception_message);
    if frames.kept == Kept::InApp {
        let held_up = hang.then(|| holder(case)).flatten();
        match (held_up, frames) {
            // Where it waits and what it waits for; who asked does not matter.
            (Some(holder), frames) => {
                components.extend(frames.nearest());
                components.push(holder);
            }
            (None, frames) => components.extend(frames.components),
        }
        components.extend(root.into_iter().flat_map(codes));
        return Ok(components);
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
    match components.iter().any(|component| component.contributes && component.kind != "type") {
        true => Ok(components),
        false => Err(Vec::new()),
    }
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
fn holder(case: Case<'_>) -> Option<Component> {
    let event = case.event;
    let stacktrace = event.main_stacktrace()?;
    let lock = stacktrace.frames.iter().rev().find_map(|frame| frame.lock.as_ref())?;
    let id = lock.thread_id.as_deref().filter(|_| lock.is_blocked())?;
    let thread = event.threads.iter().find(|thread| thread.id.as_deref() == Some(id))?;
    let frame = frames::of(thread.stacktrace.as_ref()?, event, case.rules).nearest()?;
    Some(used("frame", &frame.value, "holds the lock that is waited for"))
}

/// Of the stack nearest to the root cause that holds frames of the app; if none does, of the root cause's, or the
/// event's main one.
fn deciding_frames(case: Case<'_>) -> Option<Frames> {
    let event = case.event;
    let stacks = || {
        let own = chain(event).filter_map(|exception| exception.stacktrace.as_ref());
        own.filter(|stacktrace| !stacktrace.frames.is_empty()).chain(event.main_stacktrace())
    };
    let frames = || stacks().map(|stacktrace| frames::of(stacktrace, event, case.rules));
    frames().find(|frames| frames.kept == Kept::InApp).or_else(|| frames().next())
}

/// The root cause and what is around it, without what was suppressed on the way. Of a group of exceptions the first one leads
/// to its root cause, and the others stand beside it: how many failed together is chance.
fn chain(event: &Event) -> impl Iterator<Item = &Exception> {
    let id = |exception: &Exception| exception.mechanism.as_ref()?.exception_id;
    let parent = |exception: &Exception| exception.mechanism.as_ref()?.parent_id;
    let is_group = |exception: &&Exception| {
        exception.mechanism.as_ref().is_some_and(|mechanism| mechanism.is_exception_group == Some(true))
    };
    let causes = event.causes();
    let mut chain: Vec<&Exception> = Vec::new();
    let mut next = causes.iter().copied().rev().find(is_group);
    while let Some(exception) = next {
        chain.push(exception);
        let Some(own) = id(exception).filter(|_| chain.len() < causes.len()) else { break };
        let children =
            causes.iter().copied().filter(|child| parent(child) == Some(own) && id(child) > Some(own));
        next = children.min_by_key(|child| id(child));
    }
    chain.reverse();
    if chain.len() > 1 { chain.into_iter() } else { causes.into_iter() }
}

/// The exceptions around the root cause, which were looked at and left out.
fn wrappers(event: &Event) -> impl Iterator<Item = Component> {
    chain(event).skip(1).filter_map(|wrapper| {
        Some(unused("type", wrapper.ty.as_deref()?, "wraps the root cause; the same bug occurs bare"))
    })
}

fn by_exception(event: &Event) -> Option<Vec<Component>> {
    let root = chain(event).next()?;
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
    let ty = match exception.ty.as_deref()? {
        // Dart's versions name the same failure of its own differently.
        "_CastError" | "_TypeError" => "TypeError",
        ty => ty,
    };
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

pub(crate) fn used(kind: &str, value: &str, reason: impl Into<Cow<'static, str>>) -> Component {
    let reason = reason.into().into_owned();
    Component { kind: kind.to_owned(), value: value.to_owned(), contributes: true, reason }
}

pub(crate) fn unused(kind: &str, value: &str, reason: impl Into<Cow<'static, str>>) -> Component {
    Component { contributes: false, ..used(kind, value, reason) }
}
