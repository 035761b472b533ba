//! Lines of source around JVM frames, from the source bundles that an event names by images of type `jvm`: what
//! `sentry-cli debug-files bundle-jvm` makes of a source folder, each file as `~/com/example/Cart.jvm` whatever its
//! language is.

use mayday_event::{
    file_name,
    model::{Event, Frame, ImageFeatures},
};

use super::is_jvm;
use crate::{
    Absent, ArtifactKind, Artifacts, CacheFile, ImageId, Wanted,
    outcome::{found, unresolved},
    source_context::add_source_context,
    source_files, stacks,
    table::Table,
};

/// The image type of source bundles.
pub const SOURCES: &str = "jvm";
/// Source bundles that one event may name: one for each module of a large app.
const BUNDLES: usize = 64;

/// Puts lines of source into the frames that have a place and no lines yet. Images of source bundles then say what became
/// of them.
pub(super) fn add_source_lines(event: &mut Event, artifacts: &dyn Artifacts) {
    let platform = event.platform.clone();
    if !stacks::of(event).flat_map(|stack| &stack.frames).any(|frame| lacks_lines(frame, &platform)) {
        return;
    }
    let bundles = find(event, artifacts);
    let tables: Vec<Table<'_>> =
        bundles.iter().filter_map(|(_, file)| source_files::table(file.as_ref().ok()?)).collect();
    if !tables.is_empty() {
        for frame in stacks::of_mut(event).flat_map(|stack| &mut stack.frames) {
            if lacks_lines(frame, &platform) {
                let names = names(frame);
                let source = names.iter().find_map(|name| tables.iter().find_map(|table| table.get(name)));
                source.into_iter().for_each(|source| add_source_context(frame, source));
            }
        }
    }
    for (place, file) in &bundles {
        let Some(image) = event.debug_images.get_mut(*place) else { continue };
        image.features =
            file.is_ok().then(|| ImageFeatures { has_sources: true, ..ImageFeatures::default() });
        image.symbolication = Some(match file {
            Ok(file) => found(&file.source),
            Err(absent) => unresolved(absent),
        });
    }
}

fn lacks_lines(frame: &Frame, platform: &str) -> bool {
    is_jvm(frame, platform) && frame.lineno.is_some_and(|line| line > 0) && frame.context_line.is_none()
}

/// The event's source bundles by their image's place.
fn find(event: &Event, artifacts: &dyn Artifacts) -> Vec<(usize, Result<CacheFile, Absent>)> {
    let images = event.debug_images.iter().enumerate().filter(|(_, image)| image.ty == SOURCES);
    let find = |image| artifacts.find(&Wanted::Image(ArtifactKind::Sources, ImageId::from(image)));
    images.take(BUNDLES).map(|(place, image)| (place, find(image))).collect()
}

/// What a bundle may call the file of a frame: by the file that the frame names, in the folder of its class's package; else
/// by its class, without those that it is nested in another.
fn names(frame: &Frame) -> Vec<String> {
    let class = frame.module.as_deref().unwrap_or_default();
    let package = class.rsplit_once('.').map_or("", |(package, _)| package);
    let file = file_name(frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default());
    // What compilers make up has no file of its own: `R8$$SyntheticClass`, `SourceFile`.
    let by_file = file.rsplit_once('.').filter(|(stem, _)| !stem.contains('$'));
    let outer = class.split_once('$').map_or(class, |(outer, _)| outer);
    let mut names: Vec<String> = by_file.map(|(stem, _)| bundled_name(package, stem)).into_iter().collect();
    names.push(format!("~/{}.jvm", outer.replace('.', "/")));
    names
}

/// The name of a source file in a bundle; `stem` is its own, without its extension.
pub(crate) fn bundled_name(package: &str, stem: &str) -> String {
    let folder = package.replace('.', "/");
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("~/{folder}{slash}{stem}.jvm")
}

