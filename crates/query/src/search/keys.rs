//! The keys of a search, and which field of events each is.

use mayday_store::queries::Field;

/// Keys that are no fields of events.
const ISSUE_KEYS: [&str; 8] =
    ["is", "assigned", "firstSeen", "lastSeen", "timesSeen", "users", "firstRelease", "has"];

/// Each field of events that has a name of its own.
const FIELDS: [(&str, Field); 25] = [
    ("release", Field::Release),
    ("environment", Field::Environment),
    ("level", Field::Level),
    ("dist", Field::Dist),
    ("platform", Field::Platform),
    ("title", Field::Title),
    ("message", Field::Message),
    ("error.type", Field::ErrorType),
    ("error.value", Field::ErrorValue),
    ("error.handled", Field::Handled),
    ("error.mechanism", Field::Mechanism),
    ("os.name", Field::OsName),
    ("os.version", Field::OsVersion),
    ("device.family", Field::DeviceFamily),
    ("device.model", Field::DeviceModel),
    ("app.version", Field::AppVersion),
    ("user", Field::User),
    ("user.id", Field::UserId),
    ("user.email", Field::UserEmail),
    ("sdk.name", Field::SdkName),
    ("sdk.version", Field::SdkVersion),
    ("stack.function", Field::StackFunction),
    ("stack.filename", Field::StackFilename),
    ("stack.module", Field::StackModule),
    ("stack.package", Field::StackPackage),
];

/// Every key that is no tag.
pub(crate) const KEYS: [&str; ISSUE_KEYS.len() + FIELDS.len()] = {
    let mut keys = [""; ISSUE_KEYS.len() + FIELDS.len()];
    let mut at = 0;
    while at < keys.len() {
        keys[at] = match at < ISSUE_KEYS.len() {
            true => ISSUE_KEYS[at],
            false => FIELDS[at - ISSUE_KEYS.len()].0,
        };
        at += 1;
    }
    keys
};

/// The field that a key names; what is no other is a tag.
pub(crate) fn field(key: &str) -> Field {
    if let Some((_, field)) = FIELDS.iter().find(|(name, _)| *name == key) {
        return field.clone();
    }
    match (in_brackets(key, "flags"), in_brackets(key, "tags")) {
        (Some(flag), _) => Field::Flag(flag.to_owned()),
        (_, Some(tag)) => Field::Tag(tag.to_owned()),
        _ => Field::Tag(key.to_owned()),
    }
}

/// Whether a key is one of [`KEYS`], or another name of one.
pub(super) fn is_known(key: &str) -> bool {
    KEYS.contains(&key) || ["assignee", "userCount", "error.unhandled"].contains(&key)
}

/// How a field is written as a key.
pub(super) fn name(field: &Field) -> String {
    match field {
        Field::Flag(flag) => format!("flags[{flag}]"),
        Field::Tag(tag) if is_plain(tag) && !is_known(tag) => tag.clone(),
        Field::Tag(tag) => format!("tags[{tag}]"),
        other => FIELDS.iter().find(|(_, field)| field == other).map_or("", |(name, _)| name).to_owned(),
    }
}

/// Whether what stands before a colon is meant as a key. What begins with a capital is text, like
/// `IllegalStateException: closed`.
pub(super) fn is_plain(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.'))
}

/// `name` of `flags[name]` or `flags["name"]`.
fn in_brackets<'a>(key: &'a str, before: &str) -> Option<&'a str> {
    Some(key.strip_prefix(before)?.strip_prefix('[')?.strip_suffix(']')?.trim_matches('"'))
}
