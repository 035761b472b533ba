use mayday_event::model::SymbolStatus;
use proptest::prelude::*;
use serde_json::{Value, json};
use symbolic::common::ByteView;

use super::*;
use crate::{Absent, CacheFile, KeptFrames, Wanted, restore, testing_events::event_of};

/// `esbuild --minify --sourcemap`, written by hand: `add` at column 9, its `throw` at 14.
const MINIFIED: &str =
    "function r(t){throw new Error(t)}function e(){r(1)}e();\n//# sourceMappingURL=maps/app.min.js.map\n";
const URL: &str = "https://shop.example/static/app.min.js";
const ID: &str = "c0bcc3f1-9827-fe65-3058-404b2831d9e6";

fn map() -> Value {
    json!({
        "version": 3,
        "sources": ["../../src/cart.ts", "../../vendor/log.ts"],
        "sourcesContent": ["export function add(item) {\n  throw new Error(item);\n}\n", "export function pay() {\n  add(1);\n}\npay();\n"],
        "names": ["add", "item", "pay"],
        // Columns 0 and 9 to cart 0:0 and 0:16 add, 11 to 0:20 item, 14 to 1:2, 30 to 1:18 item;
        // 33 and 42 to log 0:0 and 0:16 pay, 46 to 1:2 add, 51 to 3:0 pay.
        "mappings": "AAAA,SAAgBA,EAAIC,GAClB,gBAAgBA,GCDlB,SAAgBC,IACdF,KAEFE",
        "x_google_ignoreList": [1],
    })
}

struct OneMap(Result<CacheFile, Absent>);

impl Artifacts for OneMap {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        let Wanted::SourceMap { debug_id, url, release, dist } = wanted else { panic!("{wanted:?}") };
        assert_eq!(debug_id.map(|id| id.to_string()).as_deref(), Some(ID));
        assert_eq!((url.as_str(), release.as_deref(), dist.as_deref()), (URL, Some("shop@1"), Some("7")));
        self.0.clone()
    }
}

/// The same, that keeps what was looked up.
struct Keeping<'a>(OneMap, &'a KeptFrames);

impl Artifacts for Keeping<'_> {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        self.0.find(wanted)
    }

    fn kept(&self) -> Option<&KeptFrames> {
        Some(self.1)
    }
}

fn file(bytes: Vec<u8>) -> OneMap {
    OneMap(Ok(CacheFile::new(ByteView::from_vec(bytes), "uploads")))
}

fn maps() -> OneMap {
    file(source_map_cache(MINIFIED, map().to_string().as_bytes()).unwrap())
}

fn event(frames: &Value) -> Event {
    event_of(&json!({
        "platform": "javascript", "release": "shop@1", "dist": "7",
        "exception": { "values": [{ "type": "Error", "stacktrace": { "frames": frames } }] },
        "debug_meta": { "images": [{ "type": "sourcemap", "code_file": URL, "debug_id": ID }] },
    }))
}

fn crash() -> Event {
    event(&json!([
        { "abs_path": "native", "function": "apply", "lineno": 1, "colno": 1 },
        { "abs_path": URL, "function": "e", "lineno": 1, "colno": 47 },
        { "abs_path": URL, "function": "r", "lineno": 1, "colno": 15, "in_app": true },
    ]))
}

fn frames(event: &Event) -> &[Frame] {
    &event.exception[0].stacktrace.as_ref().unwrap().frames
}

fn shown(event: &Event) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or("-".to_owned());
    let shown = frames(event).iter().map(|frame| {
        let place = (frame.lineno.unwrap_or(0), frame.colno.unwrap_or(0));
        format!(
            "{} {} {}:{}:{}",
            text(&frame.function),
            text(&frame.module),
            text(&frame.abs_path),
            place.0,
            place.1
        )
    });
    shown.collect()
}

#[test]
fn awaited_calls_are_in_the_same_file() {
    let place = format!("async {URL}");
    let mut event = event(&json!([{ "abs_path": place, "function": "r", "lineno": 1, "colno": 15 }]));
    symbolicate_js(&mut event, &maps());
    let frame = &event.exception[0].stacktrace.as_ref().unwrap().frames[0];
    assert_eq!((frame.filename.as_deref(), frame.lineno), (Some("../../src/cart.ts"), Some(2)));
}

#[test]
fn minified_frames_get_functions_files_lines_and_their_source() {
    let mut event = crash();
    let before = event.clone();
    symbolicate_js(&mut event, &maps());
    assert_eq!(
        shown(&event),
        [
            "apply - native:1:1",
            "pay vendor/log https://shop.example/vendor/log.ts:2:3",
            "add src/cart https://shop.example/src/cart.ts:2:3",
        ]
    );
    let last = &frames(&event)[2];
    assert_eq!(last.context_line.as_deref(), Some("  throw new Error(item);"));
    assert_eq!(last.pre_context, ["export function add(item) {"]);
    assert_eq!(last.raw_function.as_deref(), Some("r"));
    assert_eq!(last.in_app, Some(true));
    assert_eq!(frames(&event)[1].in_app, Some(false), "its source is on the ignore list");
    assert_eq!(event.debug_images[0].symbolication.as_ref().unwrap().status, SymbolStatus::Found);
    restore(&mut event);
    assert_eq!(event, before);
}

