//! Which symbols are missing, why, and how many frames that costs.

use std::collections::BTreeMap;

use mayday_event::{
    file_name,
    model::{DebugImage, Event, SymbolStatus, Symbolication},
};

/// The end of a report in text: a line for each binary without symbols, the one that costs most frames first.
pub(super) fn render(event: &Event) -> String {
    let frames = frames_by_image(event);
    let mut missing: Vec<(usize, &DebugImage, &Symbolication)> = event
        .debug_images
        .iter()
        .filter_map(|image| Some((image, image.symbolication.as_ref()?)))
        .filter(|(_, symbolication)| symbolication.status != SymbolStatus::Found)
        .map(|(image, symbolication)| {
            let count = image.image_addr.as_deref().and_then(|start| frames.get(start)).copied();
            (count.unwrap_or(0), image, symbolication)
        })
        // Where the device knew all names, nothing is missed.
        .filter(|(count, ..)| *count > 0)
        .collect();
    if missing.is_empty() {
        return String::new();
    }
    missing.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    let mut text = "\nWithout symbols\n".to_owned();
    for (count, image, symbolication) in missing {
        let name = file_name(image.code_file.as_deref().unwrap_or("?"));
        let id = image.debug_id.as_deref().or(image.code_id.as_deref()).unwrap_or("no id");
        let reason = symbolication.reason.as_deref().unwrap_or("?");
        let frames = if count == 1 { "1 frame".to_owned() } else { format!("{count} frames") };
        text.push_str(&format!("  {name}  {id}  {}: {reason}  ({frames})\n", status(symbolication.status)));
    }
    text
}

/// Frames without a name by the start of their image.
fn frames_by_image(event: &Event) -> BTreeMap<&str, usize> {
    let stacks = event.exception.iter().filter_map(|exception| exception.stacktrace.as_ref());
    let stacks = stacks.chain(event.threads.iter().filter_map(|thread| thread.stacktrace.as_ref()));
    let mut counts = BTreeMap::new();
    for frame in stacks.flat_map(|stack| &stack.frames) {
        let is_missing = frame.symbolication.as_ref().is_some_and(|said| said.status != SymbolStatus::Found);
        if let (true, Some(image)) = (is_missing, frame.image_addr.as_deref()) {
            *counts.entry(image).or_insert(0) += 1;
        }
    }
    counts
}

/// For people.
pub(super) fn status(status: SymbolStatus) -> &'static str {
    match status {
        SymbolStatus::Found => "found",
        SymbolStatus::Missing => "missing",
        SymbolStatus::Malformed => "malformed",
        SymbolStatus::TimedOut => "timed out",
        SymbolStatus::Mismatch => "of another build",
    }
}
