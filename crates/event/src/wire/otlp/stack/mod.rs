//! Stacks in the text that a language's runtime prints, where its format is plain.

mod dart;
mod java;
mod javascript;
mod python;

use serde_json::{Map, Value};

use super::super::translate::Members;
use crate::limits;

/// One exception of a chain.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Raised {
    pub(super) ty: Option<String>,
    pub(super) value: Option<String>,
    /// The outermost call first.
    pub(super) frames: Vec<Value>,
    /// Where a plain chain does not tell all.
    pub(super) link: Option<Link>,
}

/// The place of an exception among those that came together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    /// 0: the one that was raised last.
    pub(super) id: u64,
    /// Of which it is the cause, or which came in its way.
    pub(super) of: Option<u64>,
    /// It was dropped for the other.
    pub(super) is_suppressed: bool,
    /// Others were suppressed by it.
    pub(super) is_group: bool,
}

/// What a text tells of.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    /// That prints such texts.
    pub(super) platform: &'static str,
    /// The cause first.
    pub(super) chain: Vec<Raised>,
    /// The binary that the frames lie in, as events have it.
    pub(super) image: Option<Value>,
}

/// The exceptions that a text tells of. `None` if it is in no format that is known here. `language` is what the SDK says it
/// is written in.
pub(super) fn parse(text: &str, language: Option<&str>) -> Option<Told> {
    let told = |platform, chain| Told { platform, chain, image: None };
    let java = || Some(told("java", java::parse(text)?));
    let javascript = || Some(told("javascript", javascript::parse(text)?));
    let python = || Some(told("python", python::parse(text)?));
    match language {
        Some("java" | "kotlin" | "android") => java(),
        Some("nodejs" | "webjs") => javascript(),
        Some("python") => python(),
        Some("dart") => dart::parse(text),
        Some(_) => None,
        None => dart::parse(text).or_else(python).or_else(javascript).or_else(java),
    }
}

/// A frame as it stands in the text.
#[derive(Debug, Clone, Copy, Default)]
struct Frame<'t> {
    module: Option<&'t str>,
    function: Option<&'t str>,
    file: Option<&'t str>,
    line: Option<u32>,
    column: Option<u32>,
    source: Option<&'t str>,
}

/// An exception as it stands in the text.
#[derive(Debug, Default)]
struct Section<'t> {
    /// `TypeError: no price`, its message in as many lines as it has.
    head: String,
    /// In the order of the text.
    frames: Vec<Frame<'t>>,
}

impl Section<'_> {
    fn add_to_head(&mut self, line: &str) {
        if self.head.len() < limits::MESSAGE_BYTES {
            if !self.head.is_empty() {
                self.head.push('\n');
            }
            self.head.push_str(line);
        }
    }

    /// `innermost_first`: the order of the text.
    fn into_raised(self, innermost_first: bool) -> Raised {
        let (ty, value) = split_head(&self.head);
        let mut frames = self.frames;
        // No more than an event keeps; one more says that there were more.
        let surplus = frames.len().saturating_sub(limits::FRAMES + 1);
        let half = limits::FRAMES / 2;
        frames.drain(half.min(frames.len())..(half + surplus).min(frames.len()));
        if innermost_first {
            frames.reverse();
        }
        let frames = frames.into_iter().map(Value::from).collect();
        Raised { ty, value, frames, link: None }
    }
}

impl From<Frame<'_>> for Value {
    fn from(frame: Frame<'_>) -> Self {
        let mut object = Map::new();
        object.put("module", frame.module);
        object.put("function", frame.function);
        object.put("filename", frame.file);
        object.put("lineno", frame.line);
        object.put("colno", frame.column);
        object.put("context_line", frame.source);
        object.into()
    }
}

/// `TypeError: no price`: a type is one word.
fn split_head(head: &str) -> (Option<String>, Option<String>) {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    match head.split_once(": ") {
        Some((ty, value)) if is_word(ty) => (some(ty), some(value.trim_end())),
        _ if is_word(head.trim_end_matches(':')) => (some(head.trim_end_matches(':')), None),
        _ => (None, some(head.trim_end())),
    }
}
