//! A real tombstone with the images that are to be found in it, and a real ANR trace.

use std::{fs, path::Path};

use mayday_event::{
    capped::{InflateLimits, inflate},
    model::DebugImage,
};
use serde::Deserialize;

use super::{Outcome, symbolicated};

#[derive(Deserialize)]
struct DebugMeta {
    images: Vec<DebugImage>,
}

pub(super) fn check(fixtures: &Path) -> anyhow::Result<Vec<Outcome>> {
    Ok(vec![tombstone(fixtures)?, thread_dump(fixtures)?])
}

fn tombstone(fixtures: &Path) -> anyhow::Result<Outcome> {
    let folder = fixtures.join("android");
    let report = symbolicated(&folder.join("tombstone.pb.gz"), &fixtures.join("symbols"))?;
    let expected = fs::read(folder.join("tombstone_debug_meta.json.gz"))?;
    let expected: DebugMeta =
        serde_json::from_slice(&inflate(expected.into(), "gzip", &InflateLimits::default())?)?;
    let mut outcome = Outcome::new("android/tombstone.pb.gz");
    outcome.compare("level", "fatal", report.event.level.name());
    outcome.compare("threads", "62", &report.event.threads.len().to_string());
    let crashed = report.event.threads.iter().find(|thread| thread.crashed == Some(true));
    // Its name is the process's: the system has no other for a main thread.
    let is_main = crashed.is_some_and(|thread| thread.main == Some(true));
    outcome.compare("main crashed", "true", &is_main.to_string());
    for image in &expected.images {
        let same = report.event.debug_images.iter().find(|found| found.image_addr == image.image_addr);
        outcome.compare("image", &shown(Some(image)), &shown(same));
    }
    outcome.compare(
        "images",
        &expected.images.len().to_string(),
        &report.event.debug_images.len().to_string(),
    );
    Ok(outcome)
}

fn shown(image: Option<&DebugImage>) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    image.map_or("none".to_owned(), |image| {
        let size = image.image_size.unwrap_or(0);
        let (address, id) = (text(&image.image_addr), text(&image.debug_id));
        format!("{address} {size} {id} {} {}", text(&image.code_id), text(&image.code_file))
    })
}

/// Main, its frames, and that each thread has the name that the dump gives it.
fn thread_dump(fixtures: &Path) -> anyhow::Result<Outcome> {
    let path = fixtures.join("android/thread_dump.txt");
    let text = fs::read_to_string(&path)?;
    let report = symbolicated(&path, &fixtures.join("symbols"))?;
    let mut outcome = Outcome::new("android/thread_dump.txt");
    let named =
        text.lines().filter_map(|line| line.strip_prefix('"')?.rsplit_once('"').map(|(name, _)| name));
    let expected: Vec<String> = named.map(str::to_owned).collect();
    let found = report.event.threads.iter().map(|thread| thread.name.clone().unwrap_or_default());
    outcome.compare_all("thread", &expected, &found.collect::<Vec<_>>());
    Ok(outcome)
}
