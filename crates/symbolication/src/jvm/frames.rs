//! Frames as they were before ProGuard or R8: what `retrace` would print.

use mayday_event::{model::Frame, system_code};

use super::{
    is_jvm,
    mapping::Mapping,
    retraced::{Original, Said},
};
use crate::{
    Absent,
    frame_copy::unnamed,
    outcome::{found, unresolved},
};

/// Frames that unfolding inlined calls may add to a stack; of what is beyond only the innermost call is kept.
const INLINED_FRAMES: usize = 250;

/// One stack's way back.
pub(super) struct Retrace<'a> {
    pub(super) mappings: &'a [Mapping<'a>],
    /// A mapping that the event names and nobody has.
    pub(super) absent: Option<&'a Absent>,
    pub(super) platform: &'a str,
    /// What was thrown from this stack: `Ljava/lang/NullPointerException;`.
    pub(super) exception: Option<&'a str>,
}

impl Retrace<'_> {
    /// The outermost first, as they came.
    pub(super) fn frames(&self, before: &[Frame]) -> Vec<Frame> {
        // Where in an outline the frame before was; one for each mapping.
        let mut outlines = vec![None; self.mappings.len()];
        let mut room = INLINED_FRAMES;
        let mut is_top = true;
        let mut after = Vec::with_capacity(before.len());
        for frame in before.iter().rev() {
            if !is_jvm(frame, self.platform) {
                after.push(frame.clone());
                continue;
            }
            match self.known(frame, is_top, &mut outlines) {
                (Said::Unknown, _) => after.push(self.unknown(frame)),
                // An outline is not where the exception came from: what called it may still be rewritten.
                (Said::Nothing, _) => continue,
                (Said::Calls(calls), source) => {
                    let kept = calls.len().min(room + 1);
                    room -= kept.saturating_sub(1);
                    let bottom = calls.last().map_or("", |call| &*call.class);
                    after.extend(calls.iter().take(kept).map(|call| renamed(frame, call, bottom, source)));
                }
            }
            is_top = false;
        }
        after.reverse();
        after
    }

    /// What the first mapping that knows anything of a frame says, and where that came from.
    fn known(&self, frame: &Frame, is_top: bool, outlines: &mut [Option<usize>]) -> (Said, &str) {
        let (Some(module), Some(function)) = (frame.module.as_deref(), frame.function.as_deref()) else {
            return (Said::Unknown, "");
        };
        // Without a line `retrace` takes what it knows of line 0.
        let asked = (module, function, frame.lineno.unwrap_or(0));
        let thrown = self.exception.filter(|_| is_top);
        for (mapping, outline) in self.mappings.iter().zip(outlines) {
            match mapping.frame(asked, thrown, outline) {
                Said::Unknown => {}
                said => return (said, mapping.source),
            }
        }
        (Said::Unknown, "")
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
fn renamed(frame: &Frame, call: &Original, bottom: &str, source: &str) -> Frame {
    let mut renamed = unnamed(frame);
    renamed.raw_function = frame.raw_function.clone();
    if renamed.raw_function.is_none() && frame.function.as_deref() != Some(&*call.method) {
        renamed.raw_function.clone_from(&frame.function);
    }
    renamed.module = Some(call.class.to_string());
    renamed.function = Some(call.method.to_string());
    renamed.lineno = call.line;
    renamed.colno = frame.colno;
    if let Some(file) = call.file.as_deref() {
        (renamed.filename, renamed.abs_path) = (Some(file.to_owned()), Some(file.to_owned()));
    } else if *call.class == *bottom {
        (renamed.filename, renamed.abs_path) = (frame.filename.clone(), frame.abs_path.clone());
    }
    renamed.context_line.clone_from(&frame.context_line);
    renamed.pre_context.clone_from(&frame.pre_context);
    renamed.post_context.clone_from(&frame.post_context);
    if frame.module.as_deref() != Some(&*call.class) && frame.in_app == Some(false) {
        // The SDK judged by the short name.
        renamed.in_app = None;
    }
    if call.is_synthesized {
        // Nobody wrote it.
        renamed.in_app = Some(false);
    }
    renamed.symbolication = Some(found(source));
    renamed
}
