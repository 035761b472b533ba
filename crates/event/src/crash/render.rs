//! From what was found to an event: never larger than an event may be, whatever the report holds.

use serde_json::{Map, Value, json};

use super::found::{App, Found, Frame, Image, Lock, Thread, hex};
use crate::limits;

/// Bytes of JSON that an event's parts may take: first the stack that tells most, then binaries, then other threads. What
/// has no more room is left out; the report itself is kept whole as a file. The rest of [`limits::EVENT_BYTES`] is for
/// all else.
const STACK_BYTES: usize = 300 << 10;
const IMAGES_BYTES: usize = 300 << 10;
const THREADS_BYTES: usize = 300 << 10;

/// Room that is left.
struct Room(usize);

impl Room {
    /// Takes what this needs, if there is so much.
    fn take(&mut self, json: &Value) -> bool {
        // A comma and what holds it.
        const AROUND: usize = 16;
        match self.0.checked_sub(json.to_string().len() + AROUND) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }
}

impl Found {
    /// Fields of a Sentry event.
    pub(super) fn into_event(mut self) -> Map<String, Value> {
        let mut event = Map::new();
        event.insert("platform".to_owned(), self.platform.into());
        event.insert("level".to_owned(), if self.went_on { "error" } else { "fatal" }.into());
        if let Some(id) = self.event_id {
            event.insert("event_id".to_owned(), id.to_string().into());
        }
        if let Some(time) = self.timestamp {
            event.insert("timestamp".to_owned(), time.to_string().into());
        }
        put(&mut event, "release", &self.app.release(), limits::RELEASE_BYTES);
        put(&mut event, "dist", &self.app.build, limits::ENVIRONMENT_BYTES);
        event.insert("exception".to_owned(), json!({ "values": [self.exception()] }));
        put_object(&mut event, "contexts", self.contexts());
        let images = self.image_list();
        if !images.is_empty() {
            event.insert("debug_meta".to_owned(), json!({ "images": images }));
        }
        let threads = self.thread_list();
        if !threads.is_empty() {
            event.insert("threads".to_owned(), json!({ "values": threads }));
        }
        event
    }

    /// With the stack that tells most, which its thread then lacks.
    fn exception(&mut self) -> Value {
        let mut room = Room(STACK_BYTES);
        let raised = std::mem::take(&mut self.raised);
        let crashed = self.threads.iter_mut().find(|thread| thread.is_crashed);
        let mut exception = Map::new();
        // Whatever else it is.
        exception.insert("type".to_owned(), "Crash".into());
        put(&mut exception, "type", &self.ty, limits::NAME_BYTES);
        put(&mut exception, "value", &self.value, limits::MESSAGE_BYTES);
        if let Some(id) = crashed.as_ref().and_then(|thread| thread.id) {
            exception.insert("thread_id".to_owned(), id.into());
        }
        let stack = match (raised.is_empty(), crashed) {
            (false, _) => stacktrace(&raised, &[], &mut room),
            (true, Some(crashed)) => {
                let frames = std::mem::take(&mut crashed.frames);
                stacktrace(&frames, &std::mem::take(&mut crashed.registers), &mut room)
            }
            (true, None) => Map::new(),
        };
        put_object(&mut exception, "stacktrace", stack);
        exception.insert("mechanism".to_owned(), self.mechanism().into());
        exception.into()
    }

    fn mechanism(&mut self) -> Map<String, Value> {
        let mut mechanism = Map::new();
        mechanism.insert("type".to_owned(), self.mechanism.into());
        mechanism.insert("handled".to_owned(), self.went_on.into());
        mechanism.insert("synthetic".to_owned(), true.into());
        put(&mut mechanism, "description", &self.description, limits::NAME_BYTES);
        put_object(&mut mechanism, "meta", std::mem::take(&mut self.meta));
        mechanism
    }

    fn contexts(&self) -> Map<String, Value> {
        let App { id, name, version, build } = &self.app;
        let context = |fields: &[(&str, &String)]| {
            let mut context = Map::new();
            for (name, text) in fields {
                put(&mut context, name, text, limits::NAME_BYTES);
            }
            context
        };
        let mut contexts = Map::new();
        let os = [("name", &self.os.name), ("version", &self.os.version), ("build", &self.os.build)];
        put_object(&mut contexts, "os", context(&os));
        let device = [("model", &self.device_model), ("arch", &self.device_arch)];
        put_object(&mut contexts, "device", context(&device));
        let app =
            [("app_identifier", id), ("app_name", name), ("app_version", version), ("app_build", build)];
        put_object(&mut contexts, "app", context(&app));
        contexts
    }

    /// Frames may count from an image by its place: none is left out between others.
    fn image_list(&self) -> Vec<Value> {
        let mut room = Room(IMAGES_BYTES);
        let images = self.images.iter().take(limits::DEBUG_IMAGES).map(Image::json);
        images.take_while(|image| room.take(image)).collect()
    }

    fn thread_list(&self) -> Vec<Value> {
        let mut room = Room(THREADS_BYTES);
        let flag = if self.platform == "java" || self.went_on { "current" } else { "crashed" };
        let threads = self.threads.iter().map(|thread| thread.json(flag, &mut room));
        threads.collect::<Vec<_>>().into_iter().flatten().collect()
    }
}

