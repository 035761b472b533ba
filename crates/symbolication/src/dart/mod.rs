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
const SHORT_TYPES: [&str; 15] = [
    "Enum", "File", "Link", "List", "Map", "Null", "Set", "Sink", "Type", "Uri", "Zone", "bool", "int",
    "num", "void",
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

    /// A text with the original names of its types; `None`: it has none that is known.
    fn named(&self, text: &str) -> Option<String> {
        renamed(text, next_type, |ty| self.named_type(ty))
    }

    /// A type's original name, or the type with those of its parts: of `Map<aB, cD>`, the types of keys and values.
    fn named_type(&self, ty: &str) -> Option<String> {
        let original = |name: &str| self.original(name).map(str::to_owned);
        original(ty).or_else(|| renamed(ty, next_name, original))
    }
}

/// The next name in a text: what is before it, the name, and the rest.
type Next<'a> = Option<(&'a str, &'a str, &'a str)>;

/// A text with other names, where there is one for any that `next` finds in it.
fn renamed(
    text: &str,
    next: impl Fn(&str) -> Next<'_>,
    name_of: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let mut renamed = String::new();
    let mut is_changed = false;
    let mut rest = text;
    while let Some((before, name, after)) = next(rest) {
        let other = name_of(name);
        is_changed |= other.is_some();
        renamed.push_str(before);
        renamed.push_str(other.as_deref().unwrap_or(name));
        rest = after;
    }
    renamed.push_str(rest);
    is_changed.then_some(renamed)
}

/// `Instance of 'aB'` and `type 'a' is not a subtype of type 'b'`: only names that are said to be of types.
fn next_type(text: &str) -> Next<'_> {
    text.match_indices('\'').find_map(|(quote, _)| {
        let (before, after) = text.split_at(quote + 1);
        let is_before_type = BEFORE_TYPES.iter().any(|known| before.ends_with(known));
        let (name, _) = after.split_once('\'').filter(|_| is_before_type)?;
        Some((before, name, after.strip_prefix(name)?))
    })
}

/// A name in a type.
fn next_name(ty: &str) -> Next<'_> {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$');
    let (before, from_name) = ty.split_at(ty.find(is_of_name)?);
    let end = from_name.find(|letter| !is_of_name(letter)).unwrap_or(from_name.len());
    let (name, after) = from_name.split_at(end);
    Some((before, name, after))
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
        if let Some(named) = exception.ty.as_deref().and_then(|ty| map.named_type(ty)) {
            let obfuscated = exception.ty.replace(named);
            exception.raw_type = exception.raw_type.take().or(obfuscated);
        }
        if let Some(named) = exception.value.as_deref().and_then(|value| map.named(value)) {
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
        exception.ty.as_deref().is_some_and(has_obfuscated_name)
            || said.any(|(_, ty, _)| has_obfuscated_name(ty))
    })
}

/// Whether a type or one of its parts looks obfuscated. The name of a parameter says nothing: many are short.
fn has_obfuscated_name(ty: &str) -> bool {
    let is_type = |before: &str| {
        let before_spaces = before.trim_end();
        before.is_empty()
            || before_spaces.ends_with(['<', ',', '(', '[', '{', '&', ':'])
            || before_spaces.ends_with("=>")
    };
    iter::successors(next_name(ty), |(_, _, rest)| next_name(rest))
        .any(|(before, name, _)| is_type(before) && is_obfuscated(name))
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
            Ok(CacheFile::new(bytes, "uploads"))
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
        assert_eq!(
            named(
                map,
                "Failure<aB, Map<String, xy?>>",
                "type 'List<it>' is not a subtype of type '(xy) => void'"
            ),
            (
                Some("Failure<CartException, Map<String, Price?>>".to_owned()),
                Some("type 'List<Item>' is not a subtype of type '(Price) => void'".to_owned())
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
        assert!(!asks(
            "Failure<List<int>>",
            "type '(int id, {bool? on}) => void' is not a subtype of type 'Uri?'"
        ));
        assert!(asks("aB", "no element"));
        assert!(asks("Failure<aB>", "no element"));
        assert!(asks("_TypeError", "type 'Map<String, xyZ>' is not a subtype of type 'Null'"));
        assert!(asks("_aB", "no element"), "private");
        assert!(asks("_TypeError", "type 'Null' is not a subtype of type 'xyZ' in type cast"));
    }

    proptest! {
        #[test]
        fn texts_without_known_names_stay(text in "[a-z' ]{0,60}|.{0,60}") {
            let map = dart_map_cache(br#"["Price", "XY"]"#).unwrap();
            prop_assert_eq!(DartMap::open(&map).unwrap().named(&text), None);
        }
    }
}
