//! The crash and the threads, in an event.

use mayday_event::{
    crash::{CrashFormat, glance},
    model::{Event, Exception, Level, Mechanism, Thread},
};
use serde_json::Value;

use super::{Dump, Unwound};

/// The exception's stack is that of the thread that crashed, which then has none of its own.
pub(super) fn put_exception(event: &mut Event, dump: &Dump<'_>, threads: Vec<Unwound>) {
    let crashed = dump.exception.is_some();
    let main = dump.thread_list.first().map(|thread| thread.raw.thread_id);
    let mut exception = exception(dump);
    event.threads = Vec::with_capacity(threads.len());
    for unwound in threads {
        let mut stack = Some(unwound.stack).filter(|stack| !stack.frames.is_empty());
        if unwound.is_requesting {
            exception.thread_id = Some(unwound.id.to_string());
            exception.stacktrace = stack.take();
        }
        event.threads.push(Thread {
            id: Some(unwound.id.to_string()),
            name: unwound.name,
            crashed: (unwound.is_requesting && crashed).then_some(true),
            current: unwound.is_requesting.then_some(true),
            main: (main == Some(unwound.id)).then_some(true),
            stacktrace: stack,
            ..Thread::default()
        });
    }
    event.exception = vec![exception];
    if crashed {
        event.level = Level::Fatal;
    }
    if matches!(event.platform.as_str(), "other" | "") {
        "native".clone_into(&mut event.platform);
    }
}

/// Type and value as the first glance at the dump had them, so that nothing changes its name by being looked at closer.
fn exception(dump: &Dump<'_>) -> Exception {
    let glance = glance(CrashFormat::Minidump, dump.bytes).unwrap_or_default();
    let first = glance.event.get("exception").and_then(|exception| exception.get("values")?.get(0));
    let text = |name: &str| Some(first?.get(name)?.as_str()?.to_owned());
    let mechanism = first.and_then(|exception| exception.get("mechanism"));
    let meta = mechanism.and_then(|mechanism| mechanism.get("meta")?.as_object());
    let meta = meta.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut mechanism = Mechanism {
        ty: Some("minidump".to_owned()),
        handled: Some(dump.exception.is_none()),
        synthetic: Some(true),
        meta,
        ..Mechanism::default()
    };
    if let Some(exception) = &dump.exception {
        let (os, cpu) = (dump.system.os, dump.system.cpu);
        let address = exception.get_crash_address(os, cpu);
        mechanism.description = Some(format!("{} / {address:#x}", exception.get_crash_reason(os, cpu)));
        mechanism.data.insert("crash_address".to_owned(), Value::from(format!("{address:#x}")));
    }
    Exception {
        ty: text("type").or_else(|| Some("Minidump".to_owned())),
        value: text("value"),
        mechanism: Some(mechanism),
        ..Exception::default()
    }
}
