//! What the last lines of a minified file say of its map: where it is, or the map itself.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;

use super::convert::{MAP_BYTES, SourceMapError};

/// Lines at the end in which it may be said.
const LINES: usize = 32;
/// Longest URL of a map, bytes.
const URL_BYTES: usize = 2_048;
const SCHEME: &str = "data:";

/// `//# sourceMappingURL=app.js.map`, the last of them; not where the map is in the line itself.
pub fn map_reference(minified: &str) -> Option<&str> {
    said(minified).filter(|url| !url.starts_with(SCHEME) && !url.is_empty() && url.len() <= URL_BYTES)
}

/// The map in `//# sourceMappingURL=data:application/json;base64,…`; `None` if there is none in the file.
pub fn inlined_map(minified: &str) -> Result<Option<Vec<u8>>, SourceMapError> {
    let Some(data) = said(minified).and_then(|url| url.strip_prefix(SCHEME)) else { return Ok(None) };
    if data.len() / 2 > MAP_BYTES {
        return Err(SourceMapError::TooLarge {
            what: "source map in the script",
            bytes: data.len(),
            most: MAP_BYTES,
        });
    }
    let no_map = |problem: String| SourceMapError::NotAMap(format!("in the script: {problem}"));
    let (ty, data) = data.split_once(',').ok_or_else(|| no_map("no comma before it".to_owned()))?;
    let data = Cow::from(percent_decode_str(data));
    let map = match ty.trim_end().ends_with(";base64") {
        true => STANDARD.decode(&*data).map_err(|error| no_map(error.to_string()))?,
        false => data.into_owned(),
    };
    Ok(Some(map))
}

fn said(minified: &str) -> Option<&str> {
    let mut lines = minified.lines().rev().take(LINES).map(str::trim);
    lines.find_map(|line| {
        line.strip_prefix("//# sourceMappingURL=").or_else(|| line.strip_prefix("//@ sourceMappingURL="))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_read_out_of_the_last_line() {
        for (line, expected) in [
            ("//# sourceMappingURL=data:application/json;base64,e30=", Ok(Some("{}"))),
            ("//@ sourceMappingURL=data:application/json;charset=utf-8;base64,e30=\n\n", Ok(Some("{}"))),
            ("//# sourceMappingURL=data:application/json,%7B%7D", Ok(Some("{}"))),
            ("//# sourceMappingURL=app.js.map", Ok(None)),
            ("", Ok(None)),
            ("//# sourceMappingURL=data:application/json;base64,e30", Err(())),
            ("//# sourceMappingURL=data:e30=", Err(())),
        ] {
            let map = inlined_map(&format!("f();\n{line}"));
            let text = map.map(|map| map.map(|map| String::from_utf8(map).unwrap())).map_err(|_| ());
            assert_eq!(text, expected.map(|map| map.map(str::to_owned)), "{line}");
        }
        assert_eq!(map_reference("f();\n//# sourceMappingURL=a.js.map\n"), Some("a.js.map"));
        assert_eq!(map_reference("f();\n//# sourceMappingURL=data:,%7B%7D\n"), None);
    }
}
