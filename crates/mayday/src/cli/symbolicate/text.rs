//! A crash as text.
//!
//! ```text
//! SIGSEGV: SEGV_MAPERR at 0x45
//!   a minidump, com.example.shop@4.2, Android 16, arm64
//!
//! Thread 1304 main, crashed
//!    0  shop::price(int)       price.h:5    libshop.so  context
//!    1  shop::pay()            cart.cpp:12  libshop.so  inlined into
//! ```

use mayday_event::{
    file_name,
    model::{Event, Exception, Frame, Mechanism, Stacktrace, SymbolStatus, Thread},
};
use mayday_symbolication::report::Report;

use super::missing;

/// Widest column of functions and of places; what is longer pushes the rest of its line.
const FUNCTION_WIDTH: usize = 60;
const PLACE_WIDTH: usize = 32;

pub(super) fn render(report: &Report) -> String {
    let event = &report.event;
    let mut text = headline(event);
    text.push_str(&format!("  {}\n", about(report).join(", ")));
    for exception in event.exception.iter().rev().skip(1) {
        text.push_str(&format!("\n{} {}\n", exception.relation(), reason(exception)));
        if let Some(stack) = &exception.stacktrace {
            text.push_str(&stack_lines(stack));
        }
    }
    let raised = event.exception.last();
    let raised_in = raised.and_then(|exception| exception.thread_id.as_deref());
    let crashed = event.threads.iter().find(|thread| is_crashed(thread, raised_in));
    if let Some(stack) = raised.and_then(|exception| exception.stacktrace.as_ref()) {
        let header = crashed.map_or_else(|| "Stack".to_owned(), thread_header);
        text.push_str(&format!("\n{header}\n{}{}", stack_lines(stack), register_lines(stack)));
    }
    let mut others: Vec<&Thread> =
        event.threads.iter().filter(|thread| thread.stacktrace.is_some()).collect();
    others.sort_by_key(|thread| !is_crashed(thread, raised_in));
    for thread in others {
        let lines = thread.stacktrace.as_ref().map(stack_lines).unwrap_or_default();
        text.push_str(&format!("\n{}\n{lines}", thread_header(thread)));
    }
    text.push_str(&missing::render(event));
    text
}

fn headline(event: &Event) -> String {
    let logged =
        event.logentry.as_ref().and_then(|entry| entry.formatted.as_deref().or(entry.message.as_deref()));
    let line = match (event.exception.last(), logged) {
        (Some(exception), _) => reason(exception),
        (None, Some(message)) => message.to_owned(),
        (None, None) => "Event".to_owned(),
    };
    let said = event.exception.last().and_then(|exception| exception.mechanism.as_ref());
    match said.and_then(|mechanism: &Mechanism| mechanism.description.as_deref()) {
        Some(description) if !line.contains(description) => format!("{line}\n  {description}\n"),
        _ => format!("{line}\n"),
    }
}

fn reason(exception: &Exception) -> String {
    match (exception.ty.as_deref(), exception.value.as_deref()) {
        (Some(ty), Some(value)) if !value.is_empty() => format!("{ty}: {value}"),
        (ty, value) => ty.or(value).unwrap_or("Error").to_owned(),
    }
}

fn about(report: &Report) -> Vec<String> {
    let event = &report.event;
    let context = |name: &str, field: &str| {
        event.contexts.get(name).and_then(|context| context[field].as_str()).unwrap_or_default().to_owned()
    };
    let os = format!("{} {}", context("os", "name"), context("os", "version"));
    let known = [
        report.kind.name().to_owned(),
        event.release.clone().unwrap_or_default(),
        os.trim().to_owned(),
        context("device", "model"),
        context("device", "arch"),
        event.timestamp.to_string(),
    ];
    known.into_iter().filter(|text| !text.is_empty()).collect()
}

fn is_crashed(thread: &Thread, raised_in: Option<&str>) -> bool {
    thread.crashed == Some(true) || (raised_in.is_some() && thread.id.as_deref() == raised_in)
}

/// `Thread 1304 main, crashed, Blocked`
fn thread_header(thread: &Thread) -> String {
    let mut header = "Thread".to_owned();
    for word in [&thread.id, &thread.name].into_iter().flatten() {
        header.push(' ');
        header.push_str(word);
    }
    if thread.crashed == Some(true) {
        header.push_str(", crashed");
    }
    if let Some(state) = &thread.state {
        header.push_str(&format!(", {state}"));
    }
    header
}

