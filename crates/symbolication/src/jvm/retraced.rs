//! What mappings said of frames before: the crashes of one build have most of their frames in common.

use std::sync::Arc;

use proguard::StackFrame;
use quick_cache::{Equivalent, Weighter, sync::Cache};

/// One call that a frame stands for, as it was before ProGuard or R8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Original {
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
pub(super) enum Said {
    /// The class is not in it.
    Unknown,
    /// The code that R8 shared between methods, or calls that it added: no frame of the program.
    Nothing,
    /// The innermost first.
    Calls(Arc<[Original]>),
}

/// A frame in a mapping, as it is asked for.
#[derive(Debug, Hash)]
pub(super) struct Asked<'a> {
    /// [`CacheFile::number`](crate::CacheFile).
    pub(super) mapping: u64,
    pub(super) class: &'a str,
    pub(super) method: &'a str,
    pub(super) line: u32,
}

/// The same, kept. Hashes as [`Asked`] does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    mapping: u64,
    class: Box<str>,
    method: Box<str>,
    line: u32,
}

impl Equivalent<Key> for Asked<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        (self.mapping, self.line) == (key.mapping, key.line)
            && *self.method == *key.method
            && *self.class == *key.class
    }
}

/// Looked-up frames of all mappings, those in use up to a limit. Shared by all that symbolicates in a process.
#[derive(Debug)]
pub struct RetracedFrames {
    said: Cache<Key, Said, Bytes>,
}

/// About what a frame takes, bytes: a dozen names.
const FRAME_BYTES: u64 = 400;

impl RetracedFrames {
    /// Keeps frames that take up to about this many bytes of memory.
    pub fn new(most_bytes: u64) -> Self {
        let frames = usize::try_from(most_bytes / FRAME_BYTES).unwrap_or(usize::MAX);
        Self { said: Cache::with_weighter(frames, most_bytes, Bytes) }
    }

    pub(super) fn said(&self, asked: &Asked<'_>) -> Option<Said> {
        self.said.get(asked)
    }

    pub(super) fn keep(&self, asked: &Asked<'_>, said: &Said) {
        let key = Key {
            mapping: asked.mapping,
            class: asked.class.into(),
            method: asked.method.into(),
            line: asked.line,
        };
        self.said.insert(key, said.clone());
    }
}

#[derive(Debug, Clone)]
struct Bytes;

impl Weighter<Key, Said> for Bytes {
    fn weight(&self, key: &Key, said: &Said) -> u64 {
        let calls = match said {
            Said::Calls(calls) => &**calls,
            Said::Unknown | Said::Nothing => &[],
        };
        let names = |call: &Original| {
            call.class.len() + call.method.len() + call.file.as_ref().map_or(0, |file| file.len())
        };
        let of_calls: usize = calls.iter().map(|call| size_of::<Original>() + names(call)).sum();
        (size_of::<(Key, Said)>() + key.class.len() + key.method.len() + of_calls) as u64
    }
}
