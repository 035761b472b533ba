//! Which code is a system's, a language's or an engine's rather than an app's: said once, for crash readers, in-app rules
//! and grouping.

use crate::model::Frame;

/// Packages of Android, the JVM, Kotlin, .NET, Unity, Dart and JavaScript engines, and libraries that nearly every app of a
/// platform has; by a module's beginning.
const MODULES: [&str; 26] = [
    "android.",
    "androidx.",
    "com.android.",
    "dalvik.",
    "libcore.",
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "kotlin.",
    "kotlinx.",
    "com.google.android.",
    "System.",
    "Microsoft.",
    "Mono.",
    "UnityEngine.",
    "UnityEditor.",
    "Cysharp.",
    "okhttp3.",
    "okio.",
    "retrofit2.",
    "io.reactivex.",
    "com.facebook.react.",
    "dart:",
    "node:",
    "node_modules",
];

/// Folders of binaries that only the system writes: of Android, Linux, Apple's systems; by a path's beginning.
const FOLDERS: [&str; 18] = [
    "[vdso",
    "[anon:dalvik",
    "/memfd:",
    "/system/",
    "/system_ext/",
    "/apex/",
    "/vendor/",
    "/product/",
    "/odm/",
    "/data/dalvik-cache/",
    "/usr/lib",
    "/lib/",
    "/lib64/",
    "/System/",
    "/Library/",
    "/private/preboot/",
    "/Developer/",
    "/cores/",
];

/// Other places of a system's binaries, wherever they are in a path: classes of Android that were compiled ahead for the
/// device, Apple's shared cache, Xcode's and Swift's own.
const PARTS: [&str; 5] =
    ["/boot-", "/boot.oat", "/Applications/Xcode", "/usr/lib/swift/", "/Frameworks/libswift"];

/// Apple's libraries and frameworks, where a report gives no more than a binary's name.
const NAMES: [&str; 19] = [
    "dyld",
    "libobjc.A.dylib",
    "libdispatch.dylib",
    "libdyld.dylib",
    "Foundation",
    "CoreFoundation",
    "UIKitCore",
    "UIKit",
    "SwiftUI",
    "CFNetwork",
    "QuartzCore",
    "CoreData",
    "CoreGraphics",
    "GraphicsServices",
    "Combine",
    "Network",
    "WebKit",
    "JavaScriptCore",
    "Metal",
];

/// Engines that apps carry in them, by the binary's file name.
const ENGINES: [&str; 12] = [
    "libunity.so",
    "UnityFramework",
    "UnityPlayer.dll",
    "libmonobdwgc-2.0.so",
    "libflutter.so",
    "Flutter",
    "libhermes.so",
    "hermes",
    "libreactnative.so",
    "libjsi.so",
    "libart.so",
    "libc++_shared.so",
];

/// Sources of languages and engines, by a path's beginning.
const SOURCES: [&str; 5] = ["dart:", "package:flutter/", "flutter", "node:", "native"];

/// By a class or module.
pub fn is_system_module(module: &str) -> bool {
    MODULES.iter().any(|known| module.starts_with(known))
}

/// By a binary's path, or by its name where that is all that is known of one of Apple's.
pub fn is_system_binary(path: &str) -> bool {
    NAMES.contains(&path)
        || (path.starts_with("libs") && path.ends_with(".dylib"))
        || FOLDERS.iter().any(|known| path.starts_with(known))
        || PARTS.iter().any(|known| path.contains(known))
        // Few paths have a backslash: only those are copied.
        || path.contains('\\') && path.to_ascii_lowercase().contains(":\\windows\\")
}

/// Whether a binary is an app's rather than a system's; `None` where there is none, or what is between `<` and `>`.
pub fn is_own_binary(path: &str) -> Option<bool> {
    if path.is_empty() || path.starts_with('<') {
        return None;
    }
    Some(!is_system_binary(path))
}

/// By a binary's name: an engine that apps are built on.
pub fn is_engine(path: &str) -> bool {
    ENGINES.contains(&crate::file_name(path))
}

/// Hermes' own script. React Native's SDK sends it as one of the app's: `app:///InternalBytecode.js`.
pub fn is_engine_script(path: &str) -> bool {
    crate::file_name(path) == "InternalBytecode.js"
}

/// By where a frame is.
pub fn is_system(frame: &Frame) -> bool {
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    let is_source =
        |path: &str| SOURCES.iter().any(|known| path.starts_with(known)) || is_engine_script(path);
    let is_in_system =
        |path: &Option<String>| path.as_deref().is_some_and(|path| is_system_binary(path) || is_source(path));
    frame.module.as_deref().is_some_and(is_system_module)
        || is_in_system(&frame.package)
        || frame.package.as_deref().is_some_and(is_engine)
        || is_in_system(&frame.abs_path)
        || is_in_system(&frame.filename)
        || ["/node_modules/", "/site-packages/"].iter().any(|known| path.contains(known))
        || path.starts_with("node_modules/")
}
