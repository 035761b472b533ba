//! The fields of a crash upload.

use serde_json::{Map, Value};

use crate::wire::multipart::Part;

/// Deepest `sentry[a][b]…`.
const KEYS: usize = 16;
/// The annotations that name the application and its version: Electron's (whose `ver` is Electron's own), Mozilla's,
/// Breakpad's and Crashpad's.
const RELEASES: [(&str, &str); 3] =
    [("_productName", "_version"), ("ProductName", "Version"), ("prod", "ver")];

/// Merges what the fields say of the event into it.
pub(super) fn merge(event: &mut Map<String, Value>, fields: &[Part]) {
    let mut pieces: Vec<(u32, String)> = Vec::new();
    let mut single = Vec::new();
    let mut extra = Vec::new();
    for Part { name, content, .. } in fields {
        let text = || String::from_utf8_lossy(content).into_owned();
        if name == "sentry" || name.starts_with("sentry___") {
            match serde_json::from_slice(content) {
                Ok(Value::Object(said)) => merge_object(event, said),
                _ => extra.push((name, text())),
            }
        } else if let Some(number) = name.strip_prefix("sentry__").and_then(|number| number.parse().ok()) {
            pieces.push((number, text()));
        } else if let Some(path) = path(name) {
            single.push((path, text()));
        } else {
            extra.push((name, text()));
        }
    }
    merge_pieces(event, pieces);
    for (path, value) in single {
        set(event, &path, value.into());
    }
    for (name, value) in extra {
        set(event, &["extra", name], value.into());
    }
    name_release(event);
}

/// Joins the pieces in the order of their numbers.
fn merge_pieces(event: &mut Map<String, Value>, mut pieces: Vec<(u32, String)>) {
    pieces.sort_by_key(|(number, _)| *number);
    let joined: String = pieces.into_iter().map(|(_, piece)| piece).collect();
    match serde_json::from_str(&joined) {
        Ok(Value::Object(said)) => merge_object(event, said),
        _ if joined.is_empty() => {}
        _ => set(event, &["extra", "sentry"], joined.into()),
    }
}

/// `["a", "b"]` of `sentry[a][b]`.
fn path(name: &str) -> Option<Vec<&str>> {
    let keys = name.strip_prefix("sentry[")?.strip_suffix(']')?;
    let path: Vec<&str> = keys.split("][").collect();
    (path.len() <= KEYS).then_some(path)
}

/// Sets a value deep within; what is no object on the way is replaced by one.
fn set(object: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [key] => {
            object.insert((*key).to_owned(), value);
        }
        [key, rest @ ..] => {
            let inner = object.entry(*key).or_insert(Value::Null);
            if !inner.is_object() {
                *inner = Map::new().into();
            }
            if let Some(inner) = inner.as_object_mut() {
                set(inner, rest, value);
            }
        }
    }
}

/// Objects are merged, all else is replaced.
fn merge_object(known: &mut Map<String, Value>, said: Map<String, Value>) {
    for (key, value) in said {
        match (known.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(said)) => merge_object(known, said),
            (_, value) => {
                known.insert(key, value);
            }
        }
    }
}

/// `My App@1.2`, of a client that knows nothing of releases.
fn name_release(event: &mut Map<String, Value>) {
    if event.get("release").is_some_and(|release| !release.is_null()) {
        return;
    }
    let annotation =
        |name: &str| event.get("extra")?.get(name)?.as_str().filter(|text| !text.trim().is_empty());
    let release = RELEASES.iter().find_map(|(name, version)| {
        let (name, version) = (annotation(name)?.trim(), annotation(version)?.trim());
        Some(format!("{name}@{version}"))
    });
    if let Some(release) = release {
        event.insert("release".to_owned(), release.into());
    }
}
