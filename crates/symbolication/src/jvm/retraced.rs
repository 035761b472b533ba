//! What mappings say of frames.

use std::sync::Arc;

use proguard::StackFrame;

use crate::kept::Keepable;

/// One call that a frame stands for, as it was before ProGuard or R8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Original {
    pub(super) class: Box<str>,
    pub(super) method: Box<str>,
    pub(super) file: Option<Box<str>>,
    /// `None` where the mapping knows none.
    pub(super) line: Option<u32>,
    /// Nobody wrote it.
    pub(super) is_synthesized: bool,
}

impl From<StackFrame<'_>> for Original {
    fn from(frame: StackFrame<'_>) -> Self {
        Self {
            class: frame.class().into(),
            method: frame.method().into(),
            file: frame.file().map(Into::into),
            line: frame.line().filter(|line| *line > 0).and_then(|line| u32::try_from(line).ok()),
            is_synthesized: frame.method_synthesized(),
        }
    }
}

/// What a mapping says of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// The class is not in it.
    Unknown,
    /// The code that R8 shared between methods, or calls that it added: no frame of the program.
    Nothing,
    /// The innermost first.
    Calls(Arc<[Original]>),
}

impl Keepable for Said {
    fn bytes(&self) -> usize {
        let Self::Calls(calls) = self else { return 0 };
        let file = |call: &Original| call.file.as_ref().map_or(0, |file| file.len());
        let names = |call: &Original| call.class.len() + call.method.len() + file(call);
        calls.iter().map(|call| size_of::<Original>() + names(call)).sum()
    }
}
