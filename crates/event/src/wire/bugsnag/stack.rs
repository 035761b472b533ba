//! Exceptions, threads, frames, and the binaries that frames name.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::translate::{Members, platform, text_of};

/// Reads all stacks of a report; gathers the binaries that their frames say they are in.
pub(super) struct Stacks {
    platform: &'static str,
    /// By load address.
    images: BTreeMap<String, Value>,
}

/// The threads of a report.
pub(super) struct Threads {
    pub(super) threads: Vec<Value>,
    /// The id of the one that reports.
    pub(super) reporting: Option<Value>,
}

impl Stacks {
    pub(super) fn new(platform: &'static str) -> Self {
        Self { platform, images: BTreeMap::new() }
    }

    /// Bugsnag lists the exception that was raised first and its causes after it; events have it last.
    pub(super) fn exceptions(
        &mut self,
        list: Vec<Value>,
        mechanism: Value,
        thread: Option<Value>,
    ) -> Vec<Value> {
        let mut exceptions: Vec<Value> =
            list.into_iter().rev().filter_map(|exception| self.exception(exception)).collect();
        if let Some(Value::Object(raised)) = exceptions.last_mut() {
            raised.insert("mechanism".to_owned(), mechanism);
            raised.put("thread_id", thread);
        }
        exceptions
    }

    fn exception(&mut self, exception: Value) -> Option<Value> {
        let Value::Object(mut found) = exception else { return None };
        let mut exception = Map::new();
        let (class, message) = (found.take_text("errorClass"), found.take_text("message"));
        let (module, ty) = match class {
            Some(class) if self.platform == "java" => split_last(&class),
            class => (None, class),
        };
        exception.put("type", ty);
        exception.put("module", module);
        exception.put("value", message.or_else(|| found.take_text("errorMessage")));
        exception.put("stacktrace", self.stacktrace(&mut found));
        Some(exception.into())
    }

    pub(super) fn threads(&mut self, list: Vec<Value>, is_crash: bool) -> Threads {
        let mut reporting = None;
        let thread = |thread| {
            let Value::Object(mut found) = thread else { return None };
            let mut thread = Map::new();
            let id = found.take("id");
            if found.take("errorReportingThread") == Some(Value::Bool(true)) {
                thread.insert("current".to_owned(), true.into());
                thread.insert("crashed".to_owned(), is_crash.into());
                reporting = reporting.take().or(id.clone());
            }
            thread.put("id", id);
            thread.put("name", found.take_text("name"));
            thread.put("state", found.take_text("state"));
            thread.put("stacktrace", self.stacktrace(&mut found));
            Some(thread.into())
        };
        Threads { threads: list.into_iter().filter_map(thread).collect(), reporting }
    }

    /// Bugsnag lists the innermost call first; events have it last.
    fn stacktrace(&mut self, found: &mut Map<String, Value>) -> Option<Value> {
        let list = found.take_list("stacktrace");
        let frames: Vec<Value> = list.into_iter().rev().filter_map(|frame| self.frame(frame)).collect();
        (!frames.is_empty()).then(|| json!({ "frames": frames }))
    }

    fn frame(&mut self, frame: Value) -> Option<Value> {
        let Value::Object(mut found) = frame else { return None };
        let mut frame = Map::new();
        let platform = found.take_text("type").and_then(|ty| platform(&ty)).unwrap_or(self.platform);
        if platform != self.platform {
            frame.insert("platform".to_owned(), platform.into());
        }
        let (module, function) = match found.take_text("method") {
            Some(method) if platform == "java" => split_last(&method),
            method => (None, method),
        };
        frame.put("module", module);
        frame.put("function", function);
        frame.put("in_app", found.take("inProject"));
        let file = found.take_text("file");
        match found.take("frameAddress") {
            Some(address) => {
                frame.insert("instruction_addr".to_owned(), address);
                self.place_in_binary(&mut frame, found, file);
            }
            None => {
                frame.put("filename", file);
                let line = found.take("lineNumber");
                put_source(&mut frame, found.take("code"), line.as_ref().and_then(Value::as_u64));
                frame.put("lineno", line);
                frame.put("colno", found.take("columnNumber"));
            }
        }
        Some(frame.into())
    }

    /// An address in a binary. Android's SDK puts the offset in the binary into `lineNumber`: no line.
    fn place_in_binary(
        &mut self,
        frame: &mut Map<String, Value>,
        mut found: Map<String, Value>,
        file: Option<String>,
    ) {
        let is_apple = found.contains_key("machoUUID") || found.contains_key("machoLoadAddress");
        let binary = found.take_text("machoFile").or(file);
        let base = found.take("machoLoadAddress").or_else(|| found.take("loadAddress"));
        let id = found.take("machoUUID").or_else(|| found.take("codeIdentifier"));
        frame.put("package", binary.clone());
        frame.put("symbol_addr", found.take("symbolAddress"));
        frame.put("image_addr", base.clone());
        let (Some(base), Some(id)) = (base, id) else { return };
        let (ty, id_name) = if is_apple { ("macho", "debug_id") } else { ("elf", "code_id") };
        let Some(key) = text_of(&base) else { return };
        self.images.entry(key).or_insert_with(|| {
            let mut image = Map::new();
            image.insert("type".to_owned(), ty.into());
            image.insert(id_name.to_owned(), id);
            image.insert("image_addr".to_owned(), base);
            image.put("code_file", binary);
            image.into()
        });
    }

    /// Android's build id names the mapping file of the release.
    pub(super) fn add_mapping(&mut self, app: &Map<String, Value>) {
        if let Some(build) = app.get("buildUUID").and_then(Value::as_str).filter(|_| self.platform == "java")
        {
            let image = json!({ "type": "proguard", "debug_id": build });
            self.images.insert(String::new(), image);
        }
    }

    pub(super) fn into_images(self) -> Vec<Value> {
        self.images.into_values().collect()
    }
}

/// `com.shop.Cart.add` is `add` of `com.shop.Cart`.
fn split_last(name: &str) -> (Option<String>, Option<String>) {
    match name.rsplit_once('.') {
        Some((module, name)) if !module.is_empty() && !name.is_empty() => {
            (Some(module.to_owned()), Some(name.to_owned()))
        }
        _ => (None, Some(name.to_owned())),
    }
}

/// Source lines come by their number.
fn put_source(frame: &mut Map<String, Value>, code: Option<Value>, line: Option<u64>) {
    let (Some(Value::Object(code)), Some(at)) = (code, line) else { return };
    let lines: BTreeMap<u64, Value> =
        code.into_iter().filter_map(|(number, line)| Some((number.parse().ok()?, line))).collect();
    let (before, from) = lines.into_iter().partition::<BTreeMap<_, _>, _>(|(number, _)| *number < at);
    let (mut here, after) = from.into_iter().partition::<BTreeMap<_, _>, _>(|(number, _)| *number == at);
    frame.put("context_line", here.remove(&at));
    for (key, lines) in [("pre_context", before), ("post_context", after)] {
        let lines: Vec<Value> = lines.into_values().collect();
        frame.put(key, (!lines.is_empty()).then_some(lines));
    }
}
