//! The CPU work: record → entries → events, filtered, symbolicated, scrubbed and grouped → rows, spread over the cores.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bytes::Bytes;
use mayday_event::{
    Category, Entry, Event, EventId, JournalRecord, Outcome, ProjectId, RawReport, Timestamp,
    capped::InflateLimits,
    entries_of,
    entry::Attachment,
    raw::{RawReportError, Refusals, RefusedEvent},
    settings::CompiledSettings,
};
use mayday_grouping::Rules;
use mayday_journal::Record;
use mayday_store::rows::{FateRow, FeedbackRow, SessionRow};

use crate::{
    batch::{EventKey, ReadyEvent, SetAside, SkippedEvent, Source, Yield},
    panics::panic_text,
    stages::{
        files, missing, row,
        symbolicate::{SymbolicatedEvent, symbolicate},
    },
    symbols::Symbols,
};

/// A record with all that it takes to process it.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) record: Record,
    /// With the journal's number, unique among all journals.
    pub(crate) place: u64,
    pub(crate) decoded: Result<JournalRecord, RawReportError>,
    /// A report's body; an error where its spooled blob is gone.
    pub(crate) body: Result<Bytes, String>,
    /// Of the report's project.
    pub(crate) settings: Arc<CompiledSettings>,
    pub(crate) rules: Arc<Rules>,
    pub(crate) symbols: Arc<Symbols>,
    pub(crate) now: Timestamp,
}

/// The attachment type of a minidump.
pub(crate) const MINIDUMP: &str = "event.minidump";

/// [`process`], keeping what another try needs.
pub(crate) fn try_process(fetched: Fetched) -> (Fetched, Yield) {
    let done = process(&fetched);
    (fetched, done)
}

/// One record. Whatever its content makes a step do, panics included, costs only itself.
fn process(fetched: &Fetched) -> Yield {
    let progress = Progress::default();
    let outcome = catch_unwind(AssertUnwindSafe(|| match &fetched.decoded {
        Ok(JournalRecord::Report(report)) => Steps { fetched, report, progress: &progress }.run(),
        Ok(JournalRecord::Refusals(refusals)) => Ok(of_refusals(refusals, fetched.place)),
        Err(error) => Err(Failure { reason: "unreadable_record", detail: error.to_string() }),
    }));
    let failure = match outcome {
        Ok(Ok(done)) => return done,
        Ok(Err(failure)) => failure,
        Err(panic) => Failure { reason: "panic", detail: panic_text(panic.as_ref()) },
    };
    lost(fetched, progress.step.get(), failure)
}

/// How far a record came.
struct Progress {
    step: Cell<&'static str>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { step: Cell::new("decode") }
    }
}

struct Failure {
    reason: &'static str,
    detail: String,
}

fn source(fetched: &Fetched) -> Source {
    let (position, record) = (fetched.record.position, fetched.record.bytes.clone());
    let report = match &fetched.decoded {
        Ok(JournalRecord::Report(report)) => Some(report),
        _ => None,
    };
    Source {
        position,
        record,
        key: report.map(|report| (report.project_id, report.event_id)),
        key_id: report.map_or(0, |report| report.key_id),
        received: report.map_or(Timestamp(0), |report| report.received),
    }
}

/// A record of which nothing can be stored: all that was counted with it is invalid.
fn lost(fetched: &Fetched, step: &'static str, failure: Failure) -> Yield {
    let (source, Failure { reason, detail }) = (source(fetched), failure);
    let mut lost = Yield::default();
    if let Ok(JournalRecord::Report(report)) = &fetched.decoded {
        lost.account.received(report);
        for (category, quantity) in &report.counted {
            lost.account.became(&source, *category, Outcome::Invalid, reason, *quantity);
        }
        lost.fates.push(fate(fetched, report.event_id, Outcome::Invalid, reason, &detail));
    }
    lost.set_aside.push(SetAside { source, step, reason: reason.to_owned(), detail });
    lost
}

