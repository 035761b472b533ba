//! Java and Kotlin: `Throwable.printStackTrace`.
//!
//! ```text
//! com.shop.PriceException: no price
//!     at com.shop.Cart.add(Cart.java:12)
//!     Suppressed: …
//! Caused by: java.lang.IndexOutOfBoundsException
//!     at java.base/java.util.ArrayList.get(ArrayList.java:427)
//!     ... 1 more
//! ```

use super::{Frame, Raised, Section};
use crate::limits;

/// `None` without a frame.
pub(super) fn parse(text: &str) -> Option<Vec<Raised>> {
    let mut chain = vec![Section::default()];
    // Within a suppressed exception, up to the next cause of the outermost ones.
    let mut suppressed = false;
    for line in text.lines() {
        let trimmed = line.trim_start();
        if let Some(head) = line.strip_prefix("Caused by: ") {
            if chain.len() == limits::EXCEPTIONS {
                break;
            }
            suppressed = false;
            chain.push(Section { head: head.to_owned(), ..Section::default() });
        } else if trimmed.starts_with("Suppressed: ") && trimmed != line {
            suppressed = true;
        } else if !suppressed {
            add(&mut chain, trimmed);
        }
    }
    if chain.iter().all(|section| section.frames.is_empty()) {
        return None;
    }
    Some(chain.into_iter().rev().map(|section| section.into_raised(true)).collect())
}

fn add<'t>(chain: &mut [Section<'t>], line: &'t str) {
    let Some((section, enclosing)) = chain.split_last_mut() else { return };
    if let Some(call) = line.strip_prefix("at ") {
        section.frames.extend(frame(call));
    } else if let Some(common) = line.strip_prefix("... ").and_then(|line| line.strip_suffix(" more")) {
        // A cause leaves out what it shares with the exception before it.
        let common = common.parse().unwrap_or(0_usize);
        if let Some(before) = enclosing.last()
            && common <= limits::FRAMES.min(before.frames.len())
        {
            section.frames.extend(before.frames.iter().skip(before.frames.len() - common));
        }
    } else if section.frames.is_empty() && !line.is_empty() {
        let uncaught = line.strip_prefix("Exception in thread \"").and_then(|line| line.split_once("\" "));
        section.add_to_head(uncaught.map_or(line, |(_, line)| line));
    }
}

/// `java.base/java.util.ArrayList.get(ArrayList.java:427)`.
fn frame(call: &str) -> Option<Frame<'_>> {
    let (call, place) = call.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    if call.contains(' ') {
        return None;
    }
    // The loader and module before it; a lambda's class has a slash of its own.
    let call = match call.rsplit_once('/') {
        Some((before, after)) if !before.contains("$$") => after,
        _ => call,
    };
    let (module, function) = call.rsplit_once('.')?;
    let (file, line) = match place.rsplit_once(':') {
        Some((file, line)) => (file, line.parse().ok()),
        None => (place, None),
    };
    let file = Some(file).filter(|file| !file.is_empty() && !file.contains(' '));
    Some(Frame { module: Some(module), function: Some(function), file, line, ..Frame::default() })
}
