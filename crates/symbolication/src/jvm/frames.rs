//! Frames as they were before ProGuard or R8: what `retrace` would print.

use mayday_event::{model::Frame, system_code};
use proguard::StackFrame;

use super::{Cache, is_jvm};
use crate::{
    Absent,
    frame_copy::unnamed,
    outcome::{found, unresolved},
};

/// Frames that unfolding inlined calls may add to a stack; of what is beyond only the innermost call is kept.
const INLINED_FRAMES: usize = 250;

/// One stack's way back.
pub(super) struct Retrace<'a> {
    pub(super) caches: &'a [Cache<'a>],
    /// A mapping that the event names and nobody has.
    pub(super) absent: Option<&'a Absent>,
    pub(super) platform: &'a str,
    /// What was thrown from this stack: `Ljava/lang/NullPointerException;`.
    pub(super) exception: Option<&'a str>,
}

/// What a mapping says of a frame.
enum Known<'a> {
    /// The code that R8 shared between methods, or calls that it added: no frame of the program.
    Nothing,
    /// The innermost first.
    Frames(Vec<StackFrame<'a>>, &'a str),
}

impl Retrace<'_> {
    /// The outermost first, as they came.
    pub(super) fn frames(&self, before: &[Frame]) -> Vec<Frame> {
        // Where in an outline the frame before was; one for each mapping.
        let mut outlines = vec![None; self.caches.len()];
        let mut room = INLINED_FRAMES;
        let mut is_top = true;
        let mut after = Vec::with_capacity(before.len());
        for frame in before.iter().rev() {
            if !is_jvm(frame, self.platform) {
                after.push(frame.clone());
                continue;
            }
            match self.known(frame, is_top, &mut outlines) {
                None => after.push(self.unknown(frame)),
                // An outline is not where the exception came from: what called it may still be rewritten.
                Some(Known::Nothing) => continue,
                Some(Known::Frames(frames, source)) => {
                    let kept = frames.len().min(room + 1);
                    room -= kept.saturating_sub(1);
                    let bottom = frames.last().map_or("", StackFrame::class);
                    after.extend(frames.iter().take(kept).map(|known| renamed(frame, known, bottom, source)));
                }
            }
            is_top = false;
        }
        after.reverse();
        after
    }

    fn known<'f>(
        &'f self,
        frame: &'f Frame,
        is_top: bool,
        outlines: &mut [Option<usize>],
    ) -> Option<Known<'f>> {
        let (module, function) = (frame.module.as_deref()?, frame.function.as_deref()?);
        // Without a line `retrace` takes what it knows of line 0.
        let obfuscated = StackFrame::new(module, function, frame.lineno.unwrap_or(0) as usize);
        for ((cache, source), outline) in self.caches.iter().zip(outlines) {
            let Some(frames) = cache.remap_frame_with_context(
                &obfuscated,
                self.exception,
                is_top && self.exception.is_some(),
                outline,
            ) else {
                return Some(Known::Nothing);
            };
            let had_mappings = frames.had_mappings();
            let frames: Vec<StackFrame<'f>> = frames.collect();
            if !frames.is_empty() {
                return Some(Known::Frames(frames, source));
            }
            if had_mappings {
                return Some(Known::Nothing);
            }
        }
        None
    }

    /// A frame that no mapping knows: of the system or of a library that is not obfuscated, unless a mapping is missing.
    fn unknown(&self, frame: &Frame) -> Frame {
        let mut frame = frame.clone();
        if let Some(absent) = self.absent
            && !system_code::is_system(&frame)
        {
            frame.symbolication = Some(unresolved(absent));
        }
        frame
    }
}

/// `bottom`: the class of the method that was really called, which the frame's own file belongs to.
fn renamed(frame: &Frame, known: &StackFrame<'_>, bottom: &str, source: &str) -> Frame {
    let mut renamed = unnamed(frame);
    renamed.raw_function = frame.raw_function.clone();
    if renamed.raw_function.is_none() && frame.function.as_deref() != Some(known.method()) {
        renamed.raw_function.clone_from(&frame.function);
    }
    renamed.module = Some(known.class().to_owned());
    renamed.function = Some(known.method().to_owned());
    renamed.lineno = known.line().filter(|line| *line > 0).and_then(|line| u32::try_from(line).ok());
    renamed.colno = frame.colno;
    if let Some(file) = known.file() {
        (renamed.filename, renamed.abs_path) = (Some(file.to_owned()), Some(file.to_owned()));
    } else if known.class() == bottom {
        (renamed.filename, renamed.abs_path) = (frame.filename.clone(), frame.abs_path.clone());
    }
    renamed.context_line.clone_from(&frame.context_line);
    renamed.pre_context.clone_from(&frame.pre_context);
    renamed.post_context.clone_from(&frame.post_context);
    if frame.module.as_deref() != Some(known.class()) && frame.in_app == Some(false) {
        // The SDK judged by the short name.
        renamed.in_app = None;
    }
    if known.method_synthesized() {
        // Nobody wrote it.
        renamed.in_app = Some(false);
    }
    renamed.symbolication = Some(found(source));
    renamed
}
