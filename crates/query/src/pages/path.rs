//! Where to go next: only ever to a page of this server.

use serde::Deserialize;

/// A path of this server with its query, such as `/issues/1/?query=a`. Anything else that is given becomes `/`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(crate) struct LocalPath(String);

impl LocalPath {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for LocalPath {
    fn default() -> Self {
        Self("/".into())
    }
}

impl From<String> for LocalPath {
    /// A browser takes `//host`, `/\host` and the like for another host, and strips tabs and line ends first.
    fn from(path: String) -> Self {
        let mut characters = path.chars();
        let local = characters.next() == Some('/')
            && !matches!(characters.next(), Some('/' | '\\'))
            && path.chars().all(|c| c.is_ascii_graphic())
            && path.len() <= 2048;
        if local { Self(path) } else { Self::default() }
    }
}

/// `name=value` pairs, percent-encoded, for a link. Pairs with an empty value are left out.
pub(crate) fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_server_are_followed() {
        for path in ["/", "/issues/1/", "/projects/a/b/issues/?query=is%3Aresolved&cursor=1:2:0"] {
            assert_eq!(LocalPath::from(path.to_owned()).as_str(), path);
        }
        for foreign in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "/\t/evil.example",
            "/a\r\nb",
        ] {
            assert_eq!(LocalPath::from(foreign.to_owned()).as_str(), "/", "{foreign:?}");
        }
    }

    #[test]
    fn links_carry_what_is_set() {
        assert_eq!(with_query("/a/", &[("query", "is:new é"), ("cursor", "")]), "/a/?query=is%3Anew+%C3%A9");
        assert_eq!(with_query("/a/", &[("cursor", "")]), "/a/");
    }
}
