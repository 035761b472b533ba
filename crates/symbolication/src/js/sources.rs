//! Sources that a map names and does not hold: they may have been uploaded, or lie, beside it.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::paths::joined;

/// Sources of one map that are looked for.
const SOURCES: usize = 10_000;
/// Bytes of them all that are taken.
const BYTES: usize = 256 << 20;
/// Stands for the host where a URL has a tilde.
const HOST: &str = "https://any";

/// What tells whether anything is to be looked for.
#[derive(Deserialize)]
struct Outline {
    #[serde(default)]
    sources: Vec<Option<IgnoredAny>>,
    #[serde(default, rename = "sourcesContent")]
    contents: Option<Vec<Option<IgnoredAny>>>,
}

/// The map with the text of the sources that it lacks, as far as `find` has it by the names that the map gives them. A map
/// that lacks nothing, is none, or consists of sections stays as it is.
pub fn with_sources<'m>(map: &'m [u8], mut find: impl FnMut(&str) -> Option<String>) -> Cow<'m, [u8]> {
    let outline: Result<Outline, _> = serde_json::from_slice(map);
    let lacks = |Outline { sources, contents }: Outline| {
        let has = contents.iter().flatten().filter(|content| content.is_some()).count();
        has < sources.len()
    };
    if !outline.is_ok_and(lacks) {
        return Cow::Borrowed(map);
    }
    let Ok(mut parsed) = serde_json::from_slice::<Value>(map) else { return Cow::Borrowed(map) };
    let root = parsed.get("sourceRoot").and_then(Value::as_str).unwrap_or_default().trim_end_matches('/');
    let name = |source: &str| match root {
        "" => source.to_owned(),
        root => format!("{root}/{source}"),
    };
    let names: Vec<Option<String>> = parsed
        .get("sources")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|source| source.as_str().map(name))
        .collect();
    let mut contents = match parsed.get_mut("sourcesContent").map(Value::take) {
        Some(Value::Array(contents)) => contents,
        _ => Vec::new(),
    };
    contents.resize(names.len(), Value::Null);
    let (mut is_changed, mut room) = (false, BYTES);
    for (content, name) in contents.iter_mut().zip(names).take(SOURCES) {
        if let Some(name) = name.filter(|_| content.is_null())
            && let Some(text) = find(&name).filter(|text| text.len() <= room)
        {
            room -= text.len();
            *content = text.into();
            is_changed = true;
        }
    }
    match parsed.as_object_mut() {
        Some(map) if is_changed => {
            map.insert("sourcesContent".to_owned(), contents.into());
        }
        _ => return Cow::Borrowed(map),
    }
    serde_json::to_vec(&parsed).map_or(Cow::Borrowed(map), Cow::Owned)
}

/// The URL of a source by the name that a map gives it; a tilde at the start of the map's URL stays one.
pub(crate) fn source_url(map: &str, name: &str) -> String {
    match map.strip_prefix('~') {
        Some(path) => {
            let url = joined(&format!("{HOST}{path}"), name);
            url.strip_prefix(HOST).map_or_else(|| url.clone(), |path| format!("~{path}"))
        }
        None => joined(map, name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contents(map: &Value) -> Value {
        let map = map.to_string();
        let found = with_sources(map.as_bytes(), |name| (name != "b.js").then(|| format!("// {name}")));
        let found: Value = serde_json::from_slice(&found).unwrap();
        found["sourcesContent"].clone()
    }

    #[test]
    fn what_a_map_lacks_is_filled_in_and_what_it_has_stays() {
        let sources = json!(["a.js", "b.js", "c.js", null]);
        assert_eq!(contents(&json!({ "sources": sources })), json!(["// a.js", null, "// c.js", null]));
        let some = json!({ "sources": sources, "sourceRoot": "src/", "sourcesContent": ["A", null] });
        assert_eq!(contents(&some), json!(["A", "// src/b.js", "// src/c.js", null]));
        let all = json!({ "sources": ["a.js"], "sourcesContent": ["A"] });
        assert_eq!(contents(&all), json!(["A"]));
        assert_eq!(with_sources(b"no map", |_| Some(String::new())).as_ref(), b"no map");
    }

    #[test]
    fn sources_are_where_the_map_is() {
        for (map, name, expected) in [
            ("~/static/app.js.map", "src/a.ts", "~/static/src/a.ts"),
            ("~/static/app.js.map", "../a.ts", "~/a.ts"),
            ("~/static/app.js.map", "/a.ts", "~/a.ts"),
            ("~/static/app.js.map", "webpack:///./a.ts", "webpack:///./a.ts"),
            ("https://a.example/app.js.map", "a.ts", "https://a.example/a.ts"),
            ("app:///index.bundle.map", "App.js", "app:///App.js"),
        ] {
            assert_eq!(source_url(map, name), expected, "{map} {name}");
        }
    }
}
