//! The CPU work: record → report → event → grouped event → row, spread over the cores.

use std::{
    any::Any,
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use mayday_event::{RawReport, capped::InflateLimits, report};
use mayday_journal::Record;

use crate::{
    batch::{EventKey, Processed, ReadyEvent, SetAside, Source},
    stages::row,
};

/// One record. Whatever its content makes a step do, panics included, costs only itself.
pub(crate) fn process(record: Record) -> Processed {
    let progress = Progress::default();
    let outcome = catch_unwind(AssertUnwindSafe(|| steps(&record, &progress)));
    let source = Source { position: record.position, record: record.bytes, key: progress.key.get() };
    let failure = match outcome {
        Ok(Ok((occurrence, row))) => return Ok(ReadyEvent { source, occurrence, row }),
        Ok(Err(failure)) => failure,
        Err(panic) => Failure { reason: "panic", detail: panic_text(panic.as_ref()) },
    };
    let (step, reason, detail) = (progress.step.get(), failure.reason, failure.detail);
    Err(Box::new(SetAside { source, step, reason, detail }))
}

/// How far a record came.
struct Progress {
    step: Cell<&'static str>,
    key: Cell<Option<EventKey>>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { step: Cell::new("decode"), key: Cell::new(None) }
    }
}

struct Failure {
    reason: &'static str,
    detail: String,
}

fn steps(record: &Record, progress: &Progress) -> Result<row::Parts, Failure> {
    let report = RawReport::decode(record.bytes.clone())
        .map_err(|error| Failure { reason: "unreadable_record", detail: error.to_string() })?;
    progress.key.set(Some((report.project_id, report.event_id)));

    progress.step.set("parse");
    let (event, _other_items) = report::events_of(&report, &InflateLimits::default())
        .map_err(|error| Failure { reason: error.reason(), detail: error.to_string() })?;

    progress.step.set("group");
    let grouped = mayday_grouping::group(event);

    progress.step.set("row");
    row::of(report.project_id, grouped)
        .map_err(|error| Failure { reason: "unserializable", detail: error.to_string() })
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a text"))
}
