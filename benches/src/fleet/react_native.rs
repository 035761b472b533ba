//! A React Native app's script, minified.

use std::io::Cursor;

use serde_json::{Value, json};
use symbolic::debuginfo::sourcebundle::{SourceBundleWriter, SourceFileInfo, SourceFileType};

use super::Symbols;
use crate::{
    dice::Dice,
    symbolication::script::{Script, THROW, URL},
};

const ID: &str = "c0bcc3f1-9827-fe65-3058-404b2831d9e6";
pub(super) const NAMED: &str = "stack.filename%3A*Cart*";
const FRAMES: u64 = 30;

pub(super) struct App {
    script: Script,
}

impl App {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self { script: Script::new()? })
    }

    pub(super) fn crash(&self, dice: &mut Dice) -> Value {
        let columns = &self.script.columns;
        let mut frame = |_| {
            let column = columns[dice.below(columns.len() as u64) as usize] + THROW;
            json!({ "abs_path": URL, "filename": URL, "function": "f", "lineno": 1, "colno": column + 1, "in_app": true })
        };
        let frames: Vec<Value> = (0..FRAMES).map(&mut frame).collect();
        json!({
            "platform": "javascript", "release": "com.example.shop@4.2.0+420", "dist": "420",
            "exception": { "values": [{ "type": "TypeError", "value": "undefined is not a function",
                "mechanism": { "type": "onerror", "handled": false }, "stacktrace": { "frames": frames } }] },
            "debug_meta": { "images": [{ "type": "sourcemap", "code_file": URL, "debug_id": ID }] },
        })
    }

    pub(super) fn symbols(&self) -> anyhow::Result<Symbols> {
        let Script { minified, map, .. } = &self.script;
        let map = map.to_string();
        let mut bytes = Cursor::new(Vec::new());
        let mut bundle = SourceBundleWriter::start(&mut bytes)?;
        for (ty, url, text) in [
            (SourceFileType::MinifiedSource, "~/index.android.bundle", minified),
            (SourceFileType::SourceMap, "~/index.android.bundle.map", &map),
        ] {
            let mut info = SourceFileInfo::new();
            info.set_ty(ty);
            info.set_url(url.to_owned());
            info.add_header("debug-id".to_owned(), ID.to_owned());
            if ty == SourceFileType::MinifiedSource {
                info.add_header("sourcemap".to_owned(), "index.android.bundle.map".to_owned());
            }
            bundle.add_file(url.replace('~', "_/_"), text.as_bytes(), info)?;
        }
        bundle.finish()?;
        Ok(Symbols::Bundle(bytes.into_inner()))
    }
}
