//! What an event is searched by that is no field of it and no tag: the names in its stacks, and its feature flags.

use std::collections::{BTreeMap, BTreeSet};

use mayday_event::{
    Event,
    model::{Frame, Stacktrace},
};
use mayday_store::rows::StackNames;
use serde_json::Value;

/// Names of one kind that are kept of an event, those nearest to the crash first.
const MAX_NAMES: usize = 100;
/// Feature flags that are kept of an event, those asked for last.
const MAX_FLAGS: usize = 100;
/// Characters of a name, a flag or its value.
const MAX_CHARS: usize = 200;

/// Of the frames of all exceptions and of the thread that crashed.
pub(super) fn stack_names(event: &Event) -> StackNames {
    let of_exceptions = event.exception.iter().rev().filter_map(|exception| exception.stacktrace.as_ref());
    let stacks: Vec<&Stacktrace> = event.main_stacktrace().into_iter().chain(of_exceptions).collect();
    let names = |name: fn(&Frame) -> Option<&str>| {
        let frames = stacks.iter().flat_map(|stack| stack.frames.iter().rev());
        let mut seen = BTreeSet::new();
        let new = frames.filter_map(name).map(short).filter(|name| !name.is_empty() && seen.insert(*name));
        new.take(MAX_NAMES).map(str::to_owned).collect()
    };
    StackNames {
        functions: names(|frame| frame.function.as_deref()),
        filenames: names(|frame| frame.filename.as_deref()),
        modules: names(|frame| frame.module.as_deref()),
        packages: names(|frame| frame.package.as_deref().map(binary)),
    }
}

/// Where an app is installed differs from one device to the next; the file's name does not.
fn binary(package: &str) -> &str {
    let name = mayday_event::file_name(package);
    // A library within an archive.
    name.rsplit_once('!').map_or(name, |(_, name)| name)
}

/// `contexts.flags.values`, as SDKs write it: `[{"flag", "result"}]`.
pub(super) fn flags(event: &Event) -> BTreeMap<String, String> {
    let values = event.contexts.get("flags").and_then(|flags| flags.get("values")).and_then(Value::as_array);
    let evaluation = |value: &Value| {
        let flag = value.get("flag")?.as_str().filter(|flag| !flag.is_empty())?;
        let result = match value.get("result")? {
            Value::String(text) => short(text).to_owned(),
            Value::Bool(on) => on.to_string(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some((short(flag).to_owned(), result))
    };
    let values = values.map(Vec::as_slice).unwrap_or_default();
    let newest = values.get(values.len().saturating_sub(MAX_FLAGS)..).unwrap_or_default();
    newest.iter().filter_map(evaluation).collect()
}

fn short(text: &str) -> &str {
    text.char_indices().nth(MAX_CHARS).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(members: Value) -> Event {
        let mut event = json!({
            "event_id": "9ec79c33ec9942ab8353589fcb2e04dc", "timestamp": 0, "received": 0, "level": "error",
            "platform": "java",
        });
        event.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn each_name_of_a_stack_is_kept_once_the_nearest_to_the_crash_first() {
        let frame = |function: &str| json!({ "function": function, "module": "com.example.Cart" });
        let native =
            json!({ "package": "/data/app/~~x9==/base.apk!/lib/arm64/libcart.so", "filename": "cart.cpp" });
        let names = stack_names(&event(json!({ "exception": [
            { "stacktrace": { "frames": [native, frame("cause")] } },
            { "stacktrace": { "frames": [frame("main"), frame("pay"), frame("main"), frame("total")] } },
        ] })));
        assert_eq!(names.functions, ["total", "main", "pay", "cause"]);
        assert_eq!(names.modules, ["com.example.Cart"]);
        assert_eq!((names.packages, names.filenames), (vec!["libcart.so".into()], vec!["cart.cpp".into()]));
    }

    #[test]
    fn a_flag_is_what_it_was_last_and_strange_ones_are_left_out() {
        let flag = |flag: &str, result: Value| json!({ "flag": flag, "result": result });
        let values = json!([
            flag("new_checkout", json!(false)),
            flag("color", json!("blue")),
            flag("new_checkout", json!(true)),
            flag("limit", json!(3)),
            flag("odd", json!({})),
            flag("", json!(true)),
            7,
        ]);
        let flags = flags(&event(json!({ "contexts": { "flags": { "values": values } } })));
        let expected = [("color", "blue"), ("limit", "3"), ("new_checkout", "true")];
        assert_eq!(flags, expected.map(|(flag, result)| (flag.to_owned(), result.to_owned())).into());
        assert!(super::flags(&event(json!({ "contexts": { "flags": { "values": "none" } } }))).is_empty());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let frames: Vec<_> =
            (0..300).map(|n| json!({ "function": format!("{n}{}", "ä".repeat(400)) })).collect();
        let names = stack_names(&event(json!({ "exception": [{ "stacktrace": { "frames": frames } }] })));
        assert_eq!((names.functions.len(), names.functions[0].chars().count()), (MAX_NAMES, MAX_CHARS));
    }
}
