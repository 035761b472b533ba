//! The loaded binaries.

use std::collections::BTreeMap;

use mayday_event::{
    limits,
    model::{DebugImage, Event, ImageFeatures},
};
use minidump::{MinidumpModule, MinidumpModuleList, Module, system_info::Os};

use super::unwind::Outcomes;
use crate::{ImageId, Status};

/// The modules that are taken: as many as an event may have.
pub(super) struct Modules {
    pub(super) list: MinidumpModuleList,
    /// As many as the dump has.
    pub(super) count: usize,
    os: Os,
}

impl Modules {
    pub(super) fn of(list: MinidumpModuleList, os: Os) -> Self {
        let count = list.iter().count();
        if count <= limits::DEBUG_IMAGES {
            return Self { list, count, os };
        }
        let first = list.iter().take(limits::DEBUG_IMAGES).cloned().collect();
        Self { list: MinidumpModuleList::from_modules(first), count, os }
    }

    /// In place of the native images that the event had.
    pub(super) fn put_into(&self, event: &mut Event, outcomes: &Outcomes) {
        let mut images: Vec<DebugImage> =
            self.list.iter().map(|module| image(module, self.os, outcomes)).collect();
        let kept = event.debug_images.drain(..).filter(|image| image.image_addr.is_none());
        images.extend(kept);
        images.truncate(limits::DEBUG_IMAGES);
        event.debug_images = images;
    }
}

/// How a frame's binary is asked for.
pub(super) fn id(module: &dyn Module) -> ImageId {
    ImageId {
        debug_id: module.debug_identifier().filter(|id| !id.is_nil()),
        code_id: module
            .code_identifier()
            .map(|id| id.as_str().to_ascii_lowercase())
            .filter(|id| !id.is_empty()),
        debug_file: module.debug_file().as_deref().and_then(ImageId::file),
        code_file: ImageId::file(&module.code_file()),
    }
}

fn image(module: &MinidumpModule, os: Os, outcomes: &Outcomes) -> DebugImage {
    let id = id(module);
    let text = |text: &str| (!text.is_empty()).then(|| cut(text, limits::PATH_BYTES));
    let unwinding = outcomes.get(&module.base_address());
    DebugImage {
        ty: kind(os).to_owned(),
        debug_id: id.debug_id.map(|id| id.to_string()),
        code_id: id.code_id,
        code_file: text(&module.code_file()),
        debug_file: module.debug_file().as_deref().and_then(text),
        image_addr: Some(format!("{:#x}", module.base_address())),
        image_size: Some(module.size()),
        unwinding: unwinding.cloned(),
        features: unwinding
            .filter(|unwinding| unwinding.status == Status::Found)
            .map(|_| ImageFeatures { has_unwind_info: true, ..ImageFeatures::default() }),
        ..DebugImage::default()
    }
}

/// The format of a system's binaries.
fn kind(os: Os) -> &'static str {
    match os {
        Os::Windows => "pe",
        Os::MacOs | Os::Ios => "macho",
        _ => "elf",
    }
}

pub(super) fn cut(text: &str, most: usize) -> String {
    text.split_at(text.floor_char_boundary(most)).0.replace('\0', "")
}

/// By base address.
pub(super) type ByBase<T> = BTreeMap<u64, T>;
