//! Exceptions, threads, stacks and frames.

use super::{
    fields::{Fields, collected, ends, list, text, values},
    json::Json,
    place::Place,
    value::text_or_json,
};
use crate::{
    limits,
    model::{Exception, Frame, Lock, Mechanism, Stacktrace, Thread},
};

pub(super) fn exceptions(json: Json<'_>, place: &Place<'_>) -> Vec<Exception> {
    let place = &place.key("values");
    let list = values(json, place);
    let kept = ends(list, limits::EXCEPTIONS, place);
    collected(kept.filter_map(|(index, json)| exception(json, place.index(index))), limits::EXCEPTIONS)
}

fn exception(json: Json<'_>, place: Place<'_>) -> Option<Exception> {
    if matches!(json, Json::Null) {
        return None;
    }
    let mut fields = Fields::of(json, place)?;
    let mut exception = Exception {
        ty: fields.text("type", limits::NAME_BYTES),
        value: fields.read("value", text_or_json),
        module: fields.text("module", limits::NAME_BYTES),
        raw_type: None,
        raw_value: None,
        raw_module: None,
        thread_id: fields.text("thread_id", limits::NAME_BYTES),
        mechanism: fields.read("mechanism", mechanism),
        stacktrace: fields.read("stacktrace", stacktrace),
    };
    if exception.ty.is_none() {
        split_type_off(&mut exception);
    }
    if exception.ty.is_none() && exception.value.is_none() && exception.stacktrace.is_none() {
        place.invalid(format_args!("exception without type, value and stacktrace; dropped"));
        return None;
    }
    Some(exception)
}

/// `TypeError: x is undefined` in the value, with no type: as Sentry does, the type is taken from it.
fn split_type_off(exception: &mut Exception) {
    let Some((ty, value)) = exception.value.as_deref().and_then(|value| value.split_once(':')) else {
        return;
    };
    let word = |c: char| c.is_alphanumeric() || c == '_';
    if !ty.is_empty() && ty.len() <= limits::NAME_BYTES && ty.chars().all(word) {
        let value = value.trim_start();
        let value = (!value.is_empty()).then(|| value.to_owned());
        exception.ty = Some(ty.to_owned());
        exception.value = value;
    }
}

fn mechanism(json: Json<'_>, place: &Place<'_>) -> Option<Mechanism> {
    if let Json::Text(ty) = json {
        return Some(Mechanism {
            ty: text(Json::Text(ty), place, limits::NAME_BYTES),
            ..Mechanism::default()
        });
    }
    let mut fields = Fields::of(json, *place)?;
    Some(Mechanism {
        ty: fields.text("type", limits::NAME_BYTES),
        handled: fields.boolean("handled"),
        synthetic: fields.boolean("synthetic"),
        description: fields.text("description", limits::NAME_BYTES),
        help_link: fields.text("help_link", limits::URL_BYTES),
        exception_id: fields.uint("exception_id"),
        parent_id: fields.uint("parent_id"),
        is_exception_group: fields.boolean("is_exception_group"),
        data: fields.map("data", limits::DATA_BYTES),
        meta: fields.map("meta", limits::DATA_BYTES),
    })
}

pub(super) fn threads(json: Json<'_>, place: &Place<'_>) -> Vec<Thread> {
    let place = &place.key("values");
    let kept = ends(values(json, place), limits::THREADS, place);
    collected(kept.filter_map(|(index, json)| thread(json, place.index(index))), limits::THREADS)
}

fn thread(json: Json<'_>, place: Place<'_>) -> Option<Thread> {
    let mut fields = Fields::of(json, place)?;
    Some(Thread {
        id: fields.text("id", limits::NAME_BYTES),
        name: fields.text("name", limits::NAME_BYTES),
        crashed: fields.boolean("crashed"),
        current: fields.boolean("current"),
        main: fields.boolean("main"),
        state: fields.text("state", limits::NAME_BYTES),
        stacktrace: fields.read("stacktrace", stacktrace),
    })
}

