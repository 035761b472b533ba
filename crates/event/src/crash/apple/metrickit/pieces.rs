//! A payload in pieces: trees of calls nest as deep as stacks are, which no JSON reader should follow.
//!
//! Each list of `subFrames` becomes a document of its own, and the number of that document stands in its place. What is no
//! JSON stays none.

use serde_json::Value;

/// The documents of a payload; the first is the payload's own.
pub(super) struct Pieces(Vec<Vec<u8>>);

const KEY: &[u8] = b"\"subFrames\"";

impl Pieces {
    pub(super) fn of(payload: &[u8]) -> Self {
        let mut pieces = Self(vec![Vec::new()]);
        // The piece that is written, and the brackets that are open in it.
        let mut open: Vec<(usize, usize)> = vec![(0, 0)];
        let mut rest = payload;
        while let Some((token, after)) = token(rest) {
            rest = after;
            let Some((piece, depth)) = open.last_mut() else { break };
            pieces.write(*piece, token);
            match token.first() {
                Some(b'[' | b'{') => *depth += 1,
                Some(b']' | b'}') => {
                    *depth = depth.saturating_sub(1);
                    if *depth == 0 && *piece > 0 {
                        open.pop();
                    }
                }
                Some(b'"') if token == KEY => {
                    if let Some(list) = list_of(rest) {
                        let piece = *piece;
                        let number = pieces.0.len();
                        pieces.write(piece, format!(":{number}").as_bytes());
                        pieces.0.push(Vec::new());
                        open.push((number, 0));
                        rest = list;
                    }
                }
                _ => {}
            }
        }
        pieces
    }

    pub(super) fn payload(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_slice(self.0.first().map(Vec::as_slice).unwrap_or_default())
    }

    /// The frames of a list, or of one that was cut out.
    pub(super) fn frames(&self, list: &Value) -> Vec<Value> {
        let cut_out = || {
            let piece = self.0.get(usize::try_from(list.as_u64()?).ok()?)?;
            serde_json::from_slice(piece).ok()
        };
        list.as_array().cloned().or_else(cut_out).unwrap_or_default()
    }

    fn write(&mut self, piece: usize, bytes: &[u8]) {
        if let Some(piece) = self.0.get_mut(piece) {
            piece.extend_from_slice(bytes);
        }
    }
}

/// A text, a bracket, or what is between, and what follows it.
fn token(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_mark = |byte: &u8| matches!(byte, b'"' | b'[' | b']' | b'{' | b'}');
    let length = match rest.first()? {
        b'"' => {
            let mut is_escaped = false;
            let end = rest.iter().skip(1).position(|byte| {
                let ends = *byte == b'"' && !is_escaped;
                is_escaped = *byte == b'\\' && !is_escaped;
                ends
            });
            end.map_or(rest.len(), |end| end + 2)
        }
        mark if is_mark(mark) => 1,
        _ => rest.iter().position(is_mark).unwrap_or(rest.len()),
    };
    rest.split_at_checked(length)
}

/// What begins with the list that follows a key.
fn list_of(rest: &[u8]) -> Option<&[u8]> {
    let list = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    list.starts_with(b"[").then_some(list)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_of_frames_are_documents_of_their_own() {
        let pieces = Pieces::of(
            br#"{"a":[{"n":"x\"subFrames\":[","subFrames" : [{"n":1,"subFrames":[{"n":2}]},{"n":3}]}]}"#,
        );
        let payload = pieces.payload().unwrap();
        let root = &payload["a"][0];
        assert_eq!(root["n"], "x\"subFrames\":[");
        let first = pieces.frames(&root["subFrames"]);
        assert_eq!((&first[0]["n"], &first[1]["n"]), (&json!(1), &json!(3)));
        assert_eq!(pieces.frames(&first[0]["subFrames"]), [json!({ "n": 2 })]);
    }

    #[test]
    fn stacks_may_be_deeper_than_json_is_read() {
        let mut tree = r#"{"n":0}"#.to_owned();
        for depth in 1..2000 {
            tree = format!(r#"{{"n":{depth},"subFrames":[{tree}]}}"#);
        }
        let pieces = Pieces::of(tree.as_bytes());
        let mut frame = pieces.payload().unwrap();
        let mut frames = 1;
        while let Some(next) = pieces.frames(&frame["subFrames"]).first() {
            frame = next.clone();
            frames += 1;
        }
        assert_eq!(frames, 2000);
    }

    proptest! {
        #[test]
        fn other_json_stays_as_it_is(text in "[\"\\[\\]{}:, \\\\a-c0-9]{0,64}") {
            let whole = Pieces::of(text.as_bytes());
            prop_assert_eq!(whole.0.concat(), text.as_bytes());
        }
    }
}
