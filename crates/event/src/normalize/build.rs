//! What was running: release, environment, SDK, loaded binaries.

use super::{
    Arrival,
    fields::{Fields, collected, first, list, text},
    json::Json,
    place::Place,
};
use crate::{
    limits,
    model::{DebugImage, Sdk},
};

/// A release's name by Sentry's rules: on one line, without slashes (it is part of URLs), and not `.` or `..`.
pub(super) fn release(json: Json<'_>, place: &Place<'_>) -> Option<String> {
    let release = text(json, place, limits::RELEASE_BYTES)?.trim().to_owned();
    let forbidden = release.contains(|c: char| c.is_control() || c == '/' || c == '\\');
    if release.is_empty() {
        return None;
    }
    if forbidden || release == "." || release == ".." {
        place.invalid(format_args!("{release:?} is no name for a release; dropped"));
        return None;
    }
    Some(release)
}

/// An environment's name by Sentry's rules: on one line, without slashes, and not `none`.
pub(super) fn environment(json: Json<'_>, place: &Place<'_>) -> Option<String> {
    let environment = text(json, place, limits::ENVIRONMENT_BYTES)?.trim().to_owned();
    if environment.is_empty() || environment.eq_ignore_ascii_case("none") {
        return None;
    }
    if environment.contains(|c: char| c.is_control() || c == '/') {
        place.invalid(format_args!("{environment:?} is no name for an environment; dropped"));
        return None;
    }
    Some(environment)
}

/// As the payload says, else as the client named itself (`sentry.python/2.75.0`).
pub(super) fn sdk(json: Option<Json<'_>>, place: &Place<'_>, arrival: &Arrival) -> Option<Sdk> {
    let sent = json.and_then(|json| {
        let mut fields = Fields::of(json, *place)?;
        let name = fields.text("name", limits::NAME_BYTES);
        Some(Sdk { name, version: fields.text("version", limits::NAME_BYTES) })
    });
    sent.filter(|sdk| *sdk != Sdk::default()).or_else(|| {
        let (name, version) = arrival.client.as_deref()?.split_once('/')?;
        let plausible =
            |part: &str| !part.is_empty() && part.len() <= limits::NAME_BYTES && !part.contains(' ');
        (plausible(name) && plausible(version))
            .then(|| Sdk { name: Some(name.to_owned()), version: Some(version.to_owned()) })
    })
}

pub(super) fn debug_images(json: Json<'_>, place: &Place<'_>) -> Option<Vec<DebugImage>> {
    let mut fields = Fields::of(json, *place)?;
    fields.read("images", |json, place| {
        let kept = first(list(json, place)?, limits::DEBUG_IMAGES, place);
        let read = |(index, json)| debug_image(json, place.index(index));
        Some(collected(kept.into_iter().enumerate().filter_map(read), limits::DEBUG_IMAGES))
    })
}

fn debug_image(json: Json<'_>, place: Place<'_>) -> Option<DebugImage> {
    let mut fields = Fields::of(json, place)?;
    let Some(ty) = fields.text("type", limits::NAME_BYTES) else {
        place.invalid(format_args!("image without type; dropped"));
        return None;
    };
    // Older clients say `uuid` and `name`.
    let mut text = |keys: &[&str], most| keys.iter().find_map(|key| fields.text(key, most));
    let debug_id = text(&["debug_id", "uuid", "id"], limits::NAME_BYTES);
    let code_id = text(&["code_id"], limits::NAME_BYTES);
    let code_file = text(&["code_file", "name"], limits::PATH_BYTES);
    let debug_file = text(&["debug_file"], limits::PATH_BYTES);
    let arch = text(&["arch"], limits::NAME_BYTES);
    Some(DebugImage {
        ty,
        debug_id,
        code_id,
        code_file,
        debug_file,
        image_addr: fields.address("image_addr"),
        image_size: fields.uint("image_size"),
        arch,
        symbolication: None,
        unwinding: None,
        features: None,
    })
}
