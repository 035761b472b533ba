//! Which binary a frame lies in, and where in it.

use mayday_event::model::{Event, Frame};

use super::images::Images;

/// Where a frame lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Not a native frame.
    Elsewhere,
    /// A native frame in no binary that is known; why.
    Nowhere(&'static str),
    In {
        /// By its place in the event.
        image: usize,
        /// Counted from the image's start.
        address: u64,
    },
}

/// Platforms whose frames have machine addresses.
const PLATFORMS: [&str; 8] = ["native", "cocoa", "c", "objc", "swift", "rust", "unity", "dart"];

impl Place {
    pub(super) fn of(frame: &Frame, platform: &str, images: &Images<'_>) -> Self {
        let Some(address) = frame.instruction_addr.as_deref().and_then(number) else {
            return Self::Elsewhere;
        };
        let mode = frame.addr_mode.as_deref().unwrap_or_default();
        if let Some(index) = mode.strip_prefix("rel:") {
            let image = index.parse().ok().filter(|image| images.get(*image).is_some());
            return image.map_or(Self::Elsewhere, |image| Self::In { image, address });
        }
        if let Some((image, address)) = images.at(address) {
            return Self::In { image, address };
        }
        let platform = frame.platform.as_deref().unwrap_or(platform);
        if address == 0 || !PLATFORMS.contains(&platform) {
            return Self::Elsewhere;
        }
        Self::Nowhere(if images.is_empty() {
            "the report lists no loaded binaries"
        } else {
            "no loaded binary is at this address"
        })
    }

    pub(super) fn image(&self) -> Option<usize> {
        match self {
            Self::In { image, .. } => Some(*image),
            _ => None,
        }
    }
}

/// As addresses are sent: `0x…`, or a decimal number.
pub(super) fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The signal that ended the process.
pub(super) fn signal(event: &Event) -> Option<u32> {
    let mechanisms = event.exception.iter().rev().filter_map(|exception| exception.mechanism.as_ref());
    let mut signals =
        mechanisms.filter_map(|mechanism| mechanism.meta.get("signal")?.get("number")?.as_u64());
    u32::try_from(signals.next()?).ok()
}

/// Whether frames but the innermost have the addresses that calls return to. Android's own unwinder, whose frames are in
/// tombstones and ANR traces, has those of the calls themselves.
pub(super) fn has_return_addresses(event: &Event) -> bool {
    let mechanism = event.exception.last().and_then(|exception| exception.mechanism.as_ref()?.ty.as_deref());
    !matches!(mechanism, Some("tombstone" | "AppExitInfo"))
}
