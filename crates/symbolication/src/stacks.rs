//! The stacks of an event, and how they were before symbolication.

use mayday_event::model::{Event, Frame, Stacktrace};

/// Of exceptions, then of threads.
pub(crate) fn of(event: &Event) -> impl Iterator<Item = &Stacktrace> {
    let exceptions = event.exception.iter().filter_map(|exception| exception.stacktrace.as_ref());
    exceptions.chain(event.threads.iter().filter_map(|thread| thread.stacktrace.as_ref()))
}

/// In the order of [`of`].
pub(crate) fn of_mut(event: &mut Event) -> impl Iterator<Item = &mut Stacktrace> {
    let exceptions = event.exception.iter_mut().filter_map(|exception| exception.stacktrace.as_mut());
    exceptions.chain(event.threads.iter_mut().filter_map(|thread| thread.stacktrace.as_mut()))
}

/// Keeps the frames that a stack had before a step of symbolication, if the step said anything new and an earlier one did
/// not keep them.
pub(crate) fn keep_raw(stack: &mut Stacktrace, before: Vec<Frame>) {
    let says_same = |(after, before): (&Frame, &Frame)| {
        (&after.function, &after.module, &after.filename, after.lineno, after.colno)
            == (&before.function, &before.module, &before.filename, before.lineno, before.colno)
    };
    let same = stack.frames.len() == before.len() && stack.frames.iter().zip(&before).all(says_same);
    if stack.raw_frames.is_empty() && !same {
        stack.raw_frames = before;
    }
}

/// Undoes symbolication, so that it can be done again with symbols that came later.
pub fn restore(event: &mut Event) {
    for stack in of_mut(event) {
        if !stack.raw_frames.is_empty() {
            stack.frames = std::mem::take(&mut stack.raw_frames);
        }
        for frame in &mut stack.frames {
            frame.symbolication = None;
        }
    }
    for exception in &mut event.exception {
        for (now, raw) in [
            (&mut exception.ty, &mut exception.raw_type),
            (&mut exception.value, &mut exception.raw_value),
            (&mut exception.module, &mut exception.raw_module),
        ] {
            if let Some(raw) = raw.take() {
                *now = Some(raw);
            }
        }
    }
    for image in &mut event.debug_images {
        (image.symbolication, image.features) = (None, None);
    }
}