impl App {
    /// `bundle@version+build`, as SDKs name releases.
    fn release(&self) -> String {
        match (self.id.as_str(), self.version.as_str(), self.build.as_str()) {
            ("", ..) | (_, "", "") => String::new(),
            (id, version, "") => format!("{id}@{version}"),
            (id, "", build) => format!("{id}@{build}"),
            (id, version, build) => format!("{id}@{version}+{build}"),
        }
    }
}

impl Thread {
    /// `None` where there is no room even for its name.
    fn json(&self, flag: &str, room: &mut Room) -> Option<Value> {
        let mut thread = Map::new();
        if let Some(id) = self.id {
            thread.insert("id".to_owned(), id.into());
        }
        put(&mut thread, "name", &self.name, limits::NAME_BYTES);
        put(&mut thread, "state", &self.state, limits::NAME_BYTES);
        for (name, is_it) in [(flag, self.is_crashed), ("main", self.is_main)] {
            if is_it {
                thread.insert(name.to_owned(), true.into());
            }
        }
        let mut thread = Value::from(thread);
        if !room.take(&thread) {
            return None;
        }
        let stack = stacktrace(&self.frames, &self.registers, room);
        if !stack.is_empty() {
            thread["stacktrace"] = stack.into();
        }
        Some(thread)
    }
}

/// The outermost call first. What has no room is furthest from the crash.
fn stacktrace(frames: &[Frame], registers: &[(String, u64)], room: &mut Room) -> Map<String, Value> {
    let frames = frames.iter().map(Frame::json).take_while(|frame| room.take(frame));
    let mut frames: Vec<Value> = frames.collect();
    frames.reverse();
    let registers = registers.iter().take(limits::REGISTERS);
    let registers = registers.map(|(name, value)| (shortened(name, 16), Value::from(hex(*value))));
    let registers = registers.filter(|(name, value)| room.take(&json!([name, value]))).collect();
    let mut stack = Map::new();
    if !frames.is_empty() {
        stack.insert("frames".to_owned(), frames.into());
    }
    put_object(&mut stack, "registers", registers);
    stack
}

impl Frame {
    fn json(&self) -> Value {
        let mut frame = Map::new();
        put(&mut frame, "function", &self.function, limits::FUNCTION_BYTES);
        put(&mut frame, "module", &self.module, limits::PATH_BYTES);
        put(&mut frame, "package", &self.package, limits::PATH_BYTES);
        put(&mut frame, "filename", &self.filename, limits::PATH_BYTES);
        put(&mut frame, "trust", self.trust, limits::NAME_BYTES);
        if let Some(address) = self.address {
            frame.insert("instruction_addr".to_owned(), hex(address).into());
        }
        if let Some(image) = self.relative_to {
            frame.insert("addr_mode".to_owned(), format!("rel:{image}").into());
        }
        if let Some(line) = self.lineno.filter(|line| *line > 0) {
            frame.insert("lineno".to_owned(), line.into());
        }
        if let Some(in_app) = self.in_app {
            frame.insert("in_app".to_owned(), in_app.into());
        }
        if self.is_native {
            frame.insert("platform".to_owned(), "native".into());
        }
        if let Some(lock) = &self.lock {
            frame.insert("lock".to_owned(), lock.json());
        }
        frame.into()
    }
}

impl Lock {
    fn json(&self) -> Value {
        let mut lock = Map::new();
        lock.insert("type".to_owned(), self.ty.into());
        put(&mut lock, "address", &self.address, limits::ADDRESS_BYTES);
        let (package, class) = self.class.rsplit_once('.').unwrap_or(("", &self.class));
        put(&mut lock, "package_name", package, limits::PATH_BYTES);
        put(&mut lock, "class_name", class, limits::PATH_BYTES);
        if let Some(id) = self.thread_id {
            lock.insert("thread_id".to_owned(), id.into());
        }
        lock.into()
    }
}

impl Image {
    fn json(&self) -> Value {
        let mut image = Map::new();
        image.insert("type".to_owned(), self.ty.into());
        put(&mut image, "debug_id", &self.debug_id, limits::NAME_BYTES);
        put(&mut image, "code_id", &self.code_id, limits::NAME_BYTES);
        put(&mut image, "code_file", &self.code_file, limits::PATH_BYTES);
        put(&mut image, "debug_file", &self.debug_file, limits::PATH_BYTES);
        put(&mut image, "arch", &self.arch, limits::NAME_BYTES);
        if let Some(address) = self.address {
            image.insert("image_addr".to_owned(), hex(address).into());
            image.insert("image_size".to_owned(), self.size.into());
        }
        image.into()
    }
}

/// Adds text that is not empty.
fn put(object: &mut Map<String, Value>, name: &str, text: &str, most: usize) {
    let text = shortened(text, most);
    if !text.is_empty() {
        object.insert(name.to_owned(), text.into());
    }
}

/// Adds an object that is not empty.
fn put_object(object: &mut Map<String, Value>, name: &str, value: Map<String, Value>) {
    if !value.is_empty() {
        object.insert(name.to_owned(), value.into());
    }
}

/// A little more than is kept, so that normalisation says that it was longer. NUL is never text.
fn shortened(text: &str, most: usize) -> String {
    let (kept, _) = text.split_at(text.floor_char_boundary(most + 4));
    kept.replace('\0', "")
}
