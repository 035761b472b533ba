//! An event's tags in SQL, with the attributes that are no tags and its feature flags, named as a search names them; where
//! an app has a tag of such a name, its own counts. [`crate::rows::tags`] says how they are stored.

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

/// Whether a pair has a value, and not the key alone.
pub(super) const HAS_VALUE: &str = "position(pair, '\\n') < length(pair)";

/// The names in `tags` that are another's too.
static IS_ANOTHERS: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<String> = columns().map(|(key, _)| format!("'{key}'")).collect();
    format!("(key IN ({}) OR startsWith(key, 'flags['))", names.join(", "))
});

/// Whether an app has an own tag by the name of a column or a flag.
pub(super) static OVERRIDES: LazyLock<String> =
    LazyLock::new(|| format!("arrayExists(key -> {}, mapKeys(tags))", *IS_ANOTHERS));

/// Of an event with `tags` what is in no pair, as a map: these, and columns and flags if there are overrides; an event
/// without overrides has its columns and flags as they are.
pub(super) static WITH_REST: LazyLock<String> = LazyLock::new(|| {
    format!(
        "mapConcat({}, if({}, {}, CAST(map() AS Map(String, String))))",
        *REST, *OVERRIDES, *NOT_OVERRIDDEN
    )
});

static REST: LazyLock<String> = LazyLock::new(|| {
    let rest =
        format!("mapFilter((key, value) -> {} OR length(value) >= {UNPAIRED_BYTES}, tags)", *IS_ANOTHERS);
    format!("CAST({rest} AS Map(String, String))")
});

/// Columns and flags as a map, but for those whose name is an own tag's too.
static NOT_OVERRIDDEN: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<String> =
        columns().map(|(key, column)| format!("'{key}', toString({column})")).collect();
    let flags =
        "mapFromArrays(arrayMap(flag -> concat('flags[', flag, ']'), mapKeys(flags)), mapValues(flags))";
    let all = format!("mapConcat(map({}), CAST({flags} AS Map(String, String)))", columns.join(", "));
    format!("mapFilter((key, value) -> NOT mapContains(tags, key), {all})")
});

/// All of it, as pairs.
pub(super) static PAIRS: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<String> =
        columns().map(|(key, column)| format!("concat('{key}\\n', {column})")).collect();
    let flags =
        "arrayMap((flag, value) -> concat('flags[', flag, ']\\n', value), mapKeys(flags), mapValues(flags))";
    let as_pairs = |map: &str| {
        format!("arrayMap((key, value) -> concat(key, '\\n', value), mapKeys({map}), mapValues({map}))")
    };
    let simple = format!("arrayConcat(tag_pairs, [{}], {flags})", columns.join(", "));
    let with_rest = format!("arrayConcat(tag_pairs, {}, {})", as_pairs(&REST), as_pairs(&NOT_OVERRIDDEN));
    format!("arrayFilter(pair -> {HAS_VALUE}, if(empty(tags), {simple}, {with_rest}))")
});
