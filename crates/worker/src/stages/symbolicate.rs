//! Names for addresses, with what is known of the symbols; an event is never lost by it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use mayday_event::{
    Event,
    in_app::InAppRule,
    model::{Note, NoteKind},
};
use mayday_symbolication::{
    Artifacts, Wanted, caches::CacheKey, minidump::UnwindTables, symbolicate as symbolicate_all,
};

use crate::{
    panics::panic_text,
    stages::lacking::{Missing, missing},
    symbols::View,
};

/// An event after symbolication.
#[derive(Debug)]
pub(crate) struct SymbolicatedEvent {
    pub(crate) event: Event,
    /// What it lacks.
    pub(crate) missing: Vec<Missing>,
    /// What was not looked for yet: once it was, another try may give more.
    pub(crate) unknown: Vec<(CacheKey, Wanted)>,
}

/// Symbolicates an event, with the minidump that came with it. Where a step panics, the event is `as_it_came` and says so: to
/// read it once more then costs less than to copy each event before.
pub(crate) fn symbolicate(
    mut event: Event,
    as_it_came: impl FnOnce() -> Option<Event>,
    dump: Option<&[u8]>,
    view: View<'_>,
    tables: &UnwindTables,
    in_app: &[InAppRule],
) -> SymbolicatedEvent {
    let work = AssertUnwindSafe(|| all_steps(&mut event, dump, &view, tables, in_app));
    if let Err(panic) = catch_unwind(work) {
        let problem = panic_text(panic.as_ref());
        tracing::error!(event_id = %event.event_id, problem, "event cannot be symbolicated");
        let Some(unchanged) = as_it_came() else { resume_unwind(panic) };
        event = note(unchanged, format!("symbolication failed: {problem}"));
    }
    let project = view.project();
    let noted = view.into_noted();
    let missing = missing(project, &event, &noted);
    event.notes.truncate(mayday_event::limits::NOTES);
    SymbolicatedEvent { event, missing, unknown: noted.unknown }
}

/// All steps; an event whose minidump cannot be read says so, and is symbolicated as it came.
fn all_steps(
    event: &mut Event,
    dump: Option<&[u8]>,
    artifacts: &dyn Artifacts,
    tables: &UnwindTables,
    in_app: &[InAppRule],
) {
    if let Err(error) = symbolicate_all(event, dump, artifacts, tables, in_app) {
        event.notes.push(Note {
            path: "attachments".to_owned(),
            kind: NoteKind::InvalidValue,
            detail: format!("minidump: {error}"),
        });
        // Without a dump there is nothing that cannot be read.
        symbolicate_all(event, None, artifacts, tables, in_app).ok();
    }
}

fn note(mut event: Event, detail: String) -> Event {
    event.notes.push(Note { path: "stacktrace".to_owned(), kind: NoteKind::InvalidValue, detail });
    event
}