/// The package that a source file of Java, Kotlin, Groovy or Scala says it is of.
pub(crate) fn declared_package(source: &str) -> Option<String> {
    let mut is_comment = false;
    for line in source.lines().map(str::trim) {
        if is_comment || line.starts_with("/*") {
            is_comment = !line.contains("*/");
            continue;
        }
        if line.is_empty() || line.starts_with("//") || line.starts_with('@') {
            continue;
        }
        let package = line.strip_prefix("package ")?.split(';').next()?.trim();
        let package = package.split_whitespace().next()?.replace('`', "");
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_');
        return Some(package).filter(|package| !package.is_empty() && package.chars().all(is_name));
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use symbolic::common::ByteView;

    use super::*;
    use crate::{
        Status, convert::source_files, restore, testing_bundles::jvm_bundle, testing_events::event_of,
    };

    const ID: &str = "246fb328-fc4e-406a-87ff-fc35f6149d8f";

    struct OneBundle(Result<CacheFile, Absent>);

    impl Artifacts for OneBundle {
        fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
            let Wanted::Image(ArtifactKind::Sources, image) = wanted else { panic!("{wanted:?}") };
            assert_eq!(image.debug_id, ID.parse().ok());
            self.0.clone()
        }
    }

    fn bundle(files: &[(&str, &str)]) -> OneBundle {
        let bytes = source_files(&jvm_bundle(ID, files), ID.parse().ok()).unwrap();
        OneBundle(Ok(CacheFile::new(ByteView::from_vec(bytes), "uploads")))
    }

    fn event(frames: &Value) -> Event {
        event_of(&json!({
            "platform": "java",
            "exception": { "values": [{ "type": "E", "stacktrace": { "frames": frames } }] },
            "debug_meta": { "images": [{ "type": "jvm", "debug_id": ID }] },
        }))
    }

    /// The lines of the frames of an event, `-` where there is none.
    fn lines(event: &Event) -> Vec<&str> {
        let frames = &event.exception[0].stacktrace.as_ref().unwrap().frames;
        frames.iter().map(|frame| frame.context_line.as_deref().unwrap_or("-")).collect()
    }

    #[test]
    fn frames_find_their_files_by_class_and_file_name() {
        let cart: String = (1..=20).map(|line| format!("cart {line}\n")).collect();
        let artifacts = bundle(&[
            ("~/com/shop/Cart.jvm", &cart),
            ("~/com/shop/Price.jvm", "one\ntwo\n"),
            ("~/Main.jvm", "main\n"),
        ]);
        let mut event = event(&json!([
            { "module": "Main", "function": "main", "filename": "Main.kt", "lineno": 1 },
            { "module": "com.shop.CartKt", "function": "pay", "filename": "Cart.kt", "lineno": 8 },
            { "module": "com.shop.Price$Companion", "function": "of", "filename": "SourceFile", "lineno": 2 },
            { "module": "com.shop.Price$$Lambda$1", "function": "run", "filename": "R8$$SyntheticClass", "lineno": 1 },
            { "module": "com.shop.Price", "function": "beyond", "filename": "Price.java", "lineno": 3 },
            { "module": "com.shop.Cart", "function": "nowhere", "filename": "Cart.kt" },
            { "module": "com.shop.Cart", "function": "told", "filename": "Cart.kt", "lineno": 1, "context_line": "sent" },
            { "module": "android.os.Looper", "function": "loop", "filename": "Looper.java", "lineno": 7 },
        ]));
        let before = event.clone();
        add_source_lines(&mut event, &artifacts);
        assert_eq!(lines(&event), ["main", "cart 8", "two", "one", "-", "-", "sent", "-"]);
        let frame = &event.exception[0].stacktrace.as_ref().unwrap().frames[1];
        assert_eq!(frame.pre_context, ["cart 3", "cart 4", "cart 5", "cart 6", "cart 7"]);
        assert_eq!(frame.post_context, ["cart 9", "cart 10", "cart 11", "cart 12", "cart 13"]);
        let image = &event.debug_images[0];
        assert!(image.features.unwrap().has_sources);
        assert_eq!(image.symbolication.as_ref().unwrap().source.as_deref(), Some("uploads"));
        restore(&mut event);
        assert_eq!(event.debug_images, before.debug_images);
    }

    #[test]
    fn a_kotlin_file_is_found_by_its_package_wherever_it_lies() {
        let licensed =
            "/*\n * package of.lawyers\n */\n@file:JvmName(\"X\")\n\npackage com.shop.`data`\nclass Cart\n";
        let artifacts = bundle(&[("~/app/src/main/kotlin/data/Cart.jvm", licensed)]);
        let mut event = event(&json!([
            { "module": "com.shop.data.Cart", "function": "pay", "filename": "Cart.kt", "lineno": 7 },
        ]));
        add_source_lines(&mut event, &artifacts);
        assert_eq!(lines(&event), ["class Cart"]);
    }

    #[test]
    fn a_bundle_that_is_missing_says_so_at_its_image() {
        let absent = Absent { status: Status::Missing, reason: "not uploaded".into() };
        let mut event = event(&json!([
            { "module": "com.shop.Cart", "function": "pay", "filename": "Cart.kt", "lineno": 7 },
        ]));
        add_source_lines(&mut event, &OneBundle(Err(absent)));
        let said = event.debug_images[0].symbolication.as_ref().unwrap();
        assert_eq!((said.status, said.reason.as_deref()), (Status::Missing, Some("not uploaded")));
        assert_eq!(event.debug_images[0].features, None);
    }

    #[test]
    fn a_source_says_its_package_before_its_code() {
        for (source, expected) in [
            ("package com.shop;\n", Some("com.shop")),
            ("\n// a\n/* b */\npackage a.b // c\n", Some("a.b")),
            ("import a.b\npackage c\n", None),
            ("package a-b\n", None),
            ("/* package a", None),
            ("package \n", None),
            ("", None),
        ] {
            assert_eq!(declared_package(source).as_deref(), expected, "{source}");
        }
    }
}
