//! What people type to find issues: `is:unresolved release:1.2.3 "out of memory"`.
//!
//! Parts are separated by spaces and all must match. A part is `key:value` or a word; either may be
//! `"quoted"`, with `\"` and `\\` inside, to hold spaces or a colon.

use mayday_catalog::issues::Status;

use crate::QueryError;

/// Longest search, characters.
pub(crate) const MAX_LENGTH: usize = 1000;
/// Most words and quoted phrases in a search.
pub(crate) const MAX_WORDS: usize = 20;

/// A parsed search; every part must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Search {
    pub(crate) status: Option<Status>,
    /// Each must occur in title, culprit or short id.
    pub(crate) words: Vec<String>,
    pub(crate) release: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) assignee: Option<Assignee>,
}

/// Whom an issue is assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Assignee {
    Me,
    Nobody,
    /// An e-mail address.
    Member(String),
}

/// Why a search cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("query, character {position}: {reason}")]
pub(crate) struct SearchError {
    /// Of the part that is wrong; the first character is 1.
    pub(crate) position: usize,
    pub(crate) reason: String,
}

impl Search {
    /// Reads what somebody typed.
    pub(crate) fn parse(text: &str) -> Result<Self, SearchError> {
        if text.chars().count() > MAX_LENGTH {
            let reason = format!("longer than {MAX_LENGTH} characters");
            return Err(SearchError { position: MAX_LENGTH + 1, reason });
        }
        let mut search = Self::default();
        for part in Parts::of(text) {
            let part = part?;
            search.add(&part).map_err(|reason| SearchError { position: part.position, reason })?;
        }
        Ok(search)
    }

    /// As `environment:` in the search; an error if that is there and says otherwise.
    pub(crate) fn narrow_environment(&mut self, environment: String) -> Result<(), QueryError> {
        set(&mut self.environment, environment, "environment").map_err(QueryError::Invalid)
    }

    fn add(&mut self, part: &Part) -> Result<(), String> {
        let Some(key) = &part.key else {
            if self.words.len() == MAX_WORDS {
                return Err(format!("more than {MAX_WORDS} words"));
            }
            self.words.push(part.value.clone());
            return Ok(());
        };
        let value = part.value.as_str();
        if value.is_empty() {
            return Err(format!("{key}: needs a value"));
        }
        match key.as_str() {
            "is" if value == "unassigned" => set(&mut self.assignee, Assignee::Nobody, key),
            "is" => set(&mut self.status, status(value)?, key),
            "release" => set(&mut self.release, value.into(), key),
            "environment" => set(&mut self.environment, value.into(), key),
            "assigned" => set(&mut self.assignee, assignee(value)?, key),
            _ => Err(format!(
                "unknown key {key:?}; there are is, release, environment and assigned (quote it to search for text)"
            )),
        }
    }
}

fn set<T: PartialEq>(field: &mut Option<T>, value: T, key: &str) -> Result<(), String> {
    match field {
        Some(old) if *old != value => Err(format!("{key}: is given twice")),
        _ => {
            *field = Some(value);
            Ok(())
        }
    }
}

fn status(name: &str) -> Result<Status, String> {
    match name {
        "unresolved" => Ok(Status::Unresolved),
        "resolved" => Ok(Status::Resolved),
        "ignored" | "archived" => Ok(Status::Ignored),
        _ => Err(format!(
            "is:{name} is not known; there are unresolved, resolved, ignored, archived and unassigned"
        )),
    }
}

fn assignee(name: &str) -> Result<Assignee, String> {
    match name {
        "me" => Ok(Assignee::Me),
        "none" => Ok(Assignee::Nobody),
        email if email.contains('@') => Ok(Assignee::Member(email.into())),
        _ => Err(format!("assigned:{name} is not known; give me, none or an e-mail address")),
    }
}

