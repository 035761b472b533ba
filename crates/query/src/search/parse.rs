//! From what was typed to the tree.

use mayday_store::queries::Pattern;

use super::{
    MAX_DEPTH, MAX_LENGTH, MAX_TERMS, SearchError,
    ast::{Comparison, Filter, Node, Place, Term},
    keys, values,
};

/// What stands behind a key.
#[derive(Debug)]
pub(super) struct Value {
    /// Before the value, as in `>5`.
    pub(super) comparison: Comparison,
    /// One, or those of `[a, b]`; never none.
    pub(super) items: Vec<Item>,
}

/// One value.
#[derive(Debug)]
pub(super) struct Item {
    /// Of its first character, from 1.
    pub(super) at: usize,
    pub(super) is_quoted: bool,
    pub(super) pattern: Pattern,
}

/// Reads a search.
pub(super) fn parse(text: &str) -> Result<Node, SearchError> {
    let mut parser = Parser { chars: text.chars().collect(), at: 0, depth: 0, terms: 0 };
    if parser.chars.len() > MAX_LENGTH {
        return Err(error(MAX_LENGTH + 1, format!("longer than {MAX_LENGTH} characters")));
    }
    parser.any()
}

pub(super) fn error(position: usize, reason: impl Into<String>) -> SearchError {
    SearchError { position, reason: reason.into() }
}

struct Parser {
    chars: Vec<char>,
    /// Of the next character, from 0.
    at: usize,
    /// Parentheses that are open.
    depth: usize,
    terms: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Of the next character, from 1.
    fn position(&self) -> usize {
        self.at + 1
    }

    fn take_if(&mut self, accept: impl Fn(char) -> bool) -> Option<char> {
        let char = self.peek().filter(|char| accept(*char))?;
        self.at += 1;
        Some(char)
    }

    fn skip_space(&mut self) {
        while self.take_if(char::is_whitespace).is_some() {}
    }

    /// Whether this word is next, and nothing of it follows.
    fn is_next(&self, word: &str) -> bool {
        let end = self.at + word.len();
        self.chars.get(self.at..end).is_some_and(|next| next.iter().copied().eq(word.chars()))
            && self.chars.get(end).is_none_or(|char| char.is_whitespace() || matches!(char, '(' | ')'))
    }

    fn any(&mut self) -> Result<Node, SearchError> {
        let first = self.all()?;
        let mut nodes = vec![first];
        while self.is_next("OR") {
            let position = self.position();
            if nodes.last() == Some(&Node::default()) {
                return Err(error(position, "OR stands between two terms: here is none before it"));
            }
            self.at += "OR".len();
            let next = self.all()?;
            if next == Node::default() {
                return Err(error(position, "OR stands between two terms: here is none behind it"));
            }
            nodes.push(next);
        }
        Ok(Node::any(nodes))
    }

    fn all(&mut self) -> Result<Node, SearchError> {
        let mut nodes = Vec::new();
        let mut and = None;
        loop {
            self.skip_space();
            match self.peek() {
                None => break,
                Some(')') if self.depth > 0 => break,
                Some(')') => {
                    return Err(error(
                        self.position(),
                        "nothing is open that this closes; quote it to search for it",
                    ));
                }
                Some(_) if self.is_next("OR") => break,
                Some(_) if self.is_next("AND") => {
                    if nodes.is_empty() || and.is_some() {
                        let reason = "AND stands between two terms: here is none before it";
                        return Err(error(self.position(), reason));
                    }
                    and = Some(self.position());
                    self.at += "AND".len();
                }
                Some(_) => {
                    nodes.push(self.group_or_term()?);
                    and = None;
                }
            }
        }
        match and {
            Some(position) => Err(error(position, "AND stands between two terms: here is none behind it")),
            None => Ok(Node::all(nodes)),
        }
    }

    fn group_or_term(&mut self) -> Result<Node, SearchError> {
        let opening = self.position();
        if self.take_if(|char| char == '(').is_none() {
            return self.term().map(Node::Term);
        }
        if self.depth == MAX_DEPTH {
            return Err(error(opening, format!("more than {MAX_DEPTH} parentheses in one another")));
        }
        self.depth += 1;
        let inner = self.any()?;
        if self.take_if(|char| char == ')').is_none() {
            return Err(error(opening, "opened here and never closed; quote it to search for it"));
        }
        self.depth -= 1;
        match inner == Node::default() {
            true => Err(error(opening, "there is nothing in these parentheses")),
            false => Ok(inner),
        }
    }

    fn term(&mut self) -> Result<Term, SearchError> {
        let position = self.position();
        let term = match self.key() {
            Some((negated, key)) => {
                let value = self.value(&key, position)?;
                self.count(value.items.len(), position)?;
                let (filter, is_opposite) = values::filter(&key, position, &value)?;
                Term { at: Place(position), negated: negated != is_opposite, filter }
            }
            None => {
                self.count(1, position)?;
                let text = match self.quoted()? {
                    Some(text) => text,
                    None => self.bare(|_| false),
                };
                Term { at: Place(position), ..Term::of(Filter::Text(text)) }
            }
        };
        Ok(term)
    }

    fn count(&mut self, terms: usize, position: usize) -> Result<(), SearchError> {
        self.terms += terms;
        match self.terms > MAX_TERMS {
            true => Err(error(position, format!("more than {MAX_TERMS} terms"))),
            false => Ok(()),
        }
    }

