//! Which frames are the app's own, decided when they have their names: rules of the project first, then what is known of
//! systems, then what the SDK said, then what the app calls itself.

use std::collections::HashMap;

use mayday_event::{
    in_app::InAppRule,
    model::{Event, Frame},
    system_code,
};

use crate::stacks;

/// Decides for each frame of an event, after symbolication. `rules` are the project's, in order: the first that fits a frame
/// has the last word on it.
pub fn decide_in_app(event: &mut Event, rules: &[InAppRule]) {
    let bundle = bundle_id(event);
    let of_systems = of_systems(event);
    let frames = stacks::of_mut(event).flat_map(|stack| &mut stack.frames);
    for (frame, is_system) in frames.zip(of_systems) {
        frame.in_app = decided(frame, is_system, rules, bundle.as_deref());
    }
}

/// Whether each frame is a system's, in their order. Threads share most of their files and binaries, so all that decides it
/// is looked at once for all frames that have the same.
fn of_systems<'e>(event: &'e Event) -> Vec<bool> {
    let mut known = HashMap::new();
    let frames = stacks::of(event).flat_map(|stack| &stack.frames);
    let of_system = |frame: &'e Frame| {
        let Frame { module, package, abs_path, filename, .. } = frame;
        *known.entry((module, package, abs_path, filename)).or_insert_with(|| system_code::is_system(frame))
    };
    frames.map(of_system).collect()
}

fn decided(frame: &Frame, is_system: bool, rules: &[InAppRule], bundle: Option<&str>) -> Option<bool> {
    if let Some(rule) = rules.iter().find(|rule| rule.fits(frame)) {
        return Some(rule.in_app);
    }
    if is_system {
        return Some(false);
    }
    frame.in_app.or_else(|| is_own(frame, bundle).then_some(true))
}

/// Known by the app's package or bundle, or by a folder that only apps are in.
fn is_own(frame: &Frame, bundle: Option<&str>) -> bool {
    if let (Some(bundle), Some(module)) = (bundle, frame.module.as_deref())
        && let Some(rest) = module.strip_prefix(bundle)
        && (rest.is_empty() || rest.starts_with(['.', '$']))
    {
        return true;
    }
    const BINARIES: [&str; 4] = [".app/", "/data/app/", "/data/data/", "/data/user/"];
    const SOURCES: [&str; 3] = ["app:", "webpack:///./", "Assets/"];
    let package = frame.package.as_deref().unwrap_or_default();
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    BINARIES.iter().any(|known| package.contains(known))
        || SOURCES.iter().any(|known| path.starts_with(known))
}

/// `com.example.shop` of the release `com.example.shop@1.2.0+3`, or what the device says that the app is called.
fn bundle_id(event: &Event) -> Option<String> {
    let app = event.contexts.get("app").and_then(|app| app.get("app_identifier")?.as_str());
    let release =
        event.release.as_deref().and_then(|release| release.split_once('@')).map(|(package, _)| package);
    // A package has a dot; `shop@1.2.0` would fit too much.
    app.or(release).filter(|name| name.contains('.')).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing_events::event_of;

    fn decided(frame: serde_json::Value, rules: &[InAppRule]) -> Option<bool> {
        let mut event = event_of(&json!({
            "platform": "other", "release": "com.example.shop@1.2.0+3",
            "exception": { "values": [{ "type": "E", "stacktrace": { "frames": [frame] } }] },
        }));
        decide_in_app(&mut event, rules);
        event.exception[0].stacktrace.as_ref().unwrap().frames[0].in_app
    }

    #[test]
    fn systems_and_engines_of_all_platforms_are_not_the_apps() {
        for frame in [
            json!({ "filename": "app:///InternalBytecode.js", "function": "tryCallOne", "lineno": 53 }),
            json!({ "module": "android.os.Looper", "in_app": true }),
            json!({ "package": "/System/Library/Frameworks/UIKit.framework/UIKit" }),
            json!({ "package": "/private/var/containers/Bundle/Application/1/Shop.app/Frameworks/Flutter.framework/Flutter" }),
            json!({ "package": "/data/app/com.example.shop/lib/arm64/libunity.so" }),
            json!({ "filename": "package:flutter/src/widgets/framework.dart" }),
            json!({ "abs_path": "app:///node_modules/react-native/Libraries/Core.js" }),
            json!({ "module": "UnityEngine.Object" }),
        ] {
            assert_eq!(decided(frame.clone(), &[]), Some(false), "{frame}");
        }
    }

    #[test]
    fn what_the_app_calls_itself_is_its_own_unless_the_sdk_says_otherwise() {
        assert_eq!(decided(json!({ "module": "com.example.shop.Cart" }), &[]), Some(true));
        assert_eq!(decided(json!({ "module": "com.example.shop.Cart", "in_app": false }), &[]), Some(false));
        assert_eq!(decided(json!({ "module": "com.example.shopping.Cart" }), &[]), None);
        assert_eq!(
            decided(json!({ "package": "/var/containers/Bundle/Application/1/Shop.app/Shop" }), &[]),
            Some(true)
        );
    }

    #[test]
    fn the_first_rule_of_the_project_that_fits_decides() {
        let rules: Vec<InAppRule> = serde_json::from_value(json!([
            { "field": "module", "pattern": "android.os.custom.", "in_app": true },
            { "field": "module", "pattern": "android.os.", "in_app": false },
            { "field": "path", "pattern": "*/generated/", "in_app": false },
        ]))
        .unwrap();
        assert_eq!(decided(json!({ "module": "android.os.custom.A" }), &rules), Some(true));
        assert_eq!(decided(json!({ "module": "android.os.B", "in_app": true }), &rules), Some(false));
        assert_eq!(decided(json!({ "abs_path": "app:///src/generated/x.js" }), &rules), Some(false));
    }
}