/// `{"frames": […]}` or the bare list; `None` without frames.
pub(super) fn stacktrace(json: Json<'_>, place: &Place<'_>) -> Option<Stacktrace> {
    if let Json::List(_) = json {
        return non_empty(Stacktrace { frames: frames(json, place)?, ..Stacktrace::default() });
    }
    let mut fields = Fields::of(json, *place)?;
    non_empty(Stacktrace {
        frames: fields.read("frames", frames).unwrap_or_default(),
        registers: fields.text_map("registers", limits::REGISTERS, limits::ADDRESS_BYTES),
        raw_frames: Vec::new(),
    })
}

fn non_empty(stacktrace: Stacktrace) -> Option<Stacktrace> {
    (stacktrace != Stacktrace::default()).then_some(stacktrace)
}

fn frames(json: Json<'_>, place: &Place<'_>) -> Option<Vec<Frame>> {
    let kept = ends(list(json, place)?, limits::FRAMES, place);
    Some(collected(kept.filter_map(|(index, json)| frame(json, place.index(index))), limits::FRAMES))
}

fn frame(json: Json<'_>, place: Place<'_>) -> Option<Frame> {
    if matches!(json, Json::Null) {
        return None;
    }
    let mut fields = Fields::of(json, place)?;
    Some(Frame {
        function: fields.text("function", limits::FUNCTION_BYTES),
        raw_function: fields.text("raw_function", limits::FUNCTION_BYTES),
        module: fields.text("module", limits::PATH_BYTES),
        package: fields.text("package", limits::PATH_BYTES),
        filename: fields.text("filename", limits::PATH_BYTES),
        abs_path: fields.text("abs_path", limits::PATH_BYTES),
        lineno: fields.uint32("lineno"),
        colno: fields.uint32("colno"),
        platform: fields.text("platform", limits::NAME_BYTES),
        in_app: fields.boolean("in_app"),
        context_line: fields.text("context_line", limits::SOURCE_LINE_BYTES),
        pre_context: fields.lines("pre_context", limits::SOURCE_LINES, limits::SOURCE_LINE_BYTES),
        post_context: fields.lines("post_context", limits::SOURCE_LINES, limits::SOURCE_LINE_BYTES),
        vars: fields.map("vars", limits::DATA_BYTES),
        instruction_addr: fields.address("instruction_addr"),
        image_addr: fields.address("image_addr"),
        symbol_addr: fields.address("symbol_addr"),
        addr_mode: fields.text("addr_mode", limits::NAME_BYTES),
        function_id: fields.address("function_id"),
        trust: fields.text("trust", limits::NAME_BYTES),
        lang: None,
        symbolication: None,
        lock: fields.read("lock", lock),
    })
}

fn lock(json: Json<'_>, place: &Place<'_>) -> Option<Lock> {
    let mut fields = Fields::of(json, *place)?;
    Some(Lock {
        ty: fields.uint("type"),
        address: fields.address("address"),
        package_name: fields.text("package_name", limits::PATH_BYTES),
        class_name: fields.text("class_name", limits::PATH_BYTES),
        thread_id: fields.text("thread_id", limits::NAME_BYTES),
    })
}

/// Old clients send one stack beside the exception: it belongs to the exception that was raised last, or
/// to a thread if there is none.
pub(super) fn place_lone_stacktrace(
    stacktrace: Stacktrace,
    exceptions: &mut [Exception],
    threads: &mut Vec<Thread>,
) {
    match exceptions.last_mut() {
        Some(raised) if raised.stacktrace.is_none() => raised.stacktrace = Some(stacktrace),
        Some(_) => {}
        None => match threads.iter_mut().find(|thread| thread.crashed == Some(true)) {
            Some(crashed) if crashed.stacktrace.is_none() => crashed.stacktrace = Some(stacktrace),
            _ => threads.push(Thread {
                current: Some(true),
                stacktrace: Some(stacktrace),
                ..Thread::default()
            }),
        },
    }
}
