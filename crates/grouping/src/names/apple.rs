//! Swift and Objective-C, as Apple's and Sentry's symbolicators print them.

use super::{Named, before, is_address, native, without_brackets};

/// Names a frame by its function.
pub(super) fn name(function: &str) -> Named {
    let hides = ["<redacted>", "<deduplicated_symbol>", "?"].contains(&function)
        || ["lldb_unnamed_symbol", "hidden#"].iter().any(|hidden| function.contains(hidden));
    if function.is_empty() || hides || is_address(function) {
        return Named::Unnamed;
    }
    let is_made =
        ["thunk for ", "thunk helper", "Swift runtime failure"].iter().any(|made| function.contains(made))
            || function.starts_with("outlined ")
            || function.starts_with("@objc ") && function.contains(" thunk");
    if is_made {
        return Named::Synthetic(function.to_owned());
    }
    if let Some(method) = objective_c(function) {
        return Named::function("", method);
    }
    if is_swift(function) {
        return Named::function("", swift(function));
    }
    native::name(function)
}

/// `-[Class method:]`, also of the blocks in it: `__41-[Class method:]_block_invoke_2`.
fn objective_c(function: &str) -> Option<String> {
    let unnumbered = function.trim_start_matches('_').trim_start_matches(|c: char| c.is_ascii_digit());
    if !unnumbered.starts_with("-[") && !unnumbered.starts_with("+[") {
        return None;
    }
    let (method, _) = unnumbered.split_once(']')?;
    Some(format!("{method}]"))
}

fn is_swift(function: &str) -> bool {
    [
        " in ",
        "closure #",
        "specialized ",
        "partial apply",
        "(_:",
        ":)",
        "() ->",
        "static ",
        "protocol witness",
    ]
    .iter()
    .any(|mark| function.contains(mark))
        || (function.contains('.') && !function.contains("::"))
}

/// The declared function that the code is written in: closures and what the optimiser makes belong to it.
/// Module, generic arguments and labels are left out, for not every symbolicator prints them.
fn swift(function: &str) -> String {
    let function = before(function, &[" in conformance "]);
    let function = function.rsplit(" in ").next().unwrap_or(function);
    let function = function.rsplit(" of ").next().unwrap_or(function);
    let function = without_brackets(&without_brackets(function, '<', '>'), '(', ')');
    let function = before(&function, &[" -> ", " throws", " async"]);
    let function = before(function, &[":"]).trim();
    let path = function.split_whitespace().last().unwrap_or(function);
    let mut names = path.rsplit('.').filter(|name| !name.is_empty()).peekable();
    // `Cart.total.getter` is two names and what is done with the property.
    let count = if names.peek().is_some_and(|last| ACCESSORS.contains(last)) { 3 } else { 2 };
    let mut names: Vec<&str> = names.take(count).map(plain_initializer).collect();
    names.reverse();
    names.join(".")
}

/// What compilers call the ways to a property.
const ACCESSORS: [&str; 7] =
    ["getter", "setter", "modify", "read", "didset", "willset", "unsafeMutableAddressor"];

fn plain_initializer(name: &str) -> &str {
    match name {
        "__allocating_init" => "init",
        "__deallocating_deinit" | "__isolated_deallocating_deinit" => "deinit",
        name => name,
    }
}
