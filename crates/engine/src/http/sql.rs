//! As much of ClickHouse's SQL as must be known to run a statement: what kind it is, which format it names, and where
//! the rows of an `INSERT` begin.

/// What a statement is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'text> {
    /// `SELECT` or `WITH`: its output can be fetched piece by piece. With the format that it names itself.
    Select { format: Option<&'text str> },
    /// `INSERT` whose rows come from the client.
    Insert {
        /// Everything before `FORMAT` or `VALUES`.
        head: &'text [u8],
        /// `Values` where the statement says `VALUES` or nothing.
        format: &'text str,
        /// What follows.
        rows: &'text [u8],
    },
    /// Any other: run whole. With the format that it names itself.
    Other { format: Option<&'text str> },
}

/// Looks at a statement.
pub(super) fn classify(text: &[u8]) -> Kind<'_> {
    let mut words = Words { text, at: 0, depth: 0 };
    match words.next() {
        Some(word) if word.is("SELECT") || word.is("WITH") => Kind::Select { format: named_format(words) },
        Some(word) if word.is("INSERT") => classify_insert(text, words),
        // `(SELECT …) UNION …`: parentheses hold no words of the top level.
        _ => Kind::Other { format: named_format(Words { text, at: 0, depth: 0 }) },
    }
}

fn classify_insert<'text>(text: &'text [u8], mut words: Words<'text>) -> Kind<'text> {
    // The table's name may be any word: it is not looked at.
    if words.next().is_some_and(|word| word.is("INTO")) {
        words.next();
        if text.get(words.at) == Some(&b'.') {
            words.next();
        }
    }
    while let Some(word) = words.next() {
        if word.is("SELECT") || word.is("WITH") || word.is("INFILE") || word.is("WATCH") {
            return Kind::Other { format: None };
        }
        if word.is("VALUES") {
            return insert(text, word.start, "Values", words.at);
        }
        if word.is("FORMAT") {
            let Some(format) = words.next().and_then(|word| str::from_utf8(word.text).ok()) else { break };
            return insert(text, word.start, format, rows_start(text, words.at));
        }
    }
    insert(text, text.len(), "Values", text.len())
}

fn insert<'text>(text: &'text [u8], head: usize, format: &'text str, rows: usize) -> Kind<'text> {
    Kind::Insert {
        head: text.get(..head).unwrap_or(text),
        format,
        rows: text.get(rows..).unwrap_or_default(),
    }
}

/// Behind a format's name, one line end (or the blanks before a row) belongs to the statement, all else to the rows.
fn rows_start(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\t' | b'\r')) {
        at += 1;
    }
    match text.get(at) {
        Some(b'\n') => at + 1,
        // `INSERT … FORMAT X;`
        Some(b';') if text.get(at + 1..).is_some_and(<[u8]>::is_empty) => at + 1,
        _ => at,
    }
}

fn named_format(words: Words<'_>) -> Option<&str> {
    let words: Vec<_> = words.collect();
    let position = words.iter().rposition(|word| word.is("FORMAT"))?;
    str::from_utf8(words.get(position + 1)?.text).ok()
}

/// A word, or something in quotes with its quotes, outside of comments and parentheses.
struct Word<'text> {
    start: usize,
    text: &'text [u8],
}

impl Word<'_> {
    fn is(&self, keyword: &str) -> bool {
        self.text.eq_ignore_ascii_case(keyword.as_bytes())
    }
}

struct Words<'text> {
    text: &'text [u8],
    at: usize,
    depth: usize,
}

impl<'text> Iterator for Words<'text> {
    type Item = Word<'text>;

    fn next(&mut self) -> Option<Word<'text>> {
        loop {
            let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
            let start = self.at;
            let (length, is_word) = match rest {
                [b'-', b'-', ..] => (line(rest), false),
                [b'/', b'*', ..] => (comment(rest), false),
                [b'\'' | b'"' | b'`', ..] => (quoted(rest), true),
                [byte, ..] if is_word(*byte) => {
                    (rest.iter().take_while(|byte| is_word(**byte)).count(), true)
                }
                [b'(' | b'[' | b'{', ..] => {
                    self.depth += 1;
                    (1, false)
                }
                [b')' | b']' | b'}', ..] => {
                    self.depth = self.depth.saturating_sub(1);
                    (1, false)
                }
                _ => (1, false),
            };
            self.at += length;
            if is_word && self.depth == 0 {
                return Some(Word { start, text: text_of(rest, length) });
            }
        }
    }
}

fn text_of(rest: &[u8], length: usize) -> &[u8] {
    rest.get(..length).unwrap_or(rest)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn line(rest: &[u8]) -> usize {
    rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1)
}

fn comment(rest: &[u8]) -> usize {
    rest.windows(2).skip(2).position(|pair| pair == b"*/").map_or(rest.len(), |at| at + 4)
}

/// Length of what a quote at the start encloses; a backslash takes the next byte with it, a doubled quote begins anew.
fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == rest[0] => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn insert_of(sql: &str) -> (&str, &str, &str) {
        match classify(sql.as_bytes()) {
            Kind::Insert { head, format, rows } => {
                (str::from_utf8(head).unwrap(), format, str::from_utf8(rows).unwrap())
            }
            other => panic!("{sql}: {other:?}"),
        }
    }

    #[test]
    fn an_insert_is_split_where_its_rows_begin() {
        assert_eq!(insert_of("INSERT INTO t VALUES (1)"), ("INSERT INTO t ", "Values", " (1)"));
        assert_eq!(insert_of("insert into format(a,b) format CSV\n1,2\n").1, "CSV");
        assert_eq!(
            insert_of("INSERT INTO t (values, `format`) SETTINGS a=1 FORMAT JSONEachRow {\"a\":1}"),
            ("INSERT INTO t (values, `format`) SETTINGS a=1 ", "JSONEachRow", "{\"a\":1}")
        );
        assert_eq!(insert_of("INSERT INTO t FORMAT TSV \n\n1").2, "\n1");
        assert_eq!(insert_of("INSERT INTO `t`(`a`) FORMAT RowBinary").1, "RowBinary");
        assert_eq!(insert_of("INSERT INTO `d`.format(a) FORMAT TSV").1, "TSV");
        assert_eq!(insert_of("INSERT INTO t"), ("INSERT INTO t", "Values", ""));
        assert_eq!(insert_of("INSERT INTO t -- FORMAT CSV\n FORMAT TSV").1, "TSV");
    }

    #[test]
    fn a_select_is_known_by_its_first_word_and_its_own_format() {
        assert_eq!(classify(b" /* x */ select 1"), Kind::Select { format: None });
        assert_eq!(
            classify(b"WITH 1 AS x SELECT ' FORMAT CSV', (SELECT 2) FORMAT JSON"),
            Kind::Select { format: Some("JSON") }
        );
        assert_eq!(classify(b"DESCRIBE TABLE t FORMAT CSV"), Kind::Other { format: Some("CSV") });
        assert_eq!(classify(b"INSERT INTO t SELECT 1"), Kind::Other { format: None });
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at_without_panic(text in "[ -~\n'`(/*]{0,60}") {
            classify(text.as_bytes());
        }
    }
}
