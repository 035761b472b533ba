//! Java, Kotlin and what their compilers, R8 and D8 make of lambdas.

use super::{Named, is_number};

/// Names a frame by its class and method.
pub(super) fn name(class: &str, method: &str) -> Named {
    if class.contains("$$Lambda")
        || class.contains("$$ExternalSynthetic")
        || class.contains("$$InternalSynthetic")
        || method.starts_with("access$")
        || method.starts_with("-$$Nest$")
        || method.starts_with("$r8$")
        || method.contains("$$forInline")
    {
        return Named::Synthetic(format!("{class}:{method}"));
    }
    if class.is_empty() && method.is_empty() {
        return Named::Unnamed;
    }
    let (class, enclosing) = split_class(class);
    let method = enclosing.map_or_else(|| plain_method(method), str::to_owned);
    Named::function(class, method)
}

/// The class without the numbers of anonymous ones, and the method that its code is written in, if it was made
/// for a lambda or object in one: `Menu$refresh$2$1` is code of `Menu`, method `refresh`.
fn split_class(class: &str) -> (String, Option<&str>) {
    let mut parts = class.split('$');
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if part.is_empty() || is_number(part) {
            continue;
        }
        if part.starts_with(char::is_lowercase) {
            return (kept, Some(part));
        }
        kept.push('$');
        kept.push_str(part);
    }
    (kept, None)
}

/// `lambda$onCreate$0`, `onCreate$lambda$0`, `refresh$suspendImpl`, `load$default` and `load$app_release` are all
/// code of the method that they name.
fn plain_method(method: &str) -> String {
    let written = method.strip_prefix("lambda$").unwrap_or(method);
    match written.split_once('$') {
        Some((name, _)) if !name.is_empty() => name.to_owned(),
        _ => written.to_owned(),
    }
}
