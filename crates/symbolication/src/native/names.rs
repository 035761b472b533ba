//! What debug files say of addresses.

use std::collections::HashMap;

use mayday_event::{file_name, limits, model::Frame};
use symbolic::{
    common::Language,
    symcache::{SourceLocation, SymCache},
};

use super::{demangle::demangled, images::Found};
use crate::{Status, frame_copy::unnamed, outcome::outcome};

/// Calls inlined into each other at one address; more are a damaged file.
const INLINED_DEPTH: usize = 64;

/// Names of the addresses of one event, each looked up once: threads that wait stand at the same places, and to demangle a
/// name takes longer than all else about a frame.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By the image's place in the event, and the address in it.
    known: HashMap<(usize, u64), Vec<Named>>,
}

/// What a debug file says of one address, or of a call inlined there.
#[derive(Debug)]
pub(super) struct Named {
    function: String,
    raw_function: Option<String>,
    filename: Option<String>,
    abs_path: Option<String>,
    pub(super) lineno: Option<u32>,
    symbol_addr: Option<String>,
    lang: Option<String>,
}

impl Names {
    /// The innermost call first; none if no function is there.
    pub(super) fn at(
        &mut self,
        image: usize,
        address: u64,
        start: Option<u64>,
        cache: &SymCache<'_>,
    ) -> &[Named] {
        self.known.entry((image, address)).or_insert_with(|| {
            let locations = cache.lookup(address).take(INLINED_DEPTH);
            locations.map(|location| Named::of(&location, start)).collect()
        })
    }
}

impl Named {
    fn of(location: &SourceLocation<'_, '_>, start: Option<u64>) -> Self {
        let function = location.function();
        let (name, language) = (function.name(), function.language());
        let shown = demangled(name, language);
        let path = location.file().map(|file| file.full_path()).filter(|path| !path.is_empty());
        let entry = function.entry_pc();
        // That of an inlined call is nowhere.
        let entry = (entry != u32::MAX).then(|| start?.checked_add(u64::from(entry))).flatten();
        Self {
            raw_function: (shown != name).then(|| cut(name, limits::FUNCTION_BYTES)),
            function: cut(&shown, limits::FUNCTION_BYTES),
            filename: path.as_deref().map(|path| cut(file_name(path), limits::PATH_BYTES)),
            abs_path: path.map(|path| cut(&path, limits::PATH_BYTES)),
            lineno: Some(location.line()).filter(|line| *line > 0),
            symbol_addr: entry.map(|entry| format!("{entry:#x}")),
            lang: (language != Language::Unknown).then(|| language.name().to_owned()),
        }
    }

    /// The frame with this name; why it does not say all, where that is known.
    pub(super) fn frame(&self, frame: &Frame, found: &Found) -> Frame {
        let lack = found.lack_of_frame(self.lineno);
        Frame {
            function: Some(self.function.clone()),
            raw_function: self.raw_function.clone(),
            module: frame.module.clone(),
            filename: self.filename.clone(),
            abs_path: self.abs_path.clone(),
            lineno: self.lineno,
            context_line: frame.context_line.clone(),
            pre_context: frame.pre_context.clone(),
            post_context: frame.post_context.clone(),
            symbol_addr: self.symbol_addr.clone(),
            lang: self.lang.clone(),
            symbolication: Some(outcome(Status::Found, lack, Some(&found.source))),
            ..unnamed(frame)
        }
    }
}

pub(super) fn cut(text: &str, most: usize) -> String {
    text.split_at(text.floor_char_boundary(most)).0.to_owned()
}
