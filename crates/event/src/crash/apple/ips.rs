//! `.ips`: a line of JSON that says what follows, then the report as JSON, or as text on systems before iOS 15.
//!
//! <https://developer.apple.com/documentation/xcode/interpreting-the-json-format-of-a-crash-report>

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    arch_of, os_of,
    reason::{Reason, uncaught},
    text, time,
};
use crate::{
    crash::found::{App, Found, Frame, Image, Os, Thread, both_ends},
    limits,
};

pub(super) fn read(report: &[u8]) -> Result<Found, String> {
    let mut documents = serde_json::Deserializer::from_slice(report).into_iter::<Map<String, Value>>();
    let first = match documents.next() {
        Some(Ok(first)) => first,
        Some(Err(problem)) => return Err(format!("it does not begin with a JSON object: {problem}")),
        None => return Err("it is empty".to_owned()),
    };
    let rest = report.get(documents.byte_offset()..).unwrap_or_default().trim_ascii_start();
    if !rest.is_empty() && !rest.starts_with(b"{") {
        return Ok(older(first, text::read(&String::from_utf8_lossy(rest))?));
    }
    // Some tools strip the first line.
    let (header, body) = match documents.next() {
        Some(Ok(body)) => (first, body),
        Some(Err(problem)) => return Err(format!("its second JSON object cannot be read: {problem}")),
        None => (Map::new(), first),
    };
    if !body.contains_key("threads") && !body.contains_key("exception") && !header.contains_key("bug_type") {
        return Err("it has neither threads nor an exception nor a bug_type".to_owned());
    }
    Ok(Ips { header, body: body.into() }.found())
}

/// A text report behind a line of JSON, which knows the app's versions better.
fn older(header: Map<String, Value>, mut found: Found) -> Found {
    let text = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    for (known, name) in [
        (&mut found.app.id, "bundleID"),
        (&mut found.app.version, "app_version"),
        (&mut found.app.build, "build_version"),
    ] {
        if !text(name).is_empty() {
            *known = text(name);
        }
    }
    found.event_id = found.event_id.or_else(|| text("incident_id").parse().ok());
    found
}

struct Ips {
    header: Map<String, Value>,
    body: Value,
}

impl Ips {
    fn text(&self, pointer: &str) -> String {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
    }

    fn either(&self, pointer: &str, header: &str) -> String {
        match self.text(pointer) {
            text if text.is_empty() => {
                self.header.get(header).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
            }
            text => text,
        }
    }

    fn found(&self) -> Found {
        let mut found = Found {
            platform: "cocoa",
            mechanism: "applecrashreport",
            event_id: self.either("/incident", "incident_id").parse().ok(),
            timestamp: time(&self.either("/captureTime", "timestamp")),
            app: App {
                id: self.either("/bundleInfo/CFBundleIdentifier", "bundleID"),
                name: self.either("/procName", "app_name"),
                version: self.either("/bundleInfo/CFBundleShortVersionString", "app_version"),
                build: self.either("/bundleInfo/CFBundleVersion", "build_version"),
            },
            os: match self.text("/osVersion/train") {
                train if train.is_empty() => os_of(&self.either("/os_version", "os_version")),
                train => Os { build: self.text("/osVersion/build"), ..os_of(&train) },
            },
            device_model: self.text("/modelCode"),
            device_arch: arch_of(&self.text("/cpuType")),
            images: self.images(),
            ..Found::default()
        };
        self.reason(&mut found);
        self.threads(&mut found);
        let raised = self.body.get("lastExceptionBacktrace").and_then(Value::as_array);
        found.raised = raised.into_iter().flatten().map(|frame| self.frame(frame)).collect();
        both_ends(&mut found.raised);
        found
    }

    fn reason(&self, found: &mut Found) {
        let (messages, ty) = (self.messages(), self.text("/exception/type"));
        let by_name = Some(self.text("/exceptionReason/name")).filter(|name| !name.is_empty());
        let by_name = by_name.map(|name| (name, self.text("/exceptionReason/composed_message")));
        let subtype = match self.text("/exception/subtype") {
            subtype if subtype.is_empty() => self.text("/exception/message"),
            subtype => subtype,
        };
        let reason = Reason {
            ty: if ty.is_empty() { self.text("/termination/namespace") } else { ty },
            signal: self.text("/exception/signal"),
            subtype,
            raised: by_name.or_else(|| messages.iter().find_map(|message| uncaught(message))),
            message: messages.into_iter().find(|message| message != "abort() called").unwrap_or_default(),
            termination: self.termination(),
        };
        reason.tell(found);
    }

