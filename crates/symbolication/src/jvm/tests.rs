use mayday_event::model::SymbolStatus;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Absent, CacheFile, KeptFrames, Wanted, restore, testing_events::event_of};

const MAPPING: &str = r#"# compiler: R8
# compiler_version: 8.3.37
com.shop.Cart -> a.a:
# {"id":"sourceFile","fileName":"Cart.kt"}
    1:1:void com.shop.Price.check(int):5:5 -> a
    1:1:void add(int):40 -> a
    2:2:void add(int):41:41 -> a
    3:3:void pay():60:60 -> b
    3:3:int size():70:70 -> c
com.shop.Price -> a.b:
# {"id":"sourceFile","fileName":"Price.kt"}
    void empty() -> d
com.shop.EmptyCartException -> a.c:
com.shop.Made -> a.d:
    1:1:void lambda$pay$0():9:9 -> a
# {"id":"com.android.tools.r8.synthesized"}
outline.Class -> b.a:
    1:2:int outline():0:0 -> a
# {"id":"com.android.tools.r8.outline"}
com.shop.Caller -> b.b:
    1:1:void begin():10:10 -> s
    4:4:int body():98:98 -> s
    5:5:int body():100:100 -> s
    27:27:int body():0:0 -> s
# {"id":"com.android.tools.r8.outlineCallsite","positions":{"1":4,"2":5},"outline":"Lb/a;a()I"}
"#;
const UUID: &str = "246fb328-fc4e-406a-87ff-fc35f6149d8f";

struct OneMapping(Result<CacheFile, Absent>);

impl Artifacts for OneMapping {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        assert_eq!(*wanted, Wanted::Proguard(UUID.parse().unwrap()));
        self.0.clone()
    }
}

/// The same, that keeps what was looked up.
struct Keeping<'a>(OneMapping, &'a KeptFrames);

impl Artifacts for Keeping<'_> {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        self.0.find(wanted)
    }

    fn kept(&self) -> Option<&KeptFrames> {
        Some(self.1)
    }
}

fn mapping() -> OneMapping {
    mapping_of(MAPPING)
}

fn mapping_of(text: &str) -> OneMapping {
    let bytes = proguard_cache(text.as_bytes()).unwrap();
    OneMapping(Ok(CacheFile::new(symbolic::common::ByteView::from_vec(bytes), "uploads")))
}

fn no_mapping() -> OneMapping {
    OneMapping(Err(Absent { status: SymbolStatus::Missing, reason: "not uploaded".into() }))
}

fn event(ty: &str, value: &str, frames: &Value) -> Event {
    event_of(&json!({
        "platform": "java",
        "exception": { "values": [{ "type": ty, "module": "a", "value": value, "stacktrace": { "frames": frames } }] },
        "debug_meta": { "images": [{ "type": "proguard", "uuid": UUID }] },
    }))
}

fn shown(event: &Event) -> Vec<String> {
    let frames = &event.exception[0].stacktrace.as_ref().unwrap().frames;
    let text = |text: &Option<String>| text.clone().unwrap_or("-".to_owned());
    let shown = frames.iter().map(|frame| {
        let line = frame.lineno.unwrap_or(0);
        format!("{}.{}({}:{line})", text(&frame.module), text(&frame.function), text(&frame.filename))
    });
    shown.collect()
}

#[test]
fn inlined_calls_unfold_with_the_outermost_first_and_files_of_their_own() {
    let mut event = event(
        "c",
        "m",
        &json!([
            { "module": "android.os.Looper", "function": "loop", "lineno": 7, "filename": "Looper.java" },
            { "module": "a.a", "function": "b", "lineno": 3, "filename": "SourceFile" },
            { "module": "a.a", "function": "a", "lineno": 1, "filename": "SourceFile" },
        ]),
    );
    symbolicate_jvm(&mut event, &mapping());
    assert_eq!(
        shown(&event),
        [
            "android.os.Looper.loop(Looper.java:7)",
            "com.shop.Cart.pay(Cart.kt:60)",
            "com.shop.Cart.add(Cart.kt:40)",
            "com.shop.Price.check(Price.kt:5)",
        ]
    );
    let frames = &event.exception[0].stacktrace.as_ref().unwrap().frames;
    assert_eq!(frames[0].symbolication, None, "the system's frames need no mapping");
    assert_eq!(frames[3].symbolication.as_ref().unwrap().source.as_deref(), Some("uploads"));
    assert_eq!(event.debug_images[0].symbolication.as_ref().unwrap().status, SymbolStatus::Found);
}

#[test]
fn code_that_was_shared_leaves_the_stack_and_says_where_it_was_called() {
    let mut event = event(
        "c",
        "m",
        &json!([
            { "module": "b.b", "function": "s", "lineno": 27 },
            { "module": "b.a", "function": "a", "lineno": 1 },
        ]),
    );
    symbolicate_jvm(&mut event, &mapping());
    assert_eq!(shown(&event), ["com.shop.Caller.body(Caller.java:98)"]);
}

