//! Minidumps: what crashed and why, every thread unwound, the loaded binaries and the system.
//!
//! The order is: read the dump under caps; unwind each thread, with each binary's unwind information as far as there is any;
//! put all into the event that came with the dump, or into the one that was made of its head. Names of functions are then
//! [`symbolicate_native`](crate::native::symbolicate_native)'s.

mod annotations;
mod event;
mod modules;
mod notes;
mod system;
mod tables;
mod unwind;

use mayday_event::{
    limits,
    model::{Event, Stacktrace},
};
use minidump::{
    Minidump, MinidumpBreakpadInfo, MinidumpException, MinidumpMiscInfo, MinidumpModuleList,
    MinidumpSystemInfo, MinidumpThreadList, MinidumpThreadNames, UnifiedMemoryList,
};

pub use self::tables::UnwindTables;
use self::{modules::Modules, unwind::Walker};
use crate::Artifacts;

/// Why bytes are no minidump, or none that says anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MinidumpError {
    /// Damaged, or no minidump.
    #[error("not a minidump: {0}")]
    Malformed(String),
    /// A minidump without this part.
    #[error("the minidump has no {0}")]
    Lacks(&'static str),
}

/// Threads that are unwound; the one that crashed always is.
const THREADS: usize = limits::THREADS;

/// Puts all that a minidump says into an event. What only the client knows stays: tags, breadcrumbs, release, user, and what
/// its contexts say; exceptions, threads and native images are the minidump's.
pub fn add_minidump(
    event: &mut Event,
    dump: &[u8],
    artifacts: &dyn Artifacts,
    tables: &UnwindTables,
) -> Result<(), MinidumpError> {
    let minidump =
        Minidump::read(dump).map_err(|error| MinidumpError::Malformed(error.to_string().to_lowercase()))?;
    let dump = Dump::read(dump, &minidump)?;
    let walker = Walker::new(&dump, artifacts, tables);
    let threads = dump.threads(&walker);
    notes::put(event, &dump, &threads);
    event::put_exception(event, &dump, threads);
    dump.modules.put_into(event, &walker.into_outcomes());
    system::put_contexts(event, &dump);
    annotations::put(event, &dump);
    Ok(())
}

/// The parts of a minidump.
struct Dump<'a> {
    bytes: &'a [u8],
    minidump: &'a Minidump<'a, &'a [u8]>,
    system: MinidumpSystemInfo,
    misc: Option<MinidumpMiscInfo>,
    exception: Option<MinidumpException<'a>>,
    thread_list: Vec<minidump::MinidumpThread<'a>>,
    names: MinidumpThreadNames,
    modules: Modules,
    breakpad: Option<MinidumpBreakpadInfo>,
}

/// A thread, unwound.
struct Unwound {
    id: u32,
    name: Option<String>,
    /// The one that crashed, or that asked for the dump.
    is_requesting: bool,
    stack: Stacktrace,
    /// Frames left out between the ends.
    left_out: usize,
}

impl<'a> Dump<'a> {
    fn read(bytes: &'a [u8], minidump: &'a Minidump<'a, &'a [u8]>) -> Result<Self, MinidumpError> {
        let system: MinidumpSystemInfo =
            minidump.get_stream().map_err(|_| MinidumpError::Lacks("system information"))?;
        let threads: MinidumpThreadList<'a> =
            minidump.get_stream().map_err(|_| MinidumpError::Lacks("list of threads"))?;
        let modules = minidump.get_stream().unwrap_or_else(|_| MinidumpModuleList::new());
        Ok(Self {
            bytes,
            misc: minidump.get_stream().ok(),
            exception: minidump.get_stream().ok(),
            thread_list: threads.threads,
            names: minidump.get_stream().unwrap_or_default(),
            modules: Modules::of(modules, system.os),
            system,
            breakpad: minidump.get_stream().ok(),
            minidump,
        })
    }

    /// The thread that crashed, or else the one that asked for the dump.
    fn requesting(&self) -> Option<u32> {
        let crashed = self.exception.as_ref().map(MinidumpException::get_crashing_thread_id);
        crashed.or_else(|| self.breakpad.as_ref()?.requesting_thread_id)
    }

    fn threads(&self, walker: &Walker<'_>) -> Vec<Unwound> {
        let requesting = self.requesting();
        // It only writes the dump.
        let writer = self.breakpad.as_ref().and_then(|breakpad| breakpad.dump_thread_id);
        let memory = self.minidump.get_memory().unwrap_or_default();
        let mut room = THREADS;
        let threads = self.thread_list.iter().filter(|thread| {
            let id = thread.raw.thread_id;
            let taken = requesting == Some(id) || (writer != Some(id) && room > 0);
            room -= usize::from(taken && room > 0);
            taken
        });
        threads.map(|thread| self.thread(thread, requesting, &memory, walker)).collect()
    }

    fn thread(
        &self,
        thread: &minidump::MinidumpThread<'a>,
        requesting: Option<u32>,
        memory: &UnifiedMemoryList<'a>,
        walker: &Walker<'_>,
    ) -> Unwound {
        let id = thread.raw.thread_id;
        let is_requesting = requesting == Some(id);
        let own = thread.context(&self.system, self.misc.as_ref());
        // Where it crashed, not where the handler that wrote the dump was.
        let of_exception = self.exception.as_ref().filter(|_| is_requesting);
        let of_exception =
            of_exception.and_then(|exception| exception.context(&self.system, self.misc.as_ref()));
        let context = of_exception.or(own).map(std::borrow::Cow::into_owned);
        let walked = context.map(|context| walker.walk(context, thread, memory));
        let (stack, left_out) = walked.unwrap_or_default();
        Unwound {
            id,
            name: self.names.get_name(id).map(std::borrow::Cow::into_owned).filter(|name| !name.is_empty()),
            is_requesting,
            stack,
            left_out,
        }
    }
}

#[cfg(test)]
mod tests;
