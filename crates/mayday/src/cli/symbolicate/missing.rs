//! Which symbols are missing or say too little, why, and how many frames that costs.

use std::collections::BTreeMap;

use mayday_event::{
    file_name,
    model::{DebugImage, Event, SymbolStatus, Symbolication},
};

/// The end of a report in text: a line for each binary without symbols, and for each whose symbols are known not to say all; the
/// one that costs most frames first.
pub(super) fn render(event: &Event) -> String {
    let is_missing = |said: &Symbolication| said.status != SymbolStatus::Found;
    let says_less = |said: &Symbolication| {
        let by_device = said.source.as_deref() == Some(Symbolication::DEVICE);
        said.status == SymbolStatus::Found && said.reason.is_some() && !by_device
    };
    // Where a file that says all was found, a frame without a name is no address of a function.
    let missing = list("Without symbols", event, &frames_by_image(event, is_missing), |image| {
        image.status != SymbolStatus::Found || image.reason.is_some()
    });
    let poor = list("Incomplete symbols", event, &frames_by_image(event, says_less), |image| {
        image.status == SymbolStatus::Found
    });
    format!("{missing}{poor}")
}

/// The binaries that are `wanted` and cost frames; where the device knew all names, nothing is missed.
fn list(
    title: &str,
    event: &Event,
    frames: &BTreeMap<&str, usize>,
    wanted: impl Fn(&Symbolication) -> bool,
) -> String {
    let listed = event.debug_images.iter().filter_map(|image| {
        let said = image.symbolication.as_ref().filter(|said| wanted(said))?;
        Some((*frames.get(image.image_addr.as_deref()?)?, image, said))
    });
    let mut listed: Vec<(usize, &DebugImage, &Symbolication)> = listed.collect();
    if listed.is_empty() {
        return String::new();
    }
    listed.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    let mut text = format!("\n{title}\n");
    for (count, image, said) in listed {
        let name = file_name(image.code_file.as_deref().unwrap_or("?"));
        let id = image.debug_id.as_deref().or(image.code_id.as_deref()).unwrap_or("no id");
        let reason = said.reason.as_deref().unwrap_or("?");
        let frames = if count == 1 { "1 frame".to_owned() } else { format!("{count} frames") };
        text.push_str(&format!("  {name}  {id}  {}: {reason}  ({frames})\n", status(said.status)));
    }
    text
}

/// How many frames of an image are `counted`, by the start of the image.
fn frames_by_image(event: &Event, counted: impl Fn(&Symbolication) -> bool) -> BTreeMap<&str, usize> {
    let stacks = event.exception.iter().filter_map(|exception| exception.stacktrace.as_ref());
    let stacks = stacks.chain(event.threads.iter().filter_map(|thread| thread.stacktrace.as_ref()));
    let mut counts = BTreeMap::new();
    for frame in stacks.flat_map(|stack| &stack.frames) {
        let is_counted = frame.symbolication.as_ref().is_some_and(&counted);
        if let (true, Some(image)) = (is_counted, frame.image_addr.as_deref()) {
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
