//! Exceptions, threads and frames.

use serde_json::{Map, Value, json};

use super::super::translate::Members;

/// Names that SDKs give to functions that have none.
const UNNAMED: [&str; 4] = ["<unknown>", "[anonymous]", "(unknown)", "?"];

/// Reads the stacks of an item. As in events, the innermost call comes last.
pub(super) struct Stacks {
    pub(super) platform: &'static str,
    /// Whether the first column of a line is 0; it is 1 in events.
    pub(super) columns_from_0: bool,
}

impl Stacks {
    /// Rollbar lists the exception that was raised first and its causes after it; events have it last.
    pub(super) fn exceptions(&self, chain: Vec<Value>) -> Vec<Value> {
        chain.into_iter().rev().filter_map(|trace| self.exception(trace)).collect()
    }

    fn exception(&self, trace: Value) -> Option<Value> {
        let Value::Object(mut trace) = trace else { return None };
        let mut found = trace.take_object("exception");
        let mut exception = Map::new();
        let (module, ty) = match found.take_text("class") {
            Some(class) if self.platform == "java" => match class.rsplit_once('.') {
                Some((module, ty)) if !ty.is_empty() => (Some(module.to_owned()), Some(ty.to_owned())),
                _ => (None, Some(class)),
            },
            class => (None, class),
        };
        exception.put("type", ty);
        exception.put("module", module);
        exception.put("value", found.take_text("message").or_else(|| found.take_text("description")));
        exception.put("stacktrace", self.stacktrace(&mut trace));
        Some(exception.into())
    }

    /// Android's SDK lists the other threads, each with its stack as a chain of one.
    pub(super) fn threads(&self, list: Vec<Value>) -> Vec<Value> {
        let thread = |thread| {
            let Value::Object(mut found) = thread else { return None };
            let mut thread = Map::new();
            for key in ["id", "name", "state"] {
                thread.put(key, found.take_text(key));
            }
            let mut group = found.take_object("group");
            let first = group.take_list("trace_chain").into_iter().next().or_else(|| group.take("trace"));
            if let Some(Value::Object(mut trace)) = first {
                thread.put("stacktrace", self.stacktrace(&mut trace));
            }
            Some(thread.into())
        };
        list.into_iter().filter_map(thread).collect()
    }

    fn stacktrace(&self, trace: &mut Map<String, Value>) -> Option<Value> {
        let frames: Vec<Value> =
            trace.take_list("frames").into_iter().filter_map(|frame| self.frame(frame)).collect();
        (!frames.is_empty()).then(|| json!({ "frames": frames }))
    }

    fn frame(&self, frame: Value) -> Option<Value> {
        let Value::Object(mut found) = frame else { return None };
        let mut frame = Map::new();
        let function = found.take_text("method").filter(|name| !UNNAMED.contains(&name.as_str()));
        frame.put("function", function);
        frame.put("module", found.take_text("class_name").or_else(|| found.take_text("class")));
        frame.put("filename", found.take_text("filename"));
        frame.put("lineno", found.take("lineno"));
        let column = found.take("colno").and_then(|column| column.as_u64());
        frame.put("colno", column.map(|column| column.saturating_add(u64::from(self.columns_from_0))));
        frame.put("context_line", found.take_text("code"));
        let mut source = found.take_object("context");
        for (theirs, ours) in [("pre", "pre_context"), ("post", "post_context")] {
            frame.put(ours, source.take(theirs).filter(Value::is_array));
        }
        frame.put_object("vars", found.take_object("locals"));
        Some(frame.into())
    }
}
