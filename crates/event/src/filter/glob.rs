//! Patterns with `*`.

use std::fmt;

use super::PATTERN_BYTES;

/// A pattern whose `*` stands for any text, also none. Takes time linear in the text, whatever the pattern.
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    pattern: String,
    /// What is between the `*`, in lower case; one part means that there is no `*`.
    parts: Vec<String>,
}

impl Glob {
    /// Refuses an empty pattern and one longer than [`PATTERN_BYTES`]; the text is for people.
    pub(crate) fn compile(pattern: &str) -> Result<Self, String> {
        if pattern.is_empty() {
            return Err("is empty".to_owned());
        }
        if pattern.len() > PATTERN_BYTES {
            return Err(format!("is longer than {PATTERN_BYTES} bytes"));
        }
        let parts = pattern.to_lowercase().split('*').map(str::to_owned).collect();
        Ok(Self { pattern: pattern.to_owned(), parts })
    }

    /// Whether all of `text`, which is in lower case, is as the pattern says.
    pub(crate) fn fits(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|only| only == text);
        };
        let Some(rest) = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()))
        else {
            return false;
        };
        let find = |rest: &'_ str, part: &String| {
            let at = memchr::memmem::find(rest.as_bytes(), part.as_bytes())?;
            Some(at + part.len())
        };
        let mut rest = rest;
        middle.iter().all(|part| match find(rest, part).and_then(|end| rest.get(end..)) {
            Some(after) => {
                rest = after;
                true
            }
            None => false,
        })
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}
