//! Which room may use which: a room uses only rooms below its own, and some libraries live in one room.

use cargo_metadata::{DependencyKind, Metadata};

use super::{room, rooms};

/// Rooms by floor, the highest first. A room uses only rooms on lower floors.
const FLOORS: &[&[&str]] = &[
    &["tests", "benches", "xtask"],
    &["mayday", "fixture"],
    &["ingest", "worker", "query", "alerts", "engine"],
    &["journal", "catalog", "blobs", "store", "fetch"],
    &["symbolication", "grouping"],
    &["event"],
];

/// Stands alone: only a URL ties it to the store.
const ALONE: &str = "engine";

/// Libraries that only these rooms may use.
const ONLY_HERE: &[(&str, &[&str])] = &[
    ("anyhow", &["mayday", "xtask", "tests", "benches"]),
    ("askama", &["query"]),
    ("async-nats", &["journal"]),
    ("clap", &["mayday", "xtask", "benches"]),
    ("clickhouse", &["store"]),
    ("crc32c", &["journal", "blobs"]),
    // The engine unpacks its own library, whose digest is pinned; foreign reports are inflated by `event`.
    ("flate2", &["event", "engine", "benches", "mayday", "tests"]),
    ("libloading", &["engine"]),
    ("object_store", &["blobs"]),
    ("prost", &["event"]),
    ("sqlx", &["catalog"]),
];

/// Every arrow that goes the wrong way. Test-only dependencies may go anywhere.
pub(super) fn check(metadata: &Metadata) -> Vec<String> {
    let mut findings = Vec::new();
    for (from, package) in rooms(metadata) {
        let Some(floor) = floor(from) else {
            findings.push(format!("{from}: not a room that ARCHITECTURE.md knows"));
            continue;
        };
        let ordinary = package.dependencies.iter().filter(|used| used.kind == DependencyKind::Normal);
        for used in ordinary {
            let to = room(&used.name);
            let ours = used.path.is_some();
            if ours && (self::floor(to).is_none_or(|below| below <= floor) || from == ALONE) {
                findings.push(format!("{from} uses {to}: arrows only go down"));
            }
            let library = ONLY_HERE.iter().find(|(library, _)| *library == used.name);
            if let Some((library, allowed)) = library
                && !allowed.contains(&from)
            {
                findings.push(format!("{from} uses {library}: only {} may", allowed.join(", ")));
            }
        }
    }
    findings
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}
