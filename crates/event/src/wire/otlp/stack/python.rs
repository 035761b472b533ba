//! Python: `traceback.print_exception`; chained exceptions come with the cause first, as events have them.
//!
//! ```text
//! Traceback (most recent call last):
//!   File "shop.py", line 12, in add
//!     price(item)
//! KeyError: 'price'
//!
//! The above exception was the direct cause of the following exception:
//!
//! Traceback (most recent call last):
//! …
//! ```

use super::{Frame, Raised, Section};
use crate::limits;

const START: &str = "Traceback (most recent call last):";
/// What the end of a message may be told by: the lines that join two exceptions.
const JOINTS: [&str; 2] = [
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
];

/// `None` if it does not begin as a traceback does, or has no frame.
pub(super) fn parse(text: &str) -> Option<Vec<Raised>> {
    let mut lines = text.lines().skip_while(|line| line.trim().is_empty()).peekable();
    lines.peek().filter(|line| **line == START)?;
    let mut chain: Vec<Section<'_>> = Vec::new();
    for line in lines {
        if line == START {
            chain.push(Section::default());
            if chain.len() > limits::EXCEPTIONS {
                // The one that was raised last is the one that counts.
                chain.remove(0);
            }
        } else if let Some(section) = chain.last_mut()
            && !JOINTS.contains(&line)
        {
            add(section, line);
        }
    }
    if chain.iter().all(|section| section.frames.is_empty()) {
        return None;
    }
    Some(chain.into_iter().map(|section| section.into_raised(false)).collect())
}

fn add<'t>(section: &mut Section<'t>, line: &'t str) {
    if !section.head.is_empty() {
        if !line.is_empty() {
            section.add_to_head(line);
        }
    } else if let Some(frame) = line.strip_prefix("  File \"").and_then(frame) {
        section.frames.push(frame);
    } else if let Some(source) = line.strip_prefix("    ") {
        // Lines after the first mark a part of it.
        if let Some(frame) = section.frames.last_mut()
            && frame.source.is_none()
        {
            frame.source = Some(source);
        }
    } else if !line.starts_with(' ') {
        section.add_to_head(line);
    }
}

/// `shop.py", line 12, in add`.
fn frame(line: &str) -> Option<Frame<'_>> {
    let (file, place) = line.split_once("\", line ")?;
    let (line, function) = match place.split_once(", in ") {
        Some((line, function)) => (line, Some(function)),
        None => (place, None),
    };
    Some(Frame { file: Some(file), function, line: line.parse().ok(), ..Frame::default() })
}
