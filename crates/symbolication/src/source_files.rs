//! The source files of an event's binaries: of source bundles, embedded in a binary's debug file, or each by itself from a
//! debuginfod server.

use std::collections::BTreeMap;

use mayday_event::model::Frame;

use crate::{
    ArtifactKind, Artifacts, CacheFile, ImageId, Wanted,
    source_context::add_source_context,
    sources::{code_id, normal_path},
    table::{Table, TableError},
};

/// What tables of source files begin with.
const MAGIC: [u8; 4] = *b"MDSF";

/// Source files of one event that are looked for by themselves.
const SINGLE_FILES: usize = 32;

/// The source files that were found for the binaries of one event, each binary looked for once.
pub(crate) struct SourceFiles<'a> {
    artifacts: &'a dyn Artifacts,
    /// By the image's place in the event.
    found: BTreeMap<usize, Option<CacheFile>>,
    /// By the image's place and the path.
    single: BTreeMap<(usize, String), Option<CacheFile>>,
}

impl<'a> SourceFiles<'a> {
    pub(crate) fn new(artifacts: &'a dyn Artifacts) -> Self {
        Self { artifacts, found: BTreeMap::new(), single: BTreeMap::new() }
    }

    /// Puts the lines around a frame's line into it, where the image that it lies in has the frame's file.
    pub(crate) fn add_context(&mut self, frame: &mut Frame, image: usize, id: &ImageId) {
        if frame.lineno.is_none() {
            return;
        }
        let Some(path) = frame.abs_path.as_deref() else { return };
        let found = self.found.entry(image).or_insert_with(|| {
            let wanted = Wanted::Image(ArtifactKind::Sources, id.clone());
            self.artifacts.find(&wanted).ok().filter(|file| table(file).is_some())
        });
        let table = found.as_ref().and_then(table);
        if let Some(source) = table.and_then(|table| table.get(&key(path))) {
            add_source_context(frame, source);
        } else if let Some(source) = self.single(path, image, id) {
            add_source_context(frame, std::str::from_utf8(&source.bytes).unwrap_or_default());
        }
    }

    /// A file by itself: servers that have such know them by build id and absolute path.
    fn single(&mut self, path: &str, image: usize, id: &ImageId) -> Option<&CacheFile> {
        code_id(id)?;
        let key = (image, normal_path(path)?);
        if !self.single.contains_key(&key) && self.single.len() >= SINGLE_FILES {
            return None;
        }
        let artifacts = self.artifacts;
        let find = |(_, path): &(usize, String)| {
            artifacts.find(&Wanted::SourceFile { image: id.clone(), path: path.clone() }).ok()
        };
        self.single.entry(key).or_insert_with_key(find).as_ref()
    }

    /// Whether there are source files for an image.
    pub(crate) fn has(&self, image: usize) -> bool {
        self.found.get(&image).is_some_and(Option::is_some)
    }
}

/// The source files in a cache file, by path.
pub(crate) fn table(file: &CacheFile) -> Option<Table<'_>> {
    let unreadable = |error: &TableError| {
        tracing::warn!(source = &*file.source, %error, "unreadable source files");
    };
    Table::open(MAGIC, &file.bytes).inspect_err(unreadable).ok()
}

/// Paths are written with either slash.
fn key(path: &str) -> String {
    path.replace('\\', "/")
}

/// A table of source files that is being made.
#[derive(Debug, Default)]
pub(crate) struct SourceFilesWriter(crate::table::TableWriter);

impl SourceFilesWriter {
    /// `path`: as debug information has it.
    pub(crate) fn add(&mut self, path: &str, source: &str) -> Result<(), TableError> {
        self.0.add(&key(path), source)
    }

    pub(crate) fn finish(self) -> Result<Vec<u8>, TableError> {
        self.0.finish(MAGIC)
    }
}