fn fate(fetched: &Fetched, event_id: EventId, outcome: Outcome, reason: &str, detail: &str) -> FateRow {
    let source = source(fetched);
    FateRow {
        project_id: source.key.map_or(ProjectId(0), |(project, _)| project),
        event_id,
        received: source.received,
        outcome: outcome.name().to_owned(),
        reason: reason.to_owned(),
        detail: detail.to_owned(),
        position: fetched.place,
    }
}

/// What ingest refused.
fn of_refusals(refusals: &Refusals, place: u64) -> Yield {
    let mut done = Yield::default();
    for line in &refusals.lines {
        done.account.refused(line);
    }
    let fate = |event: &RefusedEvent| FateRow {
        project_id: event.project_id,
        event_id: event.event_id,
        received: event.received,
        outcome: event.outcome.name().to_owned(),
        reason: event.reason.clone(),
        detail: event.detail.clone(),
        position: place,
    };
    done.fates.extend(refusals.events.iter().map(fate));
    done
}

/// A report on its way.
struct Steps<'a> {
    fetched: &'a Fetched,
    report: &'a RawReport,
    progress: &'a Progress,
}

impl Steps<'_> {
    fn run(&self) -> Result<Yield, Failure> {
        let body = self.fetched.body.clone();
        let body = body.map_err(|detail| Failure { reason: "spool_missing", detail })?;
        self.progress.step.set("parse");
        let entries = entries_of(self.report, body, &InflateLimits::default())
            .map_err(|error| Failure { reason: error.reason(), detail: error.to_string() })?;
        let mut done = Yield::default();
        done.account.received(self.report);
        let dumps: Vec<Attachment> = entries.iter().filter_map(minidump).cloned().collect();
        for (index, entry) in (0..).zip(entries) {
            self.entry(entry, index, &dumps, &mut done);
        }
        let filtered = std::mem::take(&mut done.filtered);
        done.drop_files_of(&filtered);
        Ok(Yield { filtered, ..done })
    }

    fn entry(&self, entry: Entry, index: u32, dumps: &[Attachment], done: &mut Yield) {
        let source = source(self.fetched);
        let (category, quantity) = match &entry {
            Entry::Event(_) => (Category::Error, 1),
            Entry::Attachment(_) => (Category::Attachment, 1),
            Entry::Sessions(_) => (Category::Session, 1),
            Entry::Feedback(_) => (Category::Feedback, 1),
            Entry::ClientReport(_) => (Category::Internal, 1),
            Entry::NotStored { category, quantity } => (*category, *quantity),
            Entry::Invalid { category, .. } => (*category, 1),
        };
        if let Some((_, limit)) = self.report.limited.iter().find(|(limited, _)| *limited == category) {
            done.account.became(&source, category, Outcome::RateLimited, limit, quantity);
            if let Entry::Event(event) = &entry {
                let detail = format!("over the limit {limit}");
                done.fates.push(fate(self.fetched, event.event_id, Outcome::RateLimited, limit, &detail));
            }
            return;
        }
        let (project_id, received, position) =
            (self.report.project_id, self.report.received, self.fetched.place);
        match entry {
            // Its outcome is known later: it may be a duplicate, or ClickHouse may refuse it.
            Entry::Event(event) => {
                let dump = dumps.iter().find(|dump| dump.event_id == event.event_id);
                return self.event(*event, dump.map(|dump| &*dump.content), source, index, done);
            }
            Entry::Invalid { reason, detail, event_id, .. } => {
                return self.invalid(source, category, reason, detail, event_id, done);
            }
            Entry::NotStored { .. } => {
                done.account.became(&source, category, Outcome::Filtered, "not_stored", quantity);
                return;
            }
            Entry::Attachment(file) => {
                done.bytes += file.content.len();
                done.files.push(files::ready(project_id, received, file, &self.fetched.settings.scrubber));
            }
            Entry::Sessions(updates) => {
                let row = |(number, update)| SessionRow {
                    project_id,
                    position,
                    index: index << 16 | number,
                    received,
                    update,
                };
                done.sessions.extend((0..).zip(updates).map(row));
            }
            Entry::Feedback(mut feedback) => {
                self.fetched.settings.scrubber.scrub_feedback(&mut feedback);
                done.feedback.push(FeedbackRow { project_id, position, index, received, feedback });
            }
            Entry::ClientReport(discards) => {
                for discard in &discards {
                    done.account.discarded(&source, discard);
                }
            }
        }
        done.account.became(&source, category, Outcome::Accepted, "", quantity);
    }

    /// Filters, symbolicates, scrubs, groups and lays out one event.
    fn event(&self, mut event: Event, dump: Option<&[u8]>, source: Source, index: u32, done: &mut Yield) {
        let (settings, event_id) = (&self.fetched.settings, event.event_id);
        self.progress.step.set("filter");
        let address = self.report.remote_addr.as_deref().and_then(|address| address.parse().ok());
        let dropped = settings.filters.verdict(&event, address);
        let mut lacking = Vec::new();
        if dropped.is_none() {
            self.progress.step.set("symbolicate");
            let symbolicated = self.symbolicated(event, dump, index);
            event = symbolicated.event;
            lacking = symbolicated.missing;
            done.unknown.extend(symbolicated.unknown);
        }
        self.progress.step.set("scrub");
        settings.scrubber.scrub(&mut event);
        self.progress.step.set("group");
        let grouped = mayday_grouping::group(event, &self.fetched.rules);
        self.progress.step.set("row");
        let (occurrence, row) = match row::of(self.report.project_id, grouped) {
            Ok(parts) => parts,
            Err(error) => {
                let (reason, detail) = ("unserializable", error.to_string());
                return self.invalid(source, Category::Error, reason, detail, Some(event_id), done);
            }
        };
        done.bytes += row.payload.len();
        done.missing.extend(missing::rows(&row, lacking, self.fetched.now));
        let event = ReadyEvent { source, index, occurrence, row };
        match dropped {
            None => done.events.push(event),
            Some(dropped) => {
                let (reason, detail) = (dropped.reason.to_owned(), dropped.rule);
                done.filtered.push(SkippedEvent { event, reason, detail });
            }
        }
    }

    fn symbolicated(&self, event: Event, dump: Option<&[u8]>, index: u32) -> SymbolicatedEvent {
        let (symbols, project) = (&self.fetched.symbols, self.report.project_id);
        let in_app = &self.fetched.settings.settings.in_app.rules;
        let (view, tables) = (symbols.view(project, self.fetched.now), symbols.tables(project));
        symbolicate(event, || self.event_at(index), dump, view, &tables, in_app)
    }

    /// The report's event at this place, read once more.
    fn event_at(&self, index: u32) -> Option<Event> {
        let body = self.fetched.body.as_ref().ok()?.clone();
        let entries = entries_of(self.report, body, &InflateLimits::default()).ok()?;
        match entries.into_iter().nth(index as usize)? {
            Entry::Event(event) => Some(*event),
            _ => None,
        }
    }

    /// An entry that cannot be stored. An event is set aside, with its whole record.
    fn invalid(
        &self,
        source: Source,
        category: Category,
        reason: &'static str,
        detail: String,
        event_id: Option<EventId>,
        done: &mut Yield,
    ) {
        done.account.became(&source, category, Outcome::Invalid, reason, 1);
        if let Some(event_id) = event_id {
            done.fates.push(fate(self.fetched, event_id, Outcome::Invalid, reason, &detail));
            let key: Option<EventKey> = Some((self.report.project_id, event_id));
            let (source, step) = (Source { key, ..source }, self.progress.step.get());
            done.set_aside.push(SetAside { source, step, reason: reason.to_owned(), detail });
        }
    }
}

fn minidump(entry: &Entry) -> Option<&Attachment> {
    match entry {
        Entry::Attachment(file) if file.attachment_type == MINIDUMP => Some(file),
        _ => None,
    }
}
