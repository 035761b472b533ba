//! An Android app that R8 shortened the names of.

use std::io::{Cursor, Write};

use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::Symbols;
use crate::{
    dice::Dice,
    symbolication::jvm::{CLASSES, METHODS, mapping},
};

const UUID: &str = "246fb328-fc4e-406a-87ff-fc35f6149d8f";
/// Finds issues once frames have their names.
pub(super) const NAMED: &str = "stack.function%3Acheck*";
/// Frames of the app, and beneath them of the system.
const FRAMES: [u64; 2] = [40, 20];

pub(super) struct App {
    mapping: String,
}

impl App {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self { mapping: mapping()? })
    }

    pub(super) fn crash(&self, dice: &mut Dice) -> Value {
        let system = |_| json!({ "module": "android.os.Looper", "function": "loop", "lineno": 288, "filename": "Looper.java" });
        let mut own = |_| {
            let (class, method, line) = (dice.below(CLASSES), dice.below(METHODS), 1 + dice.below(3));
            json!({ "module": format!("a.c{class}"), "function": format!("m{method}"), "lineno": line,
                "filename": "SourceFile" })
        };
        let [app, beneath] = FRAMES;
        let mut frames: Vec<Value> = (0..beneath).map(system).collect();
        frames.extend((0..app).map(&mut own));
        json!({
            "platform": "java", "release": "com.example.shop@4.2.0+420",
            "exception": { "values": [{ "type": "IllegalStateException", "module": "java.lang", "value": "cart is empty",
                "mechanism": { "type": "UncaughtExceptionHandler", "handled": false }, "stacktrace": { "frames": frames } }] },
            "debug_meta": { "images": [{ "type": "proguard", "uuid": UUID }] },
        })
    }

    pub(super) fn symbols(&self) -> anyhow::Result<Symbols> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(format!("proguard/{UUID}.txt"), SimpleFileOptions::default())?;
        zip.write_all(self.mapping.as_bytes())?;
        Ok(Symbols::DebugFiles { name: "mapping.zip", content: zip.finish()?.into_inner() })
    }
}