#[test]
fn frames_that_are_kept_are_as_they_were_looked_up_and_each_mapping_has_its_own() {
    let kept = KeptFrames::new(1 << 20);
    let frame = |(module, function, line): (&str, &str, u32)| json!({ "module": module, "function": function, "lineno": line });
    let event = event(
        "c",
        "m",
        &json!([
            frame(("android.os.Looper", "loop", 7)),
            frame(("a.a", "b", 3)),
            frame(("a.a", "unknown", 3)),
            frame(("b.b", "s", 27)),
            frame(("b.b", "s", 27)),
            frame(("b.a", "a", 1)),
            frame(("a.a", "a", 1)),
            frame(("a.a", "a", 1)),
        ]),
    );
    let symbolicated = |artifacts: &dyn Artifacts| {
        let mut event = event.clone();
        symbolicate_jvm(&mut event, artifacts);
        event
    };
    let other = MAPPING.replace("com.shop", "com.bank");
    let (shop, bank) = (symbolicated(&mapping()), symbolicated(&mapping_of(&other)));
    assert_ne!(shop, bank);
    let (keeping_shop, keeping_bank) = (Keeping(mapping(), &kept), Keeping(mapping_of(&other), &kept));
    for round in 0..3 {
        assert_eq!(symbolicated(&keeping_shop), shop, "round {round}");
        assert_eq!(symbolicated(&keeping_bank), bank, "round {round}");
    }
}

#[test]
fn exceptions_and_what_they_say_of_classes_get_their_names_and_give_them_back() {
    let said = "a.a cannot be cast to a.b. See e.g. a.x or a";
    let mut event = event("c", said, &json!([{ "module": "a.a", "function": "a", "lineno": 2 }]));
    let before = event.clone();
    symbolicate_jvm(&mut event, &mapping());
    let exception = &event.exception[0];
    assert_eq!(
        (exception.ty.as_deref(), exception.module.as_deref()),
        (Some("EmptyCartException"), Some("com.shop"))
    );
    assert_eq!(
        exception.value.as_deref(),
        Some("com.shop.Cart cannot be cast to com.shop.Price. See e.g. a.x or a")
    );
    restore(&mut event);
    assert_eq!(event, before);
}

#[test]
fn what_nobody_wrote_is_not_the_apps() {
    let mut event =
        event("c", "m", &json!([{ "module": "a.d", "function": "a", "lineno": 1, "in_app": true }]));
    symbolicate_jvm(&mut event, &mapping());
    assert_eq!(event.exception[0].stacktrace.as_ref().unwrap().frames[0].in_app, Some(false));
}

#[test]
fn without_the_mapping_frames_say_so_but_those_of_the_system() {
    let mut event = event(
        "c",
        "m",
        &json!([
            { "module": "java.lang.Thread", "function": "run" },
            { "module": "a.a", "function": "a", "lineno": 2 },
        ]),
    );
    let before = shown(&event);
    symbolicate_jvm(&mut event, &no_mapping());
    assert_eq!(shown(&event), before);
    let frames = &event.exception[0].stacktrace.as_ref().unwrap().frames;
    assert_eq!(frames[0].symbolication, None);
    let said = frames[1].symbolication.as_ref().unwrap();
    assert_eq!((said.status, said.reason.as_deref()), (SymbolStatus::Missing, Some("not uploaded")));
    assert_eq!(event.debug_images[0].symbolication.as_ref(), Some(said));
    restore(&mut event);
    symbolicate_jvm(&mut event, &mapping());
    assert_eq!(shown(&event)[1], "com.shop.Cart.add(Cart.kt:41)");
}

#[test]
fn a_damaged_cache_is_malformed_and_other_files_are_no_mappings() {
    let bytes = symbolic::common::ByteView::from_slice(b"PRGC");
    let mut event = event("c", "m", &json!([{ "module": "a.a", "function": "a" }]));
    symbolicate_jvm(&mut event, &OneMapping(Ok(CacheFile::new(bytes, "uploads"))));
    assert_eq!(event.debug_images[0].symbolication.as_ref().unwrap().status, SymbolStatus::Malformed);
    assert_eq!(proguard_cache(b"hello"), Err(MappingError::NotAMapping));
}

proptest! {
    #[test]
    fn no_mapping_and_no_stack_breaks_it(
        lines in proptest::collection::vec("( {0,4}[a-z0-9:.()# {}\"\\->]{0,40}|com.S -> a:|    1:2:void f\\(\\):[0-9]{1,10}:[0-9]{1,10} -> a)", 0..20),
        line in any::<u32>(),
    ) {
        let text = format!("com.S -> a:\n{}", lines.join("\n"));
        if let Ok(cache) = proguard_cache(text.as_bytes()) {
            let bytes = symbolic::common::ByteView::from_vec(cache);
            let artifacts = OneMapping(Ok(CacheFile::new(bytes, "uploads")));
            let mut event = event("a", "a.b c", &json!([{ "module": "a", "function": "a", "lineno": line }]));
            let before = event.clone();
            symbolicate_jvm(&mut event, &artifacts);
            restore(&mut event);
            prop_assert_eq!(event, before);
        }
    }
}