    /// `key:` or `!key:`, if that is next: what it is, and whether it is turned round.
    fn key(&mut self) -> Option<(bool, String)> {
        let negated = self.peek() == Some('!');
        let start = self.at + usize::from(negated);
        let rest = self.chars.get(start..)?;
        let begins = |with: &str| rest.iter().copied().take(with.len()).eq(with.chars());
        let is_named = begins("tags[") || begins("flags[");
        let end = |of: char| rest.iter().position(|char| *char == of);
        let length = if is_named { end(']')? + 1 } else { end(':')? };
        let key: String = rest.get(..length)?.iter().collect();
        let is_meant = match rest.get(length..)? {
            [':', ':', ..] | [] => false,
            [':', ..] if is_named => key.matches('[').count() == 1,
            [':', ..] if keys::is_known(&key) => true,
            // A tag that nobody knows may be text just as well.
            [':'] | [':', '/', ..] => false,
            [':', next, ..] => keys::is_plain(&key) && !next.is_whitespace() && *next != ')',
            _ => false,
        };
        if !is_meant {
            return None;
        }
        self.at = start + length + 1;
        Some((negated, key))
    }

    fn value(&mut self, key: &str, position: usize) -> Result<Value, SearchError> {
        if self.peek() == Some('[') {
            return Ok(Value { comparison: Comparison::Equal, items: self.list(key)? });
        }
        let comparison = self.comparison();
        let item = self.item(|_| false)?;
        if !item.is_quoted && item.pattern.0 == [""] {
            return Err(error(position, format!("{key}: needs a value; quote it to search for the text")));
        }
        Ok(Value { comparison, items: vec![item] })
    }

    fn comparison(&mut self) -> Comparison {
        let Some(sign) = self.take_if(|char| matches!(char, '<' | '>')) else { return Comparison::Equal };
        match (sign, self.take_if(|char| char == '=').is_some()) {
            ('<', false) => Comparison::Less,
            ('<', true) => Comparison::AtMost,
            (_, false) => Comparison::Greater,
            (_, true) => Comparison::AtLeast,
        }
    }

    /// `[a, "b c"]`
    fn list(&mut self, key: &str) -> Result<Vec<Item>, SearchError> {
        let opening = self.position();
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            let item = self.item(|char| matches!(char, ',' | ']'))?;
            if !item.is_quoted && item.pattern.0 == [""] {
                return Err(error(item.at, format!("{key}: a value of the list is missing here")));
            }
            items.push(item);
            self.skip_space();
            match self.take_if(|char| matches!(char, ',' | ']')) {
                Some(']') => return Ok(items),
                Some(_) => {}
                None if self.peek().is_none() => {
                    return Err(error(opening, "a list is opened here and never closed"));
                }
                None => {
                    let reason = "expected a comma or ] here; quote a value that has spaces in it";
                    return Err(error(self.position(), reason));
                }
            }
        }
    }

    /// Up to a space, what ends it, or the end of the group that it is in.
    fn bare(&mut self, is_end: impl Fn(char) -> bool) -> Pattern {
        let mut text = PatternBuilder::default();
        let mut open = 0_usize;
        while let Some(char) = self.peek().filter(|char| !char.is_whitespace() && !is_end(*char)) {
            match char {
                ')' if self.depth > 0 && open == 0 => break,
                '(' => open += 1,
                ')' => open = open.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            match (char, self.peek()) {
                ('\\', Some('*')) => {
                    self.at += 1;
                    text.push('*');
                }
                ('*', _) => text.gap(),
                (char, _) => text.push(char),
            }
        }
        text.0
    }

    /// One value of a key. Who opens a parenthesis in it and does not close it means a list, or forgot quotes.
    fn item(&mut self, is_end: impl Fn(char) -> bool) -> Result<Item, SearchError> {
        let (start, at) = (self.at, self.position());
        if let Some(pattern) = self.quoted()? {
            return Ok(Item { at, is_quoted: true, pattern });
        }
        let pattern = self.bare(is_end);
        match self.unpaired(start) {
            Some(position) => Err(error(
                position,
                "this parenthesis has no other in its value; several values are [a, b], and one with spaces or \
                 parentheses goes in quotes",
            )),
            None => Ok(Item { at, is_quoted: false, pattern }),
        }
    }

    /// The place of a parenthesis that has no other in what was read from `start` on.
    fn unpaired(&self, start: usize) -> Option<usize> {
        let mut open = Vec::new();
        for (at, char) in self.chars.iter().enumerate().take(self.at).skip(start) {
            match char {
                '(' => open.push(at + 1),
                ')' if open.pop().is_none() => return Some(at + 1),
                _ => {}
            }
        }
        open.first().copied()
    }

    /// What is between quotes, if the next character is one.
    fn quoted(&mut self) -> Result<Option<Pattern>, SearchError> {
        let opening = self.position();
        if self.take_if(|char| char == '"').is_none() {
            return Ok(None);
        }
        let mut text = PatternBuilder::default();
        while let Some(char) = self.take_if(|_| true) {
            match char {
                '"' => return Ok(Some(text.0)),
                '\\' => text.push(self.take_if(|char| matches!(char, '"' | '\\' | '*')).unwrap_or('\\')),
                '*' => text.gap(),
                char => text.push(char),
            }
        }
        Err(error(opening, "a quote is opened here and never closed"))
    }
}

struct PatternBuilder(Pattern);

impl Default for PatternBuilder {
    fn default() -> Self {
        Self(Pattern(vec![String::new()]))
    }
}

impl PatternBuilder {
    fn push(&mut self, char: char) {
        if let Some(part) = self.0.0.last_mut() {
            part.push(char);
        }
    }

    fn gap(&mut self) {
        self.0.0.push(String::new());
    }
}
