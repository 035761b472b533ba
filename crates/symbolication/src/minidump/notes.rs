//! What a minidump has more of than an event may.

use mayday_event::{
    limits,
    model::{Event, Note, NoteKind},
};

use super::{Dump, Unwound};

/// Notes what is left out of the event.
pub(super) fn put(event: &mut Event, dump: &Dump<'_>, threads: &[Unwound]) {
    let mut note = |path: &str, detail: String| {
        let note = Note { path: path.to_owned(), kind: NoteKind::Trimmed, detail };
        // A dump may be read again, when better symbols arrive.
        if event.notes.len() < limits::NOTES && !event.notes.contains(&note) {
            event.notes.push(note);
        }
    };
    let all = dump.thread_list.len();
    // The thread that only wrote the dump is none of the program's.
    if all > threads.len() + 1 {
        note("threads.values", format!("{all} threads in the minidump; {} kept", threads.len()));
    }
    if dump.modules.count > limits::DEBUG_IMAGES {
        let (count, kept) = (dump.modules.count, limits::DEBUG_IMAGES);
        note("debug_meta.images", format!("{count} modules in the minidump; the first {kept} kept"));
    }
    for thread in threads.iter().filter(|thread| thread.left_out > 0) {
        let (id, kept) = (thread.id, limits::FRAMES);
        let detail = format!("stack of thread {id} is deeper than {kept} frames; both ends kept");
        note("threads.values", detail);
    }
}
