//! Patterns with `*`, `?`, `[…]` and `{…,…}`, compiled once; matching takes time linear in the text.

use regex::{Regex, RegexBuilder};

/// Most memory of one compiled pattern, bytes.
const COMPILED_BYTES: usize = 1 << 18;

/// What a pattern is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Case counts, `*` stands for any text.
    Plain,
    /// As plain, and case does not count.
    AnyCase,
    /// A path: case does not count, `*` stops at `/` where `**` does not, `\` is read as `/`, and a relative path is
    /// compared as if it were below the root too.
    Path,
}

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(super) struct Glob {
    kind: Kind,
    form: Form,
}

/// Most patterns are one text with at most a star at each end; those need no automaton.
#[derive(Debug, Clone)]
enum Form {
    Exactly(String),
    Begins(String),
    Ends(String),
    Contains(String),
    Any,
    Other(Regex),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Text(char),
    /// One character.
    One,
    /// Any text; in a path, within a folder.
    Star,
    /// Any text.
    Stars,
    /// A piece of a regular expression.
    Piece(String),
}

impl Glob {
    /// An error says what is wrong with the pattern.
    pub(super) fn new(pattern: &str, kind: Kind) -> Result<Self, String> {
        let lowered = match kind {
            Kind::Plain => pattern.to_owned(),
            Kind::AnyCase | Kind::Path => pattern.to_lowercase(),
        };
        let tokens = tokens(&lowered)?;
        let form = match Form::simple(&tokens, kind) {
            Some(form) => form,
            None => Form::Other(compile(&tokens, kind)?),
        };
        Ok(Self { kind, form })
    }

    /// Whether all of `text` fits; it is to be made ready by [`prepared`] first.
    pub(super) fn fits(&self, text: &str) -> bool {
        let rooted = || self.kind == Kind::Path && !text.starts_with('/');
        match &self.form {
            Form::Any => true,
            Form::Exactly(exactly) => text == exactly || rooted() && exactly.strip_prefix('/') == Some(text),
            Form::Begins(begin) => {
                text.starts_with(begin.as_str())
                    || rooted() && begin.strip_prefix('/').is_some_and(|begin| text.starts_with(begin))
            }
            Form::Ends(end) => {
                text.ends_with(end.as_str()) || rooted() && end.strip_prefix('/') == Some(text)
            }
            Form::Contains(part) => {
                text.contains(part.as_str())
                    || rooted() && part.strip_prefix('/').is_some_and(|part| text.starts_with(part))
            }
            Form::Other(regex) => regex.is_match(text) || rooted() && regex.is_match(&format!("/{text}")),
        }
    }
}

/// A text as patterns of this kind are compared with it.
pub(super) fn prepared(text: &str, kind: Kind) -> String {
    match kind {
        Kind::Plain => text.to_owned(),
        Kind::AnyCase => text.to_lowercase(),
        Kind::Path => text.replace('\\', "/").to_lowercase(),
    }
}

impl Form {
    fn simple(tokens: &[Token], kind: Kind) -> Option<Self> {
        let is_any = |token: &Token| match kind {
            Kind::Path => *token == Token::Stars,
            Kind::Plain | Kind::AnyCase => matches!(token, Token::Star | Token::Stars),
        };
        let (starts, rest) = match tokens.split_first() {
            Some((first, rest)) if is_any(first) => (true, rest),
            _ => (false, tokens),
        };
        let (ends, rest) = match rest.split_last() {
            Some((last, rest)) if is_any(last) => (true, rest),
            _ => (false, rest),
        };
        let text: Option<String> =
            rest.iter().map(|token| if let Token::Text(c) = token { Some(*c) } else { None }).collect();
        let text = text?;
        Some(match (starts, ends) {
            (true, false) if text.is_empty() => Self::Any,
            (false, false) => Self::Exactly(text),
            (false, true) => Self::Begins(text),
            (true, false) => Self::Ends(text),
            (true, true) => Self::Contains(text),
        })
    }
}

