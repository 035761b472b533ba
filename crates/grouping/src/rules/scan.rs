//! The words of a rule: keys, patterns in quotes or bare, and where each begins.

use super::SyntaxError;

/// Longest pattern or value, bytes.
pub(super) const TEXT_BYTES: usize = 500;

/// Reads one line from left to right.
pub(super) struct Scanner<'l> {
    line: &'l str,
    rest: &'l str,
    number: usize,
}

impl<'l> Scanner<'l> {
    pub(super) fn new(number: usize, line: &'l str) -> Self {
        Self { line, rest: line, number }
    }

    /// What is left.
    pub(super) fn here(&self) -> &'l str {
        self.rest
    }

    /// What is left, without the blanks before it.
    pub(super) fn rest(&mut self) -> &'l str {
        self.rest = self.rest.trim_start();
        self.rest
    }

    /// Goes past `mark`, if that comes next.
    pub(super) fn skip(&mut self, mark: &str) -> bool {
        match self.rest().strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Something is wrong with what comes next.
    pub(super) fn refuse<T>(&self, problem: impl Into<String>) -> Result<T, SyntaxError> {
        Err(self.error_at(self.rest, problem))
    }

    /// Something is wrong with what begins at `place`, a rest of this line.
    pub(super) fn error_at(&self, place: &str, problem: impl Into<String>) -> SyntaxError {
        let before = self.line.len().saturating_sub(place.len());
        let before = self.line.get(..before).unwrap_or(self.line);
        SyntaxError { line: self.number, column: before.chars().count() + 1, problem: problem.into() }
    }

    /// `stack.function`, also in quotes; `None` if no colon follows.
    pub(super) fn key(&mut self) -> Option<String> {
        let rest = self.rest();
        let (key, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find(|c: char| !is_key(c)).unwrap_or(rest.len())),
        };
        if key.is_empty() || !key.chars().all(|c| is_key(c) || c == ':') {
            return None;
        }
        self.rest = after.strip_prefix(':')?;
        Some(key.to_owned())
    }

    /// A text in quotes, or all up to the next blank or one of `ends`. `{{ … }}` may hold blanks.
    pub(super) fn text(&mut self, ends: &[char]) -> Result<String, SyntaxError> {
        let text = match self.rest.strip_prefix('"') {
            Some(inside) => self.quoted(inside)?,
            None => self.bare(ends),
        };
        match text.len() > TEXT_BYTES {
            true => self.refuse(format!("what stands before this has more than {TEXT_BYTES} bytes")),
            false => Ok(text),
        }
    }

    /// `\"` and `\\` stand for the character; any other backslash is the pattern's own.
    fn quoted(&mut self, inside: &'l str) -> Result<String, SyntaxError> {
        let mut text = String::new();
        let mut chars = inside.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = inside.get(at + 1..).unwrap_or_default();
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some((_, '"')) => text.push('"'),
                    Some((_, escaped)) => text.extend(['\\', escaped]),
                    None => break,
                },
                c => text.push(c),
            }
        }
        self.refuse("the quotes that open here are not closed")
    }

    fn bare(&mut self, ends: &[char]) -> String {
        let mut end = 0;
        let mut rest = self.rest;
        while let Some(c) = rest.chars().next() {
            let width = match rest.strip_prefix("{{").and_then(|inside| inside.find("}}")) {
                Some(closing) => closing + "{{}}".len(),
                None if c.is_whitespace() || ends.contains(&c) => break,
                None => c.len_utf8(),
            };
            end += width;
            rest = rest.get(width..).unwrap_or_default();
        }
        let (text, after) = self.rest.split_at(end);
        self.rest = after;
        text.to_owned()
    }
}

fn is_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// The lines that say something, with their numbers.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = (1..).zip(text.lines());
    numbered.filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
}