    /// `SIGNAL: Abort trap: 6`, `FRONTBOARD: 2343432205 …`
    fn termination(&self) -> String {
        let reasons = self.body.pointer("/termination/reasons").and_then(Value::as_array);
        let reason = reasons.and_then(|reasons| reasons.first()?.as_str()).unwrap_or_default();
        let indicator = self.text("/termination/indicator");
        let said = if indicator.is_empty() { reason } else { &indicator };
        match (self.text("/termination/namespace").as_str(), said) {
            ("", said) => said.to_owned(),
            (namespace, "") => namespace.to_owned(),
            (namespace, said) => format!("{namespace}: {said}"),
        }
    }

    /// What the app or a library left for the report: `Fatal error: …`.
    fn messages(&self) -> Vec<String> {
        let by_library = self.body.get("asi").and_then(Value::as_object);
        let texts = by_library.into_iter().flat_map(Map::values).filter_map(Value::as_array).flatten();
        texts.filter_map(Value::as_str).map(|text| text.trim().to_owned()).collect()
    }

    fn threads(&self, found: &mut Found) {
        let faulting = self.body.get("faultingThread").and_then(Value::as_u64);
        let threads = self.body.get("threads").and_then(Value::as_array);
        for (index, thread) in (0_u64..).zip(threads.into_iter().flatten()) {
            let name = thread["name"].as_str().or_else(|| thread["queue"].as_str());
            let frames = thread["frames"].as_array().into_iter().flatten();
            found.add_thread(Thread {
                id: Some(index),
                name: name.unwrap_or_default().to_owned(),
                is_crashed: thread["triggered"].as_bool() == Some(true) || faulting == Some(index),
                is_main: thread["queue"].as_str() == Some("com.apple.main-thread"),
                frames: frames.map(|frame| self.frame(frame)).collect(),
                registers: registers(&thread["threadState"]),
                ..Thread::default()
            });
        }
    }

    fn frame(&self, frame: &Value) -> Frame {
        let image = frame["imageIndex"]
            .as_u64()
            .and_then(|index| self.body.get("usedImages")?.get(usize::try_from(index).ok()?));
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let path = text(image.and_then(|image| image.get("path")));
        let base = image.and_then(|image| image["base"].as_u64()).unwrap_or(0);
        Frame {
            function: text(frame.get("symbol")),
            filename: text(frame.get("sourceFile")),
            lineno: frame["sourceLine"].as_u64(),
            address: frame["imageOffset"].as_u64().and_then(|offset| base.checked_add(offset)),
            package: if path.is_empty() { text(image.and_then(|image| image.get("name"))) } else { path },
            ..Frame::default()
        }
    }

    fn images(&self) -> Vec<Image> {
        let images = self.body.get("usedImages").and_then(Value::as_array);
        let image = |image: &Value| {
            let uuid: Uuid = image["uuid"].as_str()?.parse().ok()?;
            let path = image["path"].as_str().or_else(|| image["name"].as_str());
            Some(Image {
                code_file: path.unwrap_or_default().to_owned(),
                arch: image["arch"].as_str().unwrap_or_default().to_owned(),
                address: image["base"].as_u64(),
                size: image["size"].as_u64().unwrap_or(0),
                ..Image::mach_o(uuid)
            })
        };
        images.into_iter().flatten().filter_map(image).take(limits::DEBUG_IMAGES).collect()
    }
}

/// `{"x": [{"value": 1}, …], "pc": {"value": 2}, "flavor": "ARM_THREAD_STATE64", …}`
fn registers(state: &Value) -> Vec<(String, u64)> {
    let mut registers = Vec::new();
    for (name, value) in state.as_object().into_iter().flatten() {
        match value {
            Value::Array(list) => {
                let values = list.iter().map(|value| value["value"].as_u64());
                let named = values.enumerate().map(|(index, value)| (format!("{name}{index}"), value));
                registers.extend(named.filter_map(|(name, value)| Some((name, value?))));
            }
            value => registers.extend(value["value"].as_u64().map(|value| (name.clone(), value))),
        }
    }
    registers.truncate(limits::REGISTERS);
    registers
}
