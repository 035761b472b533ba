//! An event's tags in SQL, with the attributes that are no tags and its feature flags, named as a search names them; where
//! an app has a tag of such a name, its own counts unless said otherwise. [`crate::rows::tags`] says how they are stored.

use std::sync::LazyLock;

use crate::rows::tags::{ATTRIBUTES, COLUMN_TAGS, UNPAIRED_BYTES, column_of, is_in_pair, is_paired};

/// Keys that are columns, and these.
pub(super) fn columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    COLUMN_TAGS.into_iter().chain(ATTRIBUTES)
}

/// A tag's value, empty if there is none; `key` is how its name is written in SQL, a parameter.
pub(super) fn value(name: &str, key: &str) -> String {
    let own = format!("tags[{key}]");
    let stored = match column_of(name) {
        Some(column) => format!("toString({column})"),
        None if !is_paired(name) => format!("flags[substring({key}, 7, length({key}) - 7)]"),
        None => {
            let first = format!("arrayFirst(pair -> startsWith(pair, concat({key}, '\\n')), tag_pairs)");
            format!("substring({first}, length({key}) + 2)")
        }
    };
    format!("if({own} != '', {own}, {stored})")
}

/// Whether a tag has a value that is not empty, by the index over `tag_pairs` where it is in one; both as SQL has them.
pub(super) fn is(name: &str, value: &str, [key_sql, value_sql]: [&str; 2]) -> String {
    match (is_paired(name), is_in_pair(value)) {
        (true, true) => format!("has(tag_pairs, concat({key_sql}, '\\n', {value_sql}))"),
        (true, false) => {
            format!("(has(tag_pairs, concat({key_sql}, '\\n')) AND tags[{key_sql}] = {value_sql})")
        }
        (false, _) => format!("({} = {value_sql})", self::value(name, key_sql)),
    }
}

/// The key and the value of a pair.
pub(super) const KEY_AND_VALUE: &str = "substring(pair, 1, position(pair, '\\n') - 1) AS key,
    substring(pair, position(pair, '\\n') + 1) AS value";

/// What of `tags` is in no pair, as `(key, value)`.
static REST: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<String> = columns().map(|(key, _)| format!("'{key}'")).collect();
    format!(
        "arrayFilter(
             tag -> tag.1 IN ({}) OR startsWith(tag.1, 'flags[') OR length(tag.2) >= {UNPAIRED_BYTES},
             arrayZip(mapKeys(tags), mapValues(tags))
         )",
        names.join(", ")
    )
});

/// What an event has besides columns, pairs and flags, as `(key, value, 1)`; and as `(key, value, -1)` what a column or flag
/// has although the app says otherwise.
pub(super) static CORRECTIONS: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<String> =
        columns().map(|(key, column)| format!("('{key}', toString({column}), -1)")).collect();
    let flag = "(concat('flags[', flag, ']'), toString(value), -1)";
    format!(
        "arrayConcat(
             arrayMap(tag -> (toString(tag.1), tag.2, 1), {}),
             arrayFilter(
                 tag -> mapContains(tags, tag.1),
                 arrayConcat([{}], arrayMap((flag, value) -> {flag}, mapKeys(flags), mapValues(flags)))
             )
         )",
        *REST,
        columns.join(", ")
    )
});

/// All of it but the user as one text, which is handed on many times faster than a list: pairs with [`BETWEEN`] between them,
/// some of them without a value; of a name that is a column's and a tag's both.
pub(super) static PAIRS: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<String> = columns()
        .filter(|(_, column)| *column != "user")
        .map(|(key, column)| format!("'{SEPARATOR}{key}\\n', {column}"))
        .collect();
    let flag = format!("concat('{SEPARATOR}flags[', flag, ']\\n', value)");
    format!(
        "concat(
             arrayStringConcat(tag_pairs, '{SEPARATOR}'),
             {},
             arrayStringConcat(arrayMap((flag, value) -> {flag}, mapKeys(flags), mapValues(flags))),
             arrayStringConcat(arrayMap(tag -> concat('{SEPARATOR}', tag.1, '\\n', tag.2), {}))
         )",
        columns.join(", "),
        *REST
    )
});

/// In no tag: control characters are taken out of them.
pub(super) const BETWEEN: char = '\x01';
/// The same in SQL.
const SEPARATOR: &str = "\\x01";
