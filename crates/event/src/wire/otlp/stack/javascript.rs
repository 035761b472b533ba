//! JavaScript: `Error.stack`, as V8 (`at f (file:1:2)`) and the other engines (`f@file:1:2`) have it.

use super::{Frame, Raised, Section};

/// `None` without a frame that says where it is.
pub(super) fn parse(text: &str) -> Option<Vec<Raised>> {
    let mut section = Section::default();
    for line in text.lines().map(str::trim) {
        let frame = match line.strip_prefix("at ") {
            Some(call) => v8(call),
            None => other_engine(line),
        };
        match frame {
            Some(frame) => section.frames.push(frame),
            None if section.frames.is_empty() => section.add_to_head(line),
            // What follows the frames is about another error.
            None => break,
        }
    }
    let is_placed = section.frames.iter().any(|frame| frame.column.is_some());
    is_placed.then(|| vec![section.into_raised(true)])
}

/// `Cart.add (file:1:2)`, `file:1:2`, `async file:1:2`, `Array.map (<anonymous>)`.
fn v8(call: &str) -> Option<Frame<'_>> {
    let call = call.strip_prefix("async ").unwrap_or(call);
    let Some((function, place)) = call.strip_suffix(')').and_then(|call| call.split_once(" (")) else {
        return place_of(call);
    };
    let placed = place_of(place).unwrap_or(Frame { file: Some(place), ..Frame::default() });
    Some(Frame { function: Some(function), ..placed })
}

fn other_engine(line: &str) -> Option<Frame<'_>> {
    let (function, place) = line.split_once('@')?;
    Some(Frame { function: (!function.is_empty()).then_some(function), ..place_of(place)? })
}

/// `https://shop.example/cart.js:1:2`; Hermes has `address at index.android.bundle:1:2`.
fn place_of(place: &str) -> Option<Frame<'_>> {
    let place = place.strip_prefix("address at ").unwrap_or(place);
    let (place, column) = place.rsplit_once(':')?;
    let (file, line) = place.rsplit_once(':')?;
    let (line, column) = (line.parse().ok()?, column.parse().ok()?);
    Some(Frame { file: Some(file), line: Some(line), column: Some(column), ..Frame::default() })
}
