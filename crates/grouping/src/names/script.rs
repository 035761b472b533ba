//! JavaScript, Dart, Python and other languages whose frames are named by file and function.

use mayday_event::model::Frame;

use super::{Named, is_number};

/// Names a frame by its module or file and its function; anonymous functions by their file alone.
pub(super) fn name(frame: &Frame, function: &str) -> Named {
    let scope = scope(frame);
    let function = plain(function);
    match (scope.is_empty(), function.is_empty()) {
        (true, true) => Named::Unnamed,
        _ if is_glue(&function) => Named::Synthetic(function),
        // Of a bundle without its source map: the minifier names it anew in each build.
        _ if scope.is_empty() && is_minified(&function) => Named::Unnamed,
        _ => Named::function(scope, function),
    }
}

/// Module or file; empty for a bundle, whose name and content change with every build.
fn scope(frame: &Frame) -> String {
    let file = frame.module.as_deref().or(frame.filename.as_deref()).or(frame.abs_path.as_deref());
    let file = file.unwrap_or_default();
    let file = without_origin(file.split(['?', '#']).next().unwrap_or(file));
    let last = file.rsplit('/').next().unwrap_or(file);
    let anonymous = last.starts_with('<') || last.is_empty();
    let bundle = last.ends_with(".bundle")
        || last.ends_with(".jsbundle")
        || last.split(['.', '-']).any(is_content_hash);
    if anonymous || bundle { String::new() } else { file.to_owned() }
}

/// `src/cart.ts` of `webpack://shop/./src/cart.ts`, `app:///src/cart.ts` and `~/src/cart.ts`.
fn without_origin(file: &str) -> &str {
    let path = match file.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or(rest, |(_, path)| path),
        None => file.strip_prefix("~/").unwrap_or(file),
    };
    path.trim_start_matches("./")
}

/// As bundlers put into file names: `main.4f3a9c21.js`, `index-BqX1a2b3.js`.
fn is_content_hash(part: &str) -> bool {
    const HASH: usize = 8;
    let has = |kind: fn(&u8) -> bool| part.bytes().any(|byte| kind(&byte));
    let is_hex = part.len() >= HASH && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_mixed = part.len() == HASH
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase);
    (is_hex || is_mixed) && has(u8::is_ascii_digit)
}

/// All its parts have two characters at most.
fn is_minified(function: &str) -> bool {
    const LONGEST: usize = 2;
    !function.is_empty() && function.split('.').all(|part| part.chars().count() <= LONGEST)
}

/// What bridges, bundlers and compilers of asynchronous functions put around every function.
const GLUE: [&str; 20] = [
    "__guard",
    "__callFunction",
    "__invokeCallback",
    "asyncGeneratorStep",
    "_asyncToGenerator",
    "_next",
    "_throw",
    "tryCatch",
    "__awaiter",
    "__generator",
    "tryCallOne",
    "tryCallTwo",
    "doResolve",
    "processTicksAndRejections",
    "runMicrotasks",
    "loadModuleImplementation",
    "guardedLoadModule",
    "metroRequire",
    "__webpack_require__",
    "__webpack_modules__",
];

fn is_glue(function: &str) -> bool {
    GLUE.contains(&function)
}

fn plain(function: &str) -> String {
    let function = function.strip_prefix("async ").unwrap_or(function);
    let function = function.strip_prefix("new ").unwrap_or(function);
    let function = function.split(" [as ").next().unwrap_or(function);
    // Go's receivers and type arguments.
    let function = function.replace("(*", "").replace(')', "").replace("[...]", "");
    let parts = function.split(['.', '/']).filter(|part| !is_anonymous(part));
    parts.filter(|part| *part != "prototype").collect::<Vec<_>>().join(".")
}

/// Closures as engines and compilers call them: `<anonymous closure>`, `<fn>`, `<lambda>`, `?anon_0_`, `_callee2$`.
fn is_anonymous(part: &str) -> bool {
    let numbered = |prefix: &str| {
        part.strip_prefix(prefix).is_some_and(|rest| {
            let digits = rest.trim_end_matches(['$', '_']);
            digits.is_empty() || is_number(digits)
        })
    };
    part.is_empty()
        || is_number(part)
        || part.starts_with('<')
        || ["?", "anonymous", "Object", "Module", "eval", "global"].contains(&part)
        || numbered("?anon_")
        || numbered("_callee")
        || numbered("_loop")
        // Go's closures.
        || numbered("func") && part != "func"
        || numbered("gowrap")
        || numbered("deferwrap")
}
