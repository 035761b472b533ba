//! What a native crash of an iOS app looks like: frames with addresses, all threads, the images that were loaded,
//! what the person did before.

use serde_json::{Value, json};

use crate::dice::Dice;

/// Places where the app crashes; half of all crashes are in a few of them.
const PLACES: u64 = 60;
/// What an SDK keeps of what happened before.
const BREADCRUMBS_MAX: u64 = 100;
/// An app's threads at the time of a crash.
const THREADS_MAX: u64 = 24;

const SCREENS: &[&str] = &["Home", "Search", "Checkout", "Tracking", "Profile", "Settings", "Map", "Inbox"];
const LIBRARIES: &[&str] =
    &["UIKitCore", "Foundation", "CoreFoundation", "libdispatch", "libsystem_kernel", "SwiftUI", "CFNetwork"];
const VERBS: &[&str] =
    &["update", "render", "load", "resolve", "dispatch", "layout", "commit", "decode", "observe", "flush"];
const NOUNS: &[&str] =
    &["Cell", "Route", "Order", "Session", "Image", "Gateway", "Cart", "Snapshot", "Cursor", "Layer"];

/// The fields of an event but id, time and user, and the brace that closes it. The richer, the more threads,
/// breadcrumbs and images.
pub(super) fn fields(dice: &mut Dice, richness: u64) -> String {
    // Squared: the low numbers come up more often.
    let place = dice.below(PLACES) * dice.below(PLACES) / PLACES;
    let screen = dice.pick(SCREENS);
    let release = dice.below(6);
    let event = json!({
        "platform": "cocoa",
        "level": "fatal",
        "release": format!("com.example.parcel@5.{release}.0+5{release}0"),
        "dist": format!("5{release}0"),
        "environment": "production",
        "transaction": screen,
        "exception": {"values": [{
            "type": "EXC_BAD_ACCESS",
            "value": format!("KERN_INVALID_ADDRESS at {}", address(dice)),
            "thread_id": 0,
            "mechanism": {"type": "mach", "handled": false,
                          "meta": {"signal": {"number": 11, "name": "SIGSEGV"}}},
            "stacktrace": {"frames": crashed_stack(dice, place)},
        }]},
        "threads": {"values": many((richness / 4).min(THREADS_MAX), |index| thread(dice, index))},
        "breadcrumbs": {"values": many(3 + richness.min(BREADCRUMBS_MAX - 3), |_| breadcrumb(dice))},
        "tags": {"screen": screen, "network": dice.pick(&["wifi", "cellular"]), "flag.new_checkout": "true"},
        "contexts": contexts(dice, release),
        "debug_meta": {"images": many(2 + richness * 2, |index| image(dice, index))},
        "extra": {"cart_items": dice.below(7)},
    });
    super::fields(&event)
}

fn many(count: u64, one: impl FnMut(u64) -> Value) -> Vec<Value> {
    (0..count).map(one).collect()
}

fn address(dice: &mut Dice) -> String {
    format!("0x{:012x}", 0x1_0000_0000 + dice.below(1 << 36))
}

/// The outermost call first; the last frames are the app's, and the same wherever this place crashes.
fn crashed_stack(dice: &mut Dice, place: u64) -> Vec<Value> {
    let mut frames = many(12, |_| system_frame(dice));
    let mut fixed = Dice::seeded(place);
    frames.extend(many(4, |_| {
        let (verb, noun) = (fixed.pick(VERBS), fixed.pick(NOUNS));
        let line = fixed.below(400);
        json!({
            "package": "Parcel", "module": "Parcel", "in_app": true,
            "function": format!("{noun}Controller.{verb}{noun}(_:at:)"),
            "filename": format!("{noun}Controller.swift"), "lineno": line,
            "instruction_addr": address(dice), "image_addr": "0x000100000000",
        })
    }));
    frames
}

fn system_frame(dice: &mut Dice) -> Value {
    let library = dice.pick(LIBRARIES);
    json!({
        "package": format!("/System/Library/Frameworks/{library}.framework/{library}"),
        "function": format!("-[{}{} _{}:]", dice.pick(NOUNS), dice.pick(LIBRARIES), dice.pick(VERBS)),
        "in_app": false,
        "instruction_addr": address(dice), "symbol_addr": address(dice),
    })
}

fn thread(dice: &mut Dice, index: u64) -> Value {
    let depth = 4 + dice.below(10);
    json!({
        "id": index, "name": format!("com.example.parcel.queue-{index}"), "crashed": index == 0,
        "current": index == 0, "main": index == 0,
        "stacktrace": {"frames": many(depth, |_| system_frame(dice))},
    })
}

fn breadcrumb(dice: &mut Dice) -> Value {
    let timestamp = 1_795_478_400 + dice.below(600);
    match dice.below(3) {
        0 => json!({"timestamp": timestamp, "type": "navigation", "category": "navigation", "level": "info",
                    "data": {"from": dice.pick(SCREENS), "to": dice.pick(SCREENS)}}),
        1 => json!({"timestamp": timestamp, "type": "user", "category": "ui.click", "level": "info",
                    "message": format!("tap on row {} of {}", dice.below(40), dice.pick(SCREENS))}),
        _ => json!({"timestamp": timestamp, "type": "http", "category": "http", "level": "info",
                    "data": {"url": format!("https://api.example.com/v2/orders/{}", dice.id()), "method": "GET",
                             "status_code": 200, "response_body_size": dice.below(90_000)}}),
    }
}

fn image(dice: &mut Dice, index: u64) -> Value {
    let library = dice.pick(LIBRARIES);
    let id = dice.id();
    json!({
        "type": "macho", "debug_id": id,
        "code_file": format!("/System/Library/PrivateFrameworks/{library}{index}.framework/{library}{index}"),
        "image_addr": address(dice), "image_size": 4096 * dice.below(900), "arch": "arm64e",
    })
}

fn contexts(dice: &mut Dice, release: u64) -> Value {
    json!({
        "device": {"family": "iPhone", "model": format!("iPhone{},{}", 12 + dice.below(6), 1 + dice.below(4)),
                   "model_id": "D83AP", "arch": "arm64e", "simulator": false, "manufacturer": "Apple",
                   "battery_level": dice.below(100), "free_memory": dice.below(1 << 31), "memory_size": 8_u64 << 30,
                   "locale": "de_DE", "thermal_state": "nominal"},
        "os": {"name": "iOS", "version": format!("26.{}", dice.below(5)), "build": "23A344", "rooted": false},
        "app": {"app_identifier": "com.example.parcel", "app_name": "Parcel", "app_version": format!("5.{release}.0"),
                "app_build": format!("5{release}0"), "in_foreground": true, "app_id": dice.id()},
        "culture": {"locale": "de_DE", "timezone": "Europe/Berlin", "calendar": "Gregorian Calendar"},
    })
}
