//! What was looked up for frames before: the crashes of one build have most of their frames in common.

use std::sync::Arc;

use quick_cache::{Equivalent, Weighter, sync::Cache};

use crate::{js::Located, jvm::Said};

/// Looked-up frames of all files, those in use up to a limit. Shared by all that symbolicates in a process.
#[derive(Debug)]
pub struct KeptFrames {
    /// What mappings said of frames.
    pub(crate) said: Kept<Said>,
    /// What source maps know of places.
    pub(crate) located: Kept<Arc<Located>>,
}

impl KeptFrames {
    /// Keeps frames that take up to about this many bytes of memory.
    pub fn new(most_bytes: u64) -> Self {
        Self { said: Kept::new(most_bytes / 2), located: Kept::new(most_bytes / 2) }
    }
}

/// A frame in a file, as it is asked for.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct Asked<'a> {
    /// [`CacheFile::number`](crate::CacheFile).
    pub(crate) file: u64,
    pub(crate) names: [&'a str; 2],
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// The same, kept. Hashes as [`Asked`] does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    file: u64,
    names: [Box<str>; 2],
    line: u32,
    column: u32,
}

impl Equivalent<Key> for Asked<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        (self.file, self.line, self.column) == (key.file, key.line, key.column)
            && self.names == key.names.each_ref().map(|name| &**name)
    }
}

impl From<Asked<'_>> for Key {
    fn from(Asked { file, names, line, column }: Asked<'_>) -> Self {
        Self { file, names: names.map(Into::into), line, column }
    }
}

/// What is kept of a frame.
pub(crate) trait Keepable: Clone {
    /// About what it takes, beside itself.
    fn bytes(&self) -> usize;
}

/// What is known of frames, by what they are asked for by.
#[derive(Debug)]
pub(crate) struct Kept<V>(Cache<Key, V, Bytes>);

/// About what a frame takes, bytes: a dozen names.
const FRAME_BYTES: u64 = 400;

impl<V: Keepable> Kept<V> {
    fn new(most_bytes: u64) -> Self {
        let frames = usize::try_from(most_bytes / FRAME_BYTES).unwrap_or(usize::MAX);
        Self(Cache::with_weighter(frames, most_bytes, Bytes))
    }

    pub(crate) fn get(&self, asked: &Asked<'_>) -> Option<V> {
        self.0.get(asked)
    }

    pub(crate) fn put(&self, asked: Asked<'_>, known: V) {
        self.0.insert(asked.into(), known);
    }
}

#[derive(Debug, Clone)]
struct Bytes;

impl<V: Keepable> Weighter<Key, V> for Bytes {
    fn weight(&self, key: &Key, known: &V) -> u64 {
        let names: usize = key.names.iter().map(|name| name.len()).sum();
        (size_of::<(Key, V)>() + names + known.bytes()) as u64
    }
}