#[test]
fn places_that_are_kept_are_as_they_were_looked_up_and_each_map_has_its_own() {
    let kept = KeptFrames::new(1 << 20);
    let other =
        || file(source_map_cache(MINIFIED, map().to_string().replace("cart", "till").as_bytes()).unwrap());
    let crash = event(&json!([
        { "abs_path": URL, "function": "e", "lineno": 1, "colno": 47, "module": "sent" },
        { "abs_path": URL, "function": "e", "lineno": 1, "colno": 47, "in_app": false },
        { "abs_path": URL, "function": "other", "lineno": 1, "colno": 15 },
        { "abs_path": URL, "function": "r", "lineno": 1, "colno": 15, "in_app": true },
        { "abs_path": URL, "function": "r", "lineno": 9, "colno": 15 },
    ]));
    let symbolicated = |artifacts: &dyn Artifacts| {
        let mut event = crash.clone();
        symbolicate_js(&mut event, artifacts);
        event
    };
    let (cart, till) = (symbolicated(&maps()), symbolicated(&other()));
    assert_ne!(cart, till);
    let (keeping_cart, keeping_till) = (Keeping(maps(), &kept), Keeping(other(), &kept));
    for round in 0..3 {
        assert_eq!(symbolicated(&keeping_cart), cart, "round {round}");
        assert_eq!(symbolicated(&keeping_till), till, "round {round}");
    }
}

#[test]
fn sections_of_an_indexed_map_count_from_their_offsets() {
    let indexed =
        json!({ "version": 3, "sections": [{ "offset": { "line": 0, "column": 0 }, "map": map() }] });
    let mut event = crash();
    symbolicate_js(&mut event, &file(source_map_cache(MINIFIED, indexed.to_string().as_bytes()).unwrap()));
    assert_eq!(frames(&event)[2].function.as_deref(), Some("add"));
    assert_eq!(frames(&event)[1].in_app, Some(false));
}

#[test]
fn offsets_of_hermes_bytecode_have_the_functions_of_the_map() {
    let hermes = json!({
        "version": 3, "sources": ["/home/me/shop/App.js"], "names": [],
        "mappings": "AAAA,UACE", "sourcesContent": [null],
        "x_facebook_sources": [[{ "names": ["<global>", "checkout"], "mappings": "AAA,CCA" }]],
    });
    let mut event = event(&json!([{ "abs_path": URL, "function": "?anon", "lineno": 1, "colno": 12 }]));
    symbolicate_js(&mut event, &file(source_map_cache("", hermes.to_string().as_bytes()).unwrap()));
    assert_eq!(shown(&event), ["checkout home/me/shop/App https://shop.example/home/me/shop/App.js:2:3"]);
}

#[test]
fn a_frame_without_its_map_says_why() {
    let mut missing = crash();
    let absent = Absent { status: SymbolStatus::Missing, reason: "not uploaded".into() };
    symbolicate_js(&mut missing, &OneMap(Err(absent)));
    assert_eq!(frames(&missing)[0].symbolication, None);
    assert_eq!(frames(&missing)[1].symbolication.as_ref().unwrap().reason.as_deref(), Some("not uploaded"));
    let mut damaged = crash();
    symbolicate_js(&mut damaged, &file(b"MDSM\x01\0\0\0\xff\xff\xff\xff".to_vec()));
    assert_eq!(frames(&damaged)[1].symbolication.as_ref().unwrap().status, SymbolStatus::Malformed);
    let mut nowhere = event(&json!([{ "abs_path": URL, "lineno": 90, "colno": 1 }]));
    symbolicate_js(&mut nowhere, &maps());
    let said = frames(&nowhere)[0].symbolication.as_ref().unwrap();
    assert_eq!(said.reason.as_deref(), Some("the source map has nothing at 90:1"));
}

#[test]
fn what_is_no_map_is_refused_and_deep_nesting_only_loses_functions() {
    assert!(matches!(source_map_cache("", b"hello"), Err(SourceMapError::NotAMap(_))));
    assert!(source_map_cache(&"(".repeat(1_000_000), map().to_string().as_bytes()).is_ok());
    let guarded = format!(")]}}'\n{}", map());
    assert!(source_map_cache(MINIFIED, guarded.as_bytes()).is_ok());
}

proptest! {
    #[test]
    fn no_map_breaks_it(mappings in "[A-Za-z0-9+/,;]{0,60}", minified in "[a-z(){};=>. ]{0,60}", column in 0..200_u32) {
        let map = json!({ "version": 3, "sources": ["a.js"], "names": ["n"], "mappings": mappings, "ignoreList": [0, 9] });
        if let Ok(cache) = source_map_cache(&minified, map.to_string().as_bytes()) {
            let mut event = event(&json!([{ "abs_path": URL, "lineno": 1, "colno": column }]));
            let before = event.clone();
            symbolicate_js(&mut event, &file(cache));
            restore(&mut event);
            prop_assert_eq!(event, before);
        }
    }

    #[test]
    fn no_bytes_break_the_cache(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let mut cache = b"MDSM\x01\0\0\0".to_vec();
        cache.extend(bytes);
        prop_assert!(convert::open(&cache).is_err());
    }
}