/// The innermost call first, as debuggers have it.
fn stack_lines(stack: &Stacktrace) -> String {
    let rows: Vec<[String; 4]> = stack.frames.iter().rev().map(columns).collect();
    let width = |column: usize, most: usize| {
        let widths = rows.iter().map(|row| row.get(column).map_or(0, |cell| cell.chars().count()));
        widths.filter(|width| *width <= most).max().unwrap_or(0)
    };
    let widths = [width(0, FUNCTION_WIDTH), width(1, PLACE_WIDTH), width(2, PLACE_WIDTH), 0];
    let lines = rows.iter().enumerate().map(|(number, row)| {
        let mut line = format!("{number:>4}  ");
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        format!("{}\n", line.trim_end())
    });
    lines.collect()
}

/// Function, place, binary, and how sure it is or what is missing.
fn columns(frame: &Frame) -> [String; 4] {
    let address = frame.instruction_addr.as_deref().unwrap_or("?");
    let function = match (&frame.module, &frame.function) {
        (Some(module), Some(function)) => format!("{module}.{function}"),
        (_, Some(function)) => function.clone(),
        (_, None) => address.to_owned(),
    };
    let file = frame.filename.as_deref().or(frame.abs_path.as_deref()).unwrap_or_default();
    let place = match (frame.lineno, frame.colno) {
        (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
        (Some(line), None) => format!("{file}:{line}"),
        _ => file.to_owned(),
    };
    let package = file_name(frame.package.as_deref().unwrap_or_default()).to_owned();
    [function, place, package, mark(frame)]
}

fn mark(frame: &Frame) -> String {
    let said = frame.symbolication.as_ref();
    let status =
        said.filter(|said| said.status != SymbolStatus::Found).map(|said| missing::status(said.status));
    let no_image = said.filter(|_| frame.package.is_none()).and_then(|said| said.reason.as_deref());
    let lock = frame.lock.as_ref().filter(|lock| lock.is_blocked());
    let lock = lock.map(|lock| match &lock.thread_id {
        Some(thread) => format!("waits for a lock held by thread {thread}"),
        None => "waits for a lock".to_owned(),
    });
    let marks = [frame.trust.clone(), no_image.or(status).map(str::to_owned), lock];
    marks.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Four to a line.
fn register_lines(stack: &Stacktrace) -> String {
    if stack.registers.is_empty() {
        return String::new();
    }
    let registers: Vec<String> =
        stack.registers.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let lines = registers.chunks(4).map(|four| {
        let cells: Vec<String> = four.iter().map(|cell| format!("{cell:<26}")).collect();
        format!("      {}\n", cells.concat().trim_end())
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use mayday_event::Timestamp;

    use super::*;

    #[test]
    fn a_crash_reads_like_a_stack_trace_and_ends_with_what_is_missing() {
        let event = serde_json::json!({
            "event_id": "9ec79c33ec9942ab8353589fcb2e04dc", "platform": "native", "release": "shop@1.0",
            "timestamp": "2026-11-24T04:02:00.250Z",
            "contexts": { "os": { "name": "Android", "version": "16" }, "device": { "arch": "arm64" } },
            "exception": { "values": [{ "type": "SIGSEGV", "value": "SEGV_MAPERR at 0x45", "thread_id": 7,
                "stacktrace": { "registers": { "pc": "0x1010", "sp": "0x2000" }, "frames": [
                    { "instruction_addr": "0x10", "trust": "scan" },
                    { "instruction_addr": "0x1040", "package": "/system/lib/libc.so", "trust": "cfi" },
                    { "instruction_addr": "0x1010", "function": "_ZN4shop3payEi", "filename": "cart.cpp", "lineno": 12,
                      "package": "/system/lib/libc.so", "trust": "context" },
                ] } }] },
            "threads": { "values": [{ "id": 7, "name": "main", "crashed": true },
                { "id": 8, "state": "Blocked", "stacktrace": { "frames": [{ "module": "com.example.Cart", "function": "pay",
                  "filename": "Cart.kt", "lineno": 3, "platform": "java", "lock": { "type": 8, "thread_id": "7" } }] } }] },
            "debug_meta": { "images": [{ "type": "elf", "code_file": "/system/lib/libc.so", "image_addr": "0x1000",
                "image_size": 4096, "debug_id": "c0bcc3f1-9827-fe65-3058-404b2831d9e6" }] },
        });
        let mut reports = Report::read(event.to_string().into_bytes().into(), Timestamp(0)).unwrap();
        let folders = mayday_symbolication::folders::LocalFolders::new(Vec::new());
        let tables = mayday_symbolication::minidump::UnwindTables::new(0);
        reports[0].symbolicate(&folders, &tables).unwrap();
        insta::assert_snapshot!(render(&reports[0]));
    }
}