fn tokens(pattern: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars().peekable();
    let mut depth = 0_usize;
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '\\' => Token::Text(chars.next().ok_or("a backslash at the end escapes nothing")?),
            '?' => Token::One,
            '*' if chars.next_if_eq(&'*').is_some() => {
                while chars.next_if_eq(&'*').is_some() {}
                Token::Stars
            }
            '*' => Token::Star,
            '[' => Token::Piece(class(&mut chars)?),
            '{' => {
                depth += 1;
                Token::Piece("(?:".to_owned())
            }
            '}' if depth > 0 => {
                depth -= 1;
                Token::Piece(")".to_owned())
            }
            ',' if depth > 0 => Token::Piece("|".to_owned()),
            c => Token::Text(c),
        });
    }
    match depth {
        0 => Ok(tokens),
        _ => Err("a { is not closed; escape it as \\{ if it is meant".to_owned()),
    }
}

/// `[a-z]`, `[!0-9]`: what follows the opening bracket.
fn class(chars: &mut impl Iterator<Item = char>) -> Result<String, String> {
    let mut class = "[".to_owned();
    let mut is_first = true;
    for c in chars {
        match c {
            ']' if !is_first => {
                class.push(']');
                return Ok(class);
            }
            '!' | '^' if is_first && class == "[" => {
                class.push('^');
                continue;
            }
            '-' => class.push('-'),
            c => class.push_str(&regex::escape(&c.to_string())),
        }
        is_first = false;
    }
    Err("a [ is not closed; escape it as \\[ if it is meant".to_owned())
}

fn compile(tokens: &[Token], kind: Kind) -> Result<Regex, String> {
    let mut expression = "^".to_owned();
    for token in tokens {
        match token {
            Token::Text(c) => expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
            Token::One if kind == Kind::Path => expression.push_str("[^/]"),
            Token::One => expression.push('.'),
            Token::Star if kind == Kind::Path => expression.push_str("[^/]*"),
            Token::Star | Token::Stars => expression.push_str(".*"),
            Token::Piece(piece) => expression.push_str(piece),
        }
    }
    expression.push('$');
    let built = RegexBuilder::new(&expression)
        .dot_matches_new_line(true)
        .size_limit(COMPILED_BYTES)
        .dfa_size_limit(COMPILED_BYTES)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the pattern is too large".to_owned(),
        _ => "the pattern cannot be used".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Glob, Kind, prepared};

    fn fits(kind: Kind, pattern: &str, text: &str) -> bool {
        Glob::new(pattern, kind).unwrap().fits(&prepared(text, kind))
    }

    #[test]
    fn plain_patterns_fit_the_whole_text() {
        for (pattern, text, expected) in [
            ("std::*", "std::vector::at", true),
            ("std::*", "xstd::vector", false),
            ("*Error", "TypeError", true),
            ("*out*", "it timed out.", true),
            ("mal?oc", "malloc", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("{get,set}*", "setName", true),
            (r"operator\[\]", "operator[]", true),
            (r"a\*b", "a*b", true),
            (r"a\*b", "axb", false),
            ("Cart", "cart", false),
            ("*", "", true),
            ("a*c*e", "a b\nc d e", true),
        ] {
            assert_eq!(fits(Kind::Plain, pattern, text), expected, "{pattern} {text}");
        }
        assert!(fits(Kind::AnyCase, "Connection*", "CONNECTION lost"));
    }

    #[test]
    fn paths_know_folders() {
        for (pattern, path, expected) in [
            ("**/project/**.c", "/home/project/a/b.C", true),
            ("**/vendor/foo/*.c", "/x/vendor/foo/a.c", true),
            ("**/vendor/foo/*.c", "/x/vendor/foo/a/b.c", false),
            ("**/*.gen.c", "foo.gen.c", true),
            ("**/*.gen.c", "foo/bar.gen.c", true),
            ("**/node_modules/**", "node_modules/react/index.js", true),
            ("**/libcurl.so", "/usr/lib/libcurl.so", true),
            ("**/libcurl.so", "libcurl.so", true),
            ("**/app/**", r"C:\src\App\x.cs", true),
            ("**src/getsentry/**", "/a/src/getsentry/x.py", true),
        ] {
            assert_eq!(fits(Kind::Path, pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn what_is_not_closed_is_refused() {
        for pattern in ["[abc", "{a,b", "x\\", "[!"] {
            assert!(Glob::new(pattern, Kind::Plain).is_err(), "{pattern}");
        }
        assert!(Glob::new("[z-a]", Kind::Plain).is_err());
    }
}
