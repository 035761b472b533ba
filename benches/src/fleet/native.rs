//! Native code: crashes that the app itself read the stacks of, and one as a minidump.

use anyhow::ensure;
use serde_json::{Value, json};
use symbolic::debuginfo::Object;

use super::Symbols;
use crate::{dice::Dice, symbolication::dump};

pub(super) const NAMED: &str = "stack.function%3A*shop%3A%3Apay*";
/// Threads, and frames of each: the app's, and the system's.
const THREADS: u64 = 12;
const FRAMES: [u64; 2] = [12, 8];
/// System libraries that are loaded, without symbols.
const LIBRARIES: u64 = 150;
/// Where the app is loaded, and behind it the system's libraries.
const APP: u64 = 0x1_0000_0000;
const SYSTEM: u64 = 0x1_8000_0000;
const SIZE: u64 = 0x10_0000;

pub(super) struct App {
    program: Vec<u8>,
    dump: Vec<u8>,
    debug_id: String,
    /// Of functions, from the start of the program.
    addresses: Vec<u64>,
}

impl App {
    pub(super) fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (program, dump) = dump::crashed(folder.path(), THREADS as usize)?;
        let object = Object::parse(&program)?;
        let debug_id = object.debug_id().to_string();
        let is_own = |name: &str| name.contains("4shop3pay");
        let symbols = object.symbols().filter(|symbol| symbol.name().is_some_and(is_own));
        let addresses: Vec<u64> = symbols.map(|symbol| symbol.address + 8).collect();
        ensure!(!addresses.is_empty(), "the program has no symbols");
        drop(object);
        Ok(Self { program, dump, debug_id, addresses })
    }

    pub(super) fn crash(&self, dice: &mut Dice) -> Value {
        let mut thread = |id: u64| {
            let frame = |address: u64| json!({ "instruction_addr": format!("{address:#x}") });
            let [app, beneath] = FRAMES;
            let mut frames: Vec<Value> =
                (0..beneath).map(|_| frame(SYSTEM + dice.below(LIBRARIES * SIZE))).collect();
            let own =
                |dice: &mut Dice| APP + self.addresses[dice.below(self.addresses.len() as u64) as usize];
            frames.extend((0..app).map(|_| frame(own(dice))));
            json!({ "id": id, "crashed": id == 0, "stacktrace": { "frames": frames } })
        };
        let mut threads: Vec<Value> = (0..THREADS).map(&mut thread).collect();
        let stack = threads[0]["stacktrace"].take();
        let image = |at: u64, file: String, id: String| json!({ "type": "elf", "image_addr": format!("{at:#x}"), "image_size": SIZE, "code_file": file, "debug_id": id });
        let mut images = vec![image(APP, "/data/app/libshop.so".to_owned(), self.debug_id.clone())];
        images.extend((0..LIBRARIES).map(|at| {
            // The same from crash to crash.
            let id = Dice::seeded(at).id();
            image(SYSTEM + at * SIZE, format!("/system/lib64/lib{at}.so"), id)
        }));
        json!({
            "platform": "native", "release": "com.example.shop@4.2.0+420",
            "exception": { "values": [{ "type": "SIGSEGV", "value": "Segfault", "thread_id": 0,
                "mechanism": { "type": "signalhandler", "handled": false, "meta": { "signal": { "number": 11, "name": "SIGSEGV" } } },
                "stacktrace": stack }] },
            "threads": { "values": threads },
            "debug_meta": { "images": images },
        })
    }

    pub(super) fn symbols(&self) -> Symbols {
        Symbols::DebugFiles { name: "shop", content: self.program.clone() }
    }

    pub(super) fn into_dump(self) -> Vec<u8> {
        self.dump
    }
}
