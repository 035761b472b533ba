//! What the program left in its dump: assertions, Crashpad's annotations, and the stack around the crash.

use mayday_event::{file_name, limits, model::Event};
use minidump::{
    MinidumpAnnotation, MinidumpAssertion, MinidumpCrashpadInfo, MinidumpMacCrashInfo, Module, UnifiedMemory,
};
use serde_json::{Map, Value, json};

use super::{Dump, modules::cut, system::merge};

/// Annotations that are taken.
const ANNOTATIONS: usize = 500;
/// Bytes of stack memory for the view of registers.
const STACK_BYTES: usize = 512;

pub(super) fn put(event: &mut Event, dump: &Dump<'_>) {
    let crashpad = crashpad(dump);
    merge(event, "crashpad", crashpad);
    if let Some(stack) = stack_memory(dump) {
        merge(event, "stack_memory", stack);
    }
    if let (Some(message), Some(exception)) = (message(dump), event.exception.last_mut()) {
        let value = match exception.value.take().filter(|value| !value.is_empty()) {
            Some(value) => format!("{message}\n{value}"),
            None => message,
        };
        exception.value = Some(cut(&value, limits::MESSAGE_BYTES));
    }
}

/// What the program said when it gave up: a failed assertion, or what Apple's libraries leave in `__crash_info`.
fn message(dump: &Dump<'_>) -> Option<String> {
    assertion(dump).or_else(|| crash_info(dump))
}

fn assertion(dump: &Dump<'_>) -> Option<String> {
    let assertion: MinidumpAssertion = dump.minidump.get_stream().ok()?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let expression = filled(assertion.expression());
    let function = filled(assertion.function()).map(|function| format!(" in {function}"));
    let file = filled(assertion.file()).map(|file| format!(" ({file}:{})", assertion.raw.line));
    let place = format!("{}{}", function.unwrap_or_default(), file.unwrap_or_default());
    match expression {
        Some(expression) => Some(format!("assertion failed: {expression}{place}")),
        None if !place.is_empty() => Some(format!("assertion failed{place}")),
        None => None,
    }
}

fn crash_info(dump: &Dump<'_>) -> Option<String> {
    let infos: MinidumpMacCrashInfo = dump.minidump.get_stream().ok()?;
    let messages = infos.raw.iter().flat_map(|info| [info.message(), info.message2()]).flatten();
    let messages: Vec<&str> = messages.map(str::trim).filter(|text| !text.is_empty()).take(8).collect();
    (!messages.is_empty()).then(|| messages.join("\n"))
}

/// Names to values, those of a binary under its name.
fn crashpad(dump: &Dump<'_>) -> Map<String, Value> {
    let Ok(info) = dump.minidump.get_stream::<MinidumpCrashpadInfo>() else { return Map::new() };
    let mut all = Annotations { map: Map::new(), bytes: limits::CONTEXT_BYTES, count: ANNOTATIONS };
    for (name, value) in &info.simple_annotations {
        all.add(name, value);
    }
    for module in &info.module_list {
        let loaded = dump.modules.list.iter().nth(module.module_index);
        let of = loaded.map(|module| module.code_file().into_owned()).unwrap_or_default();
        let of = file_name(&of);
        for (name, value) in &module.simple_annotations {
            all.add(name, value);
        }
        for (name, value) in &module.annotation_objects {
            if let MinidumpAnnotation::String(value) = value {
                all.add(name, value);
            }
        }
        if !module.list_annotations.is_empty() {
            all.add(&format!("{of} messages"), &module.list_annotations.join("\n"));
        }
    }
    all.map
}

/// No larger than a context may be.
struct Annotations {
    map: Map<String, Value>,
    bytes: usize,
    count: usize,
}

impl Annotations {
    fn add(&mut self, name: &str, value: &str) {
        let (name, value) = (cut(name, limits::KEY_BYTES), cut(value, limits::MESSAGE_BYTES));
        let size = name.len() + value.len() + 8;
        if !name.is_empty() && self.count > 0 && self.bytes > size {
            self.bytes -= size;
            self.count -= 1;
            self.map.entry(name).or_insert_with(|| value.into());
        }
    }
}

/// The stack memory above the stack pointer of the thread that crashed, as hexadecimal digits.
fn stack_memory(dump: &Dump<'_>) -> Option<Map<String, Value>> {
    let exception = dump.exception.as_ref()?;
    let context = exception.context(&dump.system, dump.misc.as_ref())?;
    let pointer = context.get_stack_pointer();
    let memory = dump.minidump.get_memory().unwrap_or_default();
    let thread =
        dump.thread_list.iter().find(|thread| thread.raw.thread_id == exception.get_crashing_thread_id());
    let found = memory.memory_at_address(pointer).or_else(|| thread?.stack_memory(&memory))?;
    let (base, bytes) = match found {
        UnifiedMemory::Memory(memory) => (memory.base_address, memory.bytes),
        UnifiedMemory::Memory64(memory) => (memory.base_address, memory.bytes),
    };
    let skipped = usize::try_from(pointer.checked_sub(base)?).ok()?;
    let bytes = bytes.get(skipped..)?;
    let bytes = bytes.get(..STACK_BYTES).unwrap_or(bytes);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let Value::Object(map) = json!({ "address": format!("{pointer:#x}"), "bytes": hex }) else { return None };
    (!hex.is_empty()).then_some(map)
}
