//! Which thread an ANR is to be blamed on: who holds what the main thread waits for, and what that waits for.

use super::found::{Found, Frame, Thread};

/// Another thread holds it, as `model::Lock` counts.
const BLOCKED: u8 = 8;
/// Locks that are followed; real ones are two or three.
const STEPS: usize = 32;

/// `ANR caused by thread 5 "worker" in com.example.shop.Db.query`, or by a deadlock; `None` where the main thread waits for
/// nobody.
pub(super) fn of(found: &Found) -> Option<String> {
    let main = found.threads.iter().find(|thread| thread.is_main)?;
    let mut chain = vec![main];
    while let Some(owner) = chain.last().and_then(|thread| owner_of(thread, found)) {
        if chain.iter().any(|known| known.id == owner.id) {
            let names: Vec<String> = chain.iter().map(|thread| name(thread)).collect();
            return Some(format!("ANR caused by a deadlock of {}", names.join(" and ")));
        }
        if chain.len() == STEPS {
            break;
        }
        chain.push(owner);
    }
    let culprit = chain.last().filter(|_| chain.len() > 1)?;
    let place = place(&culprit.frames).map(|place| format!(" in {place}"));
    Some(format!("ANR caused by {}{}", name(culprit), place.unwrap_or_default()))
}

/// Who holds the lock that a thread waits for.
fn owner_of<'f>(thread: &Thread, found: &'f Found) -> Option<&'f Thread> {
    let locks = thread.frames.iter().filter_map(|frame| frame.lock.as_ref());
    let owner = locks.filter(|lock| lock.ty == BLOCKED).find_map(|lock| lock.thread_id)?;
    found.threads.iter().find(|thread| thread.id == Some(owner))
}

fn name(thread: &Thread) -> String {
    let id = thread.id.map_or("?".to_owned(), |id| id.to_string());
    format!("thread {id} \"{}\"", thread.name)
}

/// What a thread was doing: the innermost frame of the app, else the innermost of all.
fn place(frames: &[Frame]) -> Option<String> {
    let own = frames.iter().find(|frame| frame.in_app == Some(true) && !frame.function.is_empty());
    let frame = own.or_else(|| frames.iter().find(|frame| !frame.function.is_empty()))?;
    Some(match frame.module.as_str() {
        "" => frame.function.clone(),
        module => format!("{module}.{}", frame.function),
    })
}
