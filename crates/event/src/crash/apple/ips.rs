//! `.ips`: a line of JSON that says what follows, then the report as JSON.
//!
//! <https://developer.apple.com/documentation/xcode/interpreting-the-json-format-of-a-crash-report>

use serde_json::{Map, Value, json};

use super::{is_in_app, os_of};
use crate::{
    crash::{
        CrashError,
        found::{Found, Frame, hex},
    },
    limits,
    time::Timestamp,
};

/// Frames of one thread that are read.
const FRAMES: usize = 2000;

pub(in crate::crash) fn read(report: &[u8]) -> Result<Found, CrashError> {
    let error = |problem: String| CrashError { expected: "an Apple .ips report", problem };
    let mut documents = serde_json::Deserializer::from_slice(report).into_iter::<Map<String, Value>>();
    let first = match documents.next() {
        Some(Ok(first)) => first,
        Some(Err(problem)) => return Err(error(format!("it does not begin with a JSON object: {problem}"))),
        None => return Err(error("it is empty".to_owned())),
    };
    // Some tools strip the first line.
    let (header, body) = match documents.next() {
        Some(Ok(body)) => (first, body),
        Some(Err(problem)) => return Err(error(format!("its second JSON object cannot be read: {problem}"))),
        None => (Map::new(), first),
    };
    if !body.contains_key("threads") && !body.contains_key("exception") && !header.contains_key("bug_type") {
        return Err(error("it has neither threads nor an exception nor a bug_type".to_owned()));
    }
    Ok(Ips { header, body: body.into() }.found())
}

struct Ips {
    header: Map<String, Value>,
    body: Value,
}

impl Ips {
    fn text(&self, pointer: &str) -> String {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
    }

    fn header(&self, name: &str) -> String {
        self.header.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
    }

    fn either(&self, pointer: &str, header: &str) -> String {
        Some(self.text(pointer)).filter(|text| !text.is_empty()).unwrap_or_else(|| self.header(header))
    }

    fn found(&self) -> Found {
        let (os_name, os_version, os_build) = os_of(&self.either("/os_version", "os_version"));
        let (os_name, os_version, os_build) = match self.text("/osVersion/train") {
            train if train.is_empty() => (os_name, os_version, os_build),
            train => {
                let (name, version, _) = os_of(&train);
                (name, version, self.text("/osVersion/build"))
            }
        };
        let incident = self.either("/incident", "incident_id");
        let mut found = Found {
            platform: "cocoa",
            mechanism: "applecrashreport",
            event_id: incident.parse().ok(),
            timestamp: time(&self.either("/captureTime", "timestamp")),
            app_id: self.either("/bundleInfo/CFBundleIdentifier", "bundleID"),
            app_name: self.either("/procName", "app_name"),
            app_version: self.either("/bundleInfo/CFBundleShortVersionString", "app_version"),
            app_build: self.either("/bundleInfo/CFBundleVersion", "build_version"),
            os_name,
            os_version,
            os_build,
            device_model: self.text("/modelCode"),
            device_arch: self.text("/cpuType").to_lowercase(),
            images: self.images(),
            ..Found::default()
        };
        self.reason(&mut found);
        self.crashed_thread(&mut found);
        found
    }

    fn reason(&self, found: &mut Found) {
        let (ty, signal) = (self.text("/exception/type"), self.text("/exception/signal"));
        let details = [
            self.text("/exceptionReason/composed_message"),
            self.text("/exception/subtype"),
            self.text("/termination/indicator"),
            self.text("/exception/message"),
            self.application_information(),
        ];
        let detail = details.into_iter().find(|detail| !detail.is_empty());
        let name = Some(self.text("/exceptionReason/name")).filter(|name| !name.is_empty());
        found.ty = match name {
            Some(name) => name,
            None if ty.is_empty() => Some(self.text("/termination/namespace"))
                .filter(|namespace| !namespace.is_empty())
                .unwrap_or_else(|| "Crash".to_owned()),
            None => ty.clone(),
        };
        let both = if signal.is_empty() { ty.clone() } else { format!("{ty} ({signal})") };
        found.value = detail.unwrap_or(both);
        let signal = json!({ "signal": { "name": signal }, "mach_exception": { "name": ty } });
        found.signal = (!ty.is_empty()).then_some(signal);
    }

    /// Messages that the app or a library left for the report: `Fatal error: …`.
    fn application_information(&self) -> String {
        let by_library = self.body.get("asi").and_then(Value::as_object);
        let mut texts = by_library.into_iter().flat_map(Map::values).filter_map(Value::as_array).flatten();
        texts.find_map(Value::as_str).unwrap_or_default().trim().to_owned()
    }

    fn crashed_thread(&self, found: &mut Found) {
        let threads = self.body.get("threads").and_then(Value::as_array);
        let number = self.body.get("faultingThread").and_then(Value::as_u64);
        let is_crashed = |(index, thread): &(usize, &Value)| {
            thread["triggered"].as_bool() == Some(true) || number == Some(*index as u64)
        };
        let crashed = threads.into_iter().flatten().enumerate().find(is_crashed);
        found.thread_id = crashed.map(|(index, _)| index as u64);
        found.thread_name = crashed
            .and_then(|(_, thread)| thread["name"].as_str().or(thread["queue"].as_str()))
            .unwrap_or_default()
            .to_owned();
        // Where an exception was raised says more than where it was given up on.
        let raised = self.body.get("lastExceptionBacktrace").and_then(Value::as_array);
        let frames = raised.or_else(|| crashed?.1["frames"].as_array());
        found.frames = frames.into_iter().flatten().take(FRAMES).map(|frame| self.frame(frame)).collect();
    }

    fn frame(&self, frame: &Value) -> Frame {
        let image = frame["imageIndex"]
            .as_u64()
            .and_then(|index| self.body.get("usedImages")?.get(usize::try_from(index).ok()?));
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let path = text(image.and_then(|image| image.get("path")));
        let base = image.and_then(|image| image["base"].as_u64());
        let offset = frame["imageOffset"].as_u64();
        Frame {
            function: text(frame.get("symbol")),
            filename: text(frame.get("sourceFile")),
            lineno: frame["sourceLine"].as_u64(),
            instruction_addr: base.unwrap_or(0).checked_add(offset.unwrap_or(0)).filter(|_| offset.is_some()),
            in_app: is_in_app(&path),
            package: if path.is_empty() { text(image.and_then(|image| image.get("name"))) } else { path },
            module: String::new(),
        }
    }

    fn images(&self) -> Vec<Value> {
        let images = self.body.get("usedImages").and_then(Value::as_array);
        let image = |image: &Value| {
            let uuid = image["uuid"].as_str()?;
            Some(json!({
                "type": "macho",
                "debug_id": uuid,
                "code_file": image["path"].as_str().or(image["name"].as_str()).unwrap_or_default(),
                "image_addr": hex(image["base"].as_u64().unwrap_or(0)),
                "image_size": image["size"].as_u64().unwrap_or(0),
                "arch": image["arch"].as_str().unwrap_or_default(),
            }))
        };
        images.into_iter().flatten().take(limits::DEBUG_IMAGES).filter_map(image).collect()
    }
}

/// `2022-01-19 05:10:14.7211 +0100`: RFC 3339 but for the space before the offset, which has no colon.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let (date_time, offset) = text.trim().rsplit_once(' ')?;
    Timestamp::parse(&format!("{date_time}{offset}")).or_else(|| Timestamp::parse(text))
}
