//! The binaries of a process.

use uuid::Uuid;

use super::{Dump, Extent, System, TEXT_BYTES};
use crate::{
    crash::found::{Image, elf_debug_id},
    limits,
};

/// Length of an entry.
const MODULE_BYTES: usize = 108;

impl Dump<'_> {
    pub(super) fn modules(&self, list: Extent, system: System) -> Vec<Image> {
        let count = self.offset(list.start).unwrap_or(0);
        // Some writers align the list to eight bytes.
        let is_aligned =
            count.checked_mul(MODULE_BYTES).and_then(|bytes| bytes.checked_add(8)) == Some(list.length);
        let first = list.start.saturating_add(if is_aligned { 8 } else { 4 });
        let count = count.min(limits::DEBUG_IMAGES);
        (0..count).filter_map(|index| self.module(first.checked_add(index * MODULE_BYTES)?, system)).collect()
    }

    fn module(&self, at: usize, system: System) -> Option<Image> {
        let (base, size) = (self.u64(at)?, self.u32(at + 8)?);
        let (stamp, name) = (self.u32(at + 16)?, self.text(self.offset(at + 20)?));
        let (length, record) = (self.offset(at + 76)?, self.offset(at + 80)?);
        let ty = match system {
            System::Windows => "pe",
            System::Apple => "macho",
            System::Unix | System::Unknown => "elf",
        };
        let mut image = self.code_view(record, length, system).unwrap_or_default();
        image.ty = ty;
        image.code_file = name.unwrap_or_default();
        image.address = Some(base);
        image.size = size.into();
        if system == System::Windows {
            image.code_id = format!("{stamp:08x}{size:x}");
        }
        Some(image)
    }

    /// The ids that a module's CodeView record says.
    fn code_view(&self, at: usize, length: usize, system: System) -> Option<Image> {
        let record = self.slice(at, length.min(TEXT_BYTES))?;
        match record.get(..4)? {
            b"RSDS" => {
                let guid: [u8; 16] = record.get(4..20)?.try_into().ok()?;
                let age = u32::from_le_bytes(record.get(20..24)?.try_into().ok()?);
                let file = record.get(24..)?.split(|byte| *byte == 0).next().unwrap_or_default();
                let id = Uuid::from_bytes_le(guid);
                let code_id = match system {
                    System::Apple => id.simple().to_string(),
                    // Breakpad's older dumps: the build id's first bytes.
                    System::Unix => ::hex::encode(guid),
                    System::Windows | System::Unknown => String::new(),
                };
                let age =
                    if age > 0 && system == System::Windows { format!("-{age:x}") } else { String::new() };
                Some(Image {
                    debug_id: format!("{id}{age}"),
                    code_id,
                    debug_file: String::from_utf8_lossy(file).into_owned(),
                    ..Image::default()
                })
            }
            // A build id.
            b"LEpB" => {
                let build_id = record.get(4..)?;
                let (debug_id, code_id) = (elf_debug_id(build_id).to_string(), ::hex::encode(build_id));
                Some(Image { debug_id, code_id, ..Image::default() })
            }
            _ => None,
        }
    }
}