impl From<SearchError> for QueryError {
    fn from(error: SearchError) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// One part of a search.
#[derive(Debug)]
struct Part {
    position: usize,
    key: Option<String>,
    value: String,
}

/// Splits a search into parts.
struct Parts<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    /// Of the next character, from 1.
    position: usize,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        Self { rest: text.chars().peekable(), position: 1 }
    }

    fn next_char_if(&mut self, accept: impl Fn(char) -> bool) -> Option<char> {
        let char = self.rest.next_if(|char| accept(*char))?;
        self.position += 1;
        Some(char)
    }

    fn part(&mut self) -> Result<Part, SearchError> {
        let position = self.position;
        if let Some(phrase) = self.quoted()? {
            return Ok(Part { position, key: None, value: phrase });
        }
        let mut text = String::new();
        while let Some(char) = self.next_char_if(|char| !char.is_whitespace()) {
            if char == ':' && is_key(&text) && !matches!(self.rest.peek(), Some(':' | '/')) {
                let value = match self.quoted()? {
                    Some(value) => value,
                    None => self.bare(),
                };
                return Ok(Part { position, key: Some(text), value });
            }
            text.push(char);
        }
        Ok(Part { position, key: None, value: text })
    }

    fn bare(&mut self) -> String {
        std::iter::from_fn(|| self.next_char_if(|char| !char.is_whitespace())).collect()
    }

    /// What is between quotes, if the next character is one.
    fn quoted(&mut self) -> Result<Option<String>, SearchError> {
        let opening = self.position;
        if self.next_char_if(|char| char == '"').is_none() {
            return Ok(None);
        }
        let mut text = String::new();
        while let Some(char) = self.next_char_if(|_| true) {
            match char {
                '"' => return Ok(Some(text)),
                '\\' => {
                    text.push(self.next_char_if(|char| matches!(char, '"' | '\\')).unwrap_or('\\'));
                }
                char => text.push(char),
            }
        }
        Err(SearchError { position: opening, reason: "a quote is opened here and never closed".into() })
    }
}

/// Whether what stands before a colon is meant as a key, known or not. What begins with a capital is text, like
/// `IllegalStateException: closed`; so are, by what follows the colon, `std::io` and `https://example.com`.
fn is_key(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase() || first == '!')
        && text.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '!' | '_' | '-' | '.'))
}

impl Iterator for Parts<'_> {
    type Item = Result<Part, SearchError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.next_char_if(char::is_whitespace).is_some() {}
        self.rest.peek()?;
        Some(self.part())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> String {
        Search::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn all_parts_of_a_search_are_understood() {
        let search = Search::parse(
            "is:unresolved \"out of \\\"memory\\\"\"  release:\"app@1.2 (3)\" environment:beta assigned:me view",
        );
        assert_eq!(
            search,
            Ok(Search {
                status: Some(Status::Unresolved),
                words: vec!["out of \"memory\"".into(), "view".into()],
                release: Some("app@1.2 (3)".into()),
                environment: Some("beta".into()),
                assignee: Some(Assignee::Me),
            })
        );
        assert_eq!(Search::parse("  "), Ok(Search::default()));
        let assignee = |text: &str| Search::parse(text).unwrap().assignee;
        assert_eq!(assignee("is:unassigned"), Some(Assignee::Nobody));
        assert_eq!(assignee("assigned:none is:unassigned"), Some(Assignee::Nobody));
        assert_eq!(assignee("assigned:ann@example.com"), Some(Assignee::Member("ann@example.com".into())));
    }

    #[test]
    fn what_looks_like_text_is_text() {
        for text in
            ["IllegalStateException:", "std::io", "https://example.com/a:b", "12:30", "-[NSString", "C:\\dir"]
        {
            assert_eq!(Search::parse(text).unwrap().words, [text], "{text}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_named_with_its_place() {
        insta::assert_snapshot!([
            error("is:unresolved is:resolved"),
            error("view is:new"),
            error("ver:1"),
            error("!is:resolved"),
            error("release:"),
            error("a \"b c"),
            error("assigned:ann"),
            error(&"a ".repeat(MAX_WORDS + 1)),
            error(&"a".repeat(MAX_LENGTH + 1)),
        ].join("\n"), @r#"
        query, character 15: is: is given twice
        query, character 6: is:new is not known; there are unresolved, resolved, ignored, archived and unassigned
        query, character 1: unknown key "ver"; there are is, release, environment and assigned (quote it to search for text)
        query, character 1: unknown key "!is"; there are is, release, environment and assigned (quote it to search for text)
        query, character 1: release: needs a value
        query, character 3: a quote is opened here and never closed
        query, character 1: assigned:ann is not known; give me, none or an e-mail address
        query, character 41: more than 20 words
        query, character 1001: longer than 1000 characters
        "#);
    }

    #[test]
    fn an_environment_chosen_beside_the_search_may_not_contradict_it() {
        let mut search = Search::parse("environment:beta").unwrap();
        search.narrow_environment("beta".into()).unwrap();
        let error = search.narrow_environment("production".into()).unwrap_err();
        assert_eq!(error.to_string(), "environment: is given twice");
    }

    proptest! {
        #[test]
        fn no_input_is_too_strange(text in any::<String>()) {
            if let Err(error) = Search::parse(&text) {
                prop_assert!((1..=text.chars().count() + 1).contains(&error.position), "{error}");
            }
        }

        #[test]
        fn what_is_quoted_is_found_as_it_is(text in ".{1,80}") {
            let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            let mut expected = Search::default();
            expected.words.push(text.clone());
            prop_assert_eq!(Search::parse(&quoted), Ok(expected));
            let release = Search::parse(&format!("release:{quoted}")).unwrap().release;
            prop_assert_eq!(release, Some(text));
        }
    }
}
