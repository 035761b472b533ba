//! JavaScript, Dart, Python and other languages whose frames are named by file and function.

use mayday_event::model::Frame;

use super::{Named, is_number};

/// Names a frame by its module or file and its function; anonymous functions by their file alone.
pub(super) fn name(frame: &Frame, function: &str) -> Named {
    let scope = scope(frame);
    let function = plain(function);
    match (scope.is_empty(), function.is_empty()) {
        (true, true) => Named::Unnamed,
        _ if !scope.is_empty() && is_glue(&function) => Named::Synthetic(function),
        _ => Named::function(scope, function),
    }
}

/// Module or file; empty for a bundle, whose name and content change with every build.
fn scope(frame: &Frame) -> String {
    let file = frame.module.as_deref().or(frame.filename.as_deref()).or(frame.abs_path.as_deref());
    let file = file.unwrap_or_default();
    let file = file.split(['?', '#']).next().unwrap_or(file);
    let last = file.rsplit('/').next().unwrap_or(file);
    let anonymous = last.starts_with('<') || last.is_empty();
    let bundle = last.ends_with(".bundle")
        || last.ends_with(".jsbundle")
        || last.split(['.', '-']).any(is_content_hash);
    if anonymous || bundle { String::new() } else { file.to_owned() }
}

/// As bundlers put into file names: `main.4f3a9c21.js`.
fn is_content_hash(part: &str) -> bool {
    part.len() >= 8
        && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        && part.bytes().any(|byte| byte.is_ascii_digit())
}

/// What bridges call on the way into every function of a React Native app.
fn is_glue(function: &str) -> bool {
    ["__guard", "__callFunction", "__invokeCallback"].contains(&function)
}

fn plain(function: &str) -> String {
    let function = function.strip_prefix("async ").unwrap_or(function);
    let function = function.strip_prefix("new ").unwrap_or(function);
    let function = function.split(" [as ").next().unwrap_or(function);
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
        || part.starts_with('<')
        || ["?", "anonymous", "Object", "Module", "eval"].contains(&part)
        || numbered("?anon_")
        || numbered("_callee")
        || numbered("_loop")
}
