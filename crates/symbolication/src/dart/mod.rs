//! Dart: obfuscated type names, by the map that Flutter writes (`--save-obfuscation-map`): a JSON list of names, each
//! followed by what it became.
//!
//! Frames of compiled Dart are native ones.

use std::{borrow::Cow, iter};

use mayday_event::{
    file_name,
    model::{DebugImage, Event},
};

use crate::{
    ArtifactKind, Artifacts, CacheFile, ImageId, Wanted,
    outcome::found,
    table::{Table, TableError, TableWriter},
};

/// What tables of Dart names begin with.
const MAGIC: [u8; 4] = *b"MDDM";
/// Names of one map; those of large apps have about 200,000.
const NAMES: usize = 4_000_000;
/// Images that are asked for.
const IMAGES: usize = 8;
/// Letters of an obfuscated name at most. Dart counts through them, `a`, …, `Z`, `aa`, …, and four are enough for [`NAMES`].
const OBFUSCATED_LETTERS: usize = 4;
/// Types of Dart's own that are as short, and keep their names.
const SHORT_TYPES: [&str; 14] = [
    "Enum", "File", "Link", "List", "Map", "Null", "Set", "Sink", "Type", "Uri", "Zone", "bool", "int", "num",
];
/// What a Dart message has before a type's name.
const BEFORE_TYPES: [&str; 4] = ["Instance of '", "type '", "subtype of type '", "class '"];

/// A map that cannot be read; the text is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a Dart symbol map: {0}")]
pub struct DartMapError(String);

impl From<TableError> for DartMapError {
    fn from(error: TableError) -> Self {
        Self(error.to_string())
    }
}

/// Converts the JSON list to the table that [`symbolicate_dart`] searches.
pub fn dart_map_cache(map: &[u8]) -> Result<Vec<u8>, DartMapError> {
    let names: Vec<Cow<'_, str>> =
        serde_json::from_slice(map).map_err(|error| DartMapError(error.to_string()))?;
    let (pairs, rest) = names.as_chunks::<2>();
    if !rest.is_empty() || names.len() > NAMES {
        return Err(DartMapError(format!("{} names, not an even number up to {NAMES}", names.len())));
    }
    let mut table = TableWriter::default();
    // Of an obfuscated name that comes twice, the last counts.
    for [name, obfuscated] in pairs.iter().rev().filter(|[name, obfuscated]| name != obfuscated) {
        table.add(obfuscated, name)?;
    }
    Ok(table.finish(MAGIC)?)
}

/// Obfuscated names to those in the sources.
#[derive(Debug, Clone, Copy)]
struct DartMap<'a>(Table<'a>);

impl<'a> DartMap<'a> {
    fn open(cache: &'a [u8]) -> Result<Self, TableError> {
        Table::open(MAGIC, cache).map(Self)
    }

    fn original(&self, name: &str) -> Option<&'a str> {
        self.0.get(name)
    }

    /// A text with the original names of its types.
    fn named<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut named = String::new();
        let mut is_changed = false;
        let mut rest = text;
        while let Some((before, name, after)) = next_type(rest) {
            let original = self.original(name);
            is_changed |= original.is_some();
            named.push_str(before);
            named.push_str(original.unwrap_or(name));
            rest = after;
        }
        named.push_str(rest);
        if is_changed { Cow::Owned(named) } else { Cow::Borrowed(text) }
    }
}

/// `Instance of 'aB'` and `type 'a' is not a subtype of type 'b'`: only names that are said to be of types. What is before
/// the first of them, its name, and the rest.
fn next_type(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('\'').find_map(|(quote, _)| {
        let (before, after) = text.split_at(quote + 1);
        let is_before_type = BEFORE_TYPES.iter().any(|known| before.ends_with(known));
        let (name, _) = after.split_once('\'').filter(|_| is_before_type)?;
        Some((before, name, after.strip_prefix(name)?))
    })
}

/// Gives exceptions of Flutter apps their types' names, in what they say too, as far as `artifacts` has the map of one of the
/// app's images.
pub fn symbolicate_dart(event: &mut Event, artifacts: &dyn Artifacts) {
    if !is_dart(event) || !has_obfuscated_types(event) {
        return;
    }
    let Some((image, file)) = find(event, artifacts) else { return };
    let Ok(map) = DartMap::open(&file.bytes) else { return };
    for exception in &mut event.exception {
        if let Some(original) = exception.ty.as_deref().and_then(|ty| map.original(ty)) {
            let obfuscated = exception.ty.replace(original.to_owned());
            exception.raw_type = exception.raw_type.take().or(obfuscated);
        }
        if let Some(Cow::Owned(named)) = exception.value.as_deref().map(|value| map.named(value)) {
            let obfuscated = exception.value.replace(named);
            exception.raw_value = exception.raw_value.take().or(obfuscated);
        }
    }
    // The image may have symbols too, of which more is to be said.
    if let Some(image) = event.debug_images.get_mut(image)
        && image.symbolication.is_none()
    {
        image.symbolication = Some(found(&file.source));
    }
}

fn is_dart(event: &Event) -> bool {
    let sdk = event.sdk.as_ref().and_then(|sdk| sdk.name.as_deref()).unwrap_or_default();
    event.platform == "dart" || sdk.contains("dart") || sdk.contains("flutter")
}

