//! Crashes of one fleet on several platforms, and the symbols that name their frames.

mod android;
mod native;
mod react_native;
mod uploads;

use std::time::Duration;

use anyhow::ensure;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{dice::Dice, envelopes::Pool, reports::Reports, servers::Api};

/// Different crashes: of Android, of React Native, of native code. Fewer than a page of issues holds.
const CRASHES: [u64; 3] = [40, 16, 16];
/// What an SDK keeps of what happened before.
const BREADCRUMBS: u64 = 40;
/// Longest that symbol files may take to be converted.
const CONVERSION: Duration = Duration::from_secs(120);
/// Between two looks whether they are.
const LOOK: Duration = Duration::from_secs(1);

/// A file of symbols on its way to a server.
enum Symbols {
    /// A debug file, or a zip of such.
    DebugFiles { name: &'static str, content: Vec<u8> },
    /// A bundle of scripts and their maps.
    Bundle(Vec<u8>),
}

/// A fleet.
pub(crate) struct Fleet {
    /// What its apps send.
    reports: Reports,
    symbols: Vec<Symbols>,
}

impl Fleet {
    /// The same in every run, but for the minidump, which is of a program that is compiled and runs here.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (android, react_native, native) =
            (android::App::new()?, react_native::App::new()?, native::App::new()?);
        let mut dice = Dice::seeded(1);
        let [on_android, in_script, in_native] = CRASHES;
        let mut events: Vec<Value> = (0..on_android).map(|_| android.crash(&mut dice)).collect();
        events.extend((0..in_script).map(|_| react_native.crash(&mut dice)));
        events.extend((0..in_native).map(|_| native.crash(&mut dice)));
        let pool = Pool::of(events.into_iter().map(|event| with_context(event, &mut dice)))?;
        let symbols = vec![android.symbols()?, react_native.symbols()?, native.symbols()];
        Ok(Self { reports: Reports::Fleet { pool, dump: native.into_dump() }, symbols })
    }

    /// Uploads what names the frames; returns what is sent.
    pub(crate) async fn uploaded(self, api: &mut Api) -> anyhow::Result<Reports> {
        for symbols in &self.symbols {
            match symbols {
                Symbols::DebugFiles { name, content } => uploads::debug_files(api, name, content).await?,
                Symbols::Bundle(content) => uploads::bundle(api, content).await?,
            }
        }
        Ok(self.reports)
    }
}

/// Waits until each app's frames have the names of its sources: files are converted when they are first asked for, and what
/// came before is healed then.
pub(crate) async fn symbolicated(api: &mut Api) -> anyhow::Result<()> {
    for named in [android::NAMED, react_native::NAMED, native::NAMED] {
        let begin = Instant::now();
        while api.ask(&format!("~/issues/?query={named}")).await?.as_array().is_none_or(Vec::is_empty) {
            ensure!(
                begin.elapsed() < CONVERSION,
                "no issue has {named} after {CONVERSION:?}: not symbolicated"
            );
            sleep(LOOK).await;
        }
    }
    Ok(())
}

/// With what every SDK adds.
fn with_context(mut event: Value, dice: &mut Dice) -> Value {
    let breadcrumb = |at: u64, dice: &mut Dice| {
        json!({ "timestamp": 1_795_000_000 + at, "type": "http", "category": "network", "level": "info",
            "data": { "url": format!("https://shop.example/api/items/{}", dice.below(100_000)), "method": "GET",
                "status_code": 200, "response_body_size": dice.below(50_000) } })
    };
    let breadcrumbs: Vec<Value> = (0..BREADCRUMBS).map(|at| breadcrumb(at, dice)).collect();
    event["breadcrumbs"] = json!({ "values": breadcrumbs });
    event["level"] = "fatal".into();
    event["environment"] = "production".into();
    event["tags"] = json!({ "screen": "Checkout", "network": dice.pick(&["wifi", "cellular"]) });
    event["contexts"] = json!({ "device": { "family": "Pixel", "model": "Pixel 9", "memory_size": 8_000_000_000_u64 },
        "os": { "name": "Android", "version": "16" }, "app": { "app_version": "4.2.0" } });
    event
}
