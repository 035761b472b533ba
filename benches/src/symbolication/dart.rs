//! Types of an obfuscated Flutter app, with its map.

use anyhow::ensure;
use mayday_symbolication::{dart::dart_map_cache, symbolicate_managed};
use serde_json::json;

use super::{One, SymbolicationArgs, event_of, frames_per_second};
use crate::table::Table;

/// Of a large app.
const NAMES: usize = 200_000;

pub(super) fn measure(args: &SymbolicationArgs, table: &mut Table) -> anyhow::Result<()> {
    let names = (0..NAMES).flat_map(|at| [format!("CartException{at}"), short(at)]);
    let map = serde_json::to_vec(&names.collect::<Vec<_>>())?;
    let artifacts = One::new(dart_map_cache(&map)?);
    let event = event_of(&json!({
        "platform": "dart", "sdk": { "name": "sentry.dart.flutter", "version": "9.0.0" },
        "exception": { "values": [{ "type": short(17), "value": format!("Instance of '{}'", short(4711)) }] },
        "debug_meta": { "images": [{ "type": "dart_symbols", "code_file": "libapp.so",
            "debug_id": "c0bcc3f1-9827-fe65-3058-404b2831d9e6" }] },
    }))?;
    let mut symbolicated = event.clone();
    symbolicate_managed(&mut symbolicated, &artifacts);
    let said = symbolicated.exception.first().and_then(|exception| exception.value.as_deref());
    ensure!(said == Some("Instance of 'CartException4711'"), "names are not found: {said:?}");
    let rate = frames_per_second(args, &event, 1, |event| symbolicate_managed(event, &artifacts))?;
    table.add(
        format!("Dart: warm events/s of one thread, a type and a message each (map of {NAMES} names)"),
        rate.show(0),
        None,
    );
    Ok(())
}

/// The names that Dart gives: `a`, …, `Z`, `aa`, …
fn short(at: usize) -> String {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
    let mut name = String::new();
    let mut rest = Some(at);
    while let Some(place) = rest {
        name.insert(0, letters[place % letters.len()]);
        rest = (place / letters.len()).checked_sub(1);
    }
    name
}