/// Whether a type of the event may be obfuscated. Where none is, no map is asked for: an app that was built without obfuscation
/// has none, and lacks none.
fn has_obfuscated_types(event: &Event) -> bool {
    let types_in = |text| iter::successors(next_type(text), |(_, _, rest)| next_type(rest));
    event.exception.iter().any(|exception| {
        let mut said = exception.value.iter().flat_map(|value| types_in(value));
        exception.ty.as_deref().is_some_and(is_obfuscated) || said.any(|(_, name, _)| is_obfuscated(name))
    })
}

/// By its looks: letters, and `_` before those of a private name.
fn is_obfuscated(name: &str) -> bool {
    let letters = name.strip_prefix('_').unwrap_or(name);
    (1..=OBFUSCATED_LETTERS).contains(&letters.len())
        && letters.bytes().all(|letter| letter.is_ascii_alphabetic())
        && !SHORT_TYPES.contains(&name)
}

/// The first image that there is a readable map of.
fn find(event: &Event, artifacts: &dyn Artifacts) -> Option<(usize, CacheFile)> {
    let images = event.debug_images.iter().enumerate().filter(|(_, image)| is_dart_image(image));
    images.take(IMAGES).find_map(|(place, image)| {
        let debug_id = Some(ImageId::from(image).debug_id?);
        let id = ImageId { debug_id, ..ImageId::default() };
        let file = artifacts.find(&Wanted::Image(ArtifactKind::DartMap, id)).ok()?;
        let map = DartMap::open(&file.bytes).map(drop);
        map.inspect_err(|error| tracing::warn!(source = &*file.source, %error, "unreadable Dart map"))
            .ok()?;
        Some((place, file))
    })
}

/// The binary that Flutter puts an app's Dart code into.
fn is_dart_image(image: &DebugImage) -> bool {
    let path = image.code_file.as_deref().or(image.debug_file.as_deref());
    let name = path.map(file_name);
    image.ty == "dart_symbols"
        || matches!(name, None | Some("libapp.so" | "App" | "App.dSYM" | "app.so" | "base.apk"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use proptest::prelude::*;
    use serde_json::json;
    use symbolic::common::ByteView;

    use super::*;
    use crate::{Absent, Status, restore, testing_events::event_of};

    struct OneMap(Vec<u8>);

    impl Artifacts for OneMap {
        fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
            assert!(matches!(wanted, Wanted::Image(ArtifactKind::DartMap, _)));
            let bytes = ByteView::from_vec(self.0.clone());
            Ok(CacheFile { bytes, source: "uploads".into() })
        }
    }

    /// Has no map, and says whether one was asked for.
    struct NoMap<'a>(&'a AtomicBool);

    impl Artifacts for NoMap<'_> {
        fn find(&self, _: &Wanted) -> Result<CacheFile, Absent> {
            self.0.store(true, Ordering::Relaxed);
            Err(Absent { status: Status::Missing, reason: "not uploaded".into() })
        }
    }

    fn event_with(ty: &str, value: &str) -> Event {
        event_of(&json!({
            "platform": "other", "sdk": { "name": "sentry.dart.flutter", "version": "9.0.0" },
            "exception": { "values": [{ "type": ty, "value": value }] },
            "debug_meta": { "images": [{ "type": "elf", "code_file": "/data/app/libapp.so",
                "debug_id": "c0bcc3f1-9827-fe65-3058-404b2831d9e6" }] },
        }))
    }

    fn named(map: &str, ty: &str, value: &str) -> (Option<String>, Option<String>) {
        let mut event = event_with(ty, value);
        let before = event.clone();
        let map = dart_map_cache(map.as_bytes()).unwrap_or_else(|_| map.into());
        symbolicate_dart(&mut event, &OneMap(map));
        let said = (event.exception[0].ty.clone(), event.exception[0].value.clone());
        restore(&mut event);
        assert_eq!(event, before);
        said
    }

    #[test]
    fn types_get_their_names_in_messages_too() {
        let map = r#"["CartException", "aB", "Price", "xy", "Item", "it"]"#;
        assert_eq!(
            named(map, "aB", "Instance of 'xy': it's type 'it' is not a subtype of type 'xy', said 'xy'"),
            (
                Some("CartException".to_owned()),
                Some(
                    "Instance of 'Price': it's type 'Item' is not a subtype of type 'Price', said 'xy'"
                        .to_owned()
                )
            )
        );
        assert_eq!(named("{}", "aB", "m"), (Some("aB".to_owned()), Some("m".to_owned())));
        assert!(dart_map_cache(br#"["a"]"#).is_err());
    }

    #[test]
    fn no_map_is_asked_for_where_no_type_is_obfuscated() {
        let asks = |ty: &str, value: &str| {
            let asked = AtomicBool::new(false);
            let mut event = event_with(ty, value);
            symbolicate_dart(&mut event, &NoMap(&asked));
            asked.into_inner()
        };
        assert!(!asks("CartException", "Instance of 'CartException'"));
        assert!(!asks("_TypeError", "type 'Null' is not a subtype of type 'String' in type cast"));
        assert!(!asks("StateError", "no element 'aB'"), "not said to be a type");
        assert!(asks("aB", "no element"));
        assert!(asks("_aB", "no element"), "private");
        assert!(asks("_TypeError", "type 'Null' is not a subtype of type 'xyZ' in type cast"));
    }

    proptest! {
        #[test]
        fn texts_without_known_names_stay(text in "[a-z' ]{0,60}|.{0,60}") {
            let map = dart_map_cache(br#"["Price", "XY"]"#).unwrap();
            prop_assert_eq!(DartMap::open(&map).unwrap().named(&text), text.as_str());
        }
    }
}
