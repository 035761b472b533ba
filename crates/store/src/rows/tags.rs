//! How an event's tags are stored, each once:
//! - those that are columns (`release`, `os.name` …) as these;
//! - others in `tag_pairs`, as key and value around a line's end, which an index finds; of a value of 32 bytes or more only
//!   the key, since ids would make the index large;
//! - the rest in `tags`: long values, and what an app calls by a column's name, or by one that a search has for what is no
//!   tag, with another value than that.
//!
//! Earlier rows have all tags in `tags`; whatever reads tags is right for both. They are not rewritten: of a part whose
//! `tags` were updated ClickHouse 26.7 finds nothing by the index.

use std::collections::BTreeMap;

/// Tags that are columns; as in the schema.
pub(crate) const COLUMN_TAGS: [(&str, &str); 10] = [
    ("app.version", "app_version"),
    ("device.family", "device_family"),
    ("device.model", "device_model"),
    ("dist", "dist"),
    ("environment", "environment"),
    ("level", "level"),
    ("os.name", "os_name"),
    ("os.version", "os_version"),
    ("release", "release"),
    ("user", "user"),
];

/// What a search names like a tag, with its columns; feature flags, as `flags[name]`, are the others.
pub(crate) const ATTRIBUTES: [(&str, &str); 2] = [("sdk.name", "sdk_name"), ("sdk.version", "sdk_version")];

/// Values of so many bytes or more are left out of their pair; as in the schema.
pub(crate) const UNPAIRED_BYTES: usize = 32;

/// Whether a tag of this name is in `tag_pairs`.
pub(crate) fn is_paired(key: &str) -> bool {
    column_of(key).is_none() && !key.starts_with("flags[")
}

/// The column of a tag or attribute.
pub(crate) fn column_of(key: &str) -> Option<&'static str> {
    let known = COLUMN_TAGS.into_iter().chain(ATTRIBUTES).find(|(name, _)| *name == key);
    known.map(|(_, column)| column)
}

/// Whether a pair has the value; of a tag that is not there, there is no pair.
pub(crate) fn is_in_pair(value: &str) -> bool {
    (1..UNPAIRED_BYTES).contains(&value.len())
}

/// As `tag_pairs` has it; with an empty value what each pair of the key begins with.
pub(crate) fn pair(key: &str, value: &str) -> String {
    format!("{key}\n{value}")
}

/// An event's tags but for those that are columns.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct StoredTags<'a> {
    pub(crate) pairs: Vec<String>,
    pub(crate) rest: Vec<(&'a str, &'a str)>,
}

impl<'a> StoredTags<'a> {
    /// `columns` are the values of [`COLUMN_TAGS`], in their order.
    pub(crate) fn of(tags: &'a BTreeMap<String, String>, columns: &[&str; COLUMN_TAGS.len()]) -> Self {
        let mut stored = Self::default();
        for (key, value) in tags.iter().filter(|(_, value)| !value.is_empty()) {
            let in_column = COLUMN_TAGS.iter().zip(columns).find(|((name, _), _)| name == key);
            let (is_paired, is_short) = (is_paired(key), is_in_pair(value));
            if is_paired {
                stored.pairs.push(pair(key, if is_short { value } else { "" }));
            }
            if !(is_paired && is_short) && in_column.is_none_or(|(_, column)| column != value) {
                stored.rest.push((key, value));
            }
        }
        stored
    }
}

/// All tags of a stored event, by name; `columns` as for [`StoredTags::of`].
pub(crate) fn together(
    columns: [&str; COLUMN_TAGS.len()],
    pairs: &[String],
    rest: Vec<(String, String)>,
) -> Vec<(String, String)> {
    let of_columns = COLUMN_TAGS.into_iter().zip(columns).map(|((key, _), value)| (key, value));
    let of_pairs = pairs.iter().filter_map(|pair| pair.split_once('\n'));
    let mut tags: BTreeMap<String, String> = of_columns
        .chain(of_pairs)
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    tags.extend(rest);
    tags.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [&str; COLUMN_TAGS.len()] =
        ["5.1", "Pixel", "Pixel 9", "", "production", "error", "Android", "16", "app@5.1", "id:7"];

    #[test]
    fn tags_are_stored_once_and_come_back_whole() {
        let long = "https://shop.example/checkout/with/a/long/path";
        let tags = [
            ("dist", "own"),
            ("environment", "own"),
            ("flags[x]", "own"),
            ("release", "app@5.1"),
            ("screen", "Home"),
            ("sdk.name", "own"),
            ("url", long),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
        let tags = BTreeMap::from(tags);
        let stored = StoredTags::of(&tags, &COLUMNS);
        assert_eq!(stored.pairs, ["screen\nHome", "url\n"]);
        let rest = ["dist", "environment", "flags[x]", "sdk.name", "url"];
        assert_eq!(stored.rest.iter().map(|(key, _)| *key).collect::<Vec<_>>(), rest);

        let rest = stored.rest.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let whole: BTreeMap<String, String> = together(COLUMNS, &stored.pairs, rest).into_iter().collect();
        assert!(tags.iter().all(|(key, value)| whole.get(key) == Some(value)), "{whole:?}");
        assert_eq!(whole.len(), tags.len() + COLUMNS.iter().filter(|column| !column.is_empty()).count() - 2);
    }
}
