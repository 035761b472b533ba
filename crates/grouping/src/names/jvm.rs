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
        // Nested lambdas of older compilers do not name the method that they are written in.
        || method.starts_with("lambda$null$")
        || is_made(class)
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

/// Classes that proxies and dependency injection generate; their names and methods are numbered anew in each build.
fn is_made(class: &str) -> bool {
    let own = class.rsplit('.').next().unwrap_or(class);
    own.strip_prefix("$Proxy").is_some_and(is_number)
        || class.contains("GeneratedMethodAccessor")
        || class.contains("GeneratedConstructorAccessor")
        || class.contains("$$FastClassBy")
        || class.contains("CGLIB$$")
        || own.starts_with("Hilt_")
        || own.starts_with("Dagger") && own.contains('$')
        || own.ends_with("$SwitchingProvider")
        || own.ends_with("_MembersInjector")
        || own.contains('_') && own.ends_with("Factory")
}

/// The class without the numbers of anonymous ones, and the method that its code is written in, if it was made
/// for a lambda or object in one: `Menu$refresh$2$1` is code of `Menu`, method `refresh`.
fn split_class(class: &str) -> (String, Option<&str>) {
    let mut parts = class.split('$');
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Compose numbers its singletons' lambdas: `lambda-1`.
        if part.is_empty() || is_number(part) || part.strip_prefix("lambda-").is_some_and(is_number) {
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
    let written = method.strip_prefix("lambda$").or(method.strip_prefix("$anonfun$")).unwrap_or(method);
    let written = match written.split_once('$') {
        Some((name, _)) if !name.is_empty() => name,
        _ => written,
    };
    without_signature(written).to_owned()
}

/// Without what Kotlin appends to functions that take value classes: `total-WZ4Q5Ns`.
fn without_signature(method: &str) -> &str {
    const LENGTH: usize = 7;
    match method.split_once('-') {
        Some((name, hash)) if !name.is_empty() && hash.len() == LENGTH => name,
        _ => method,
    }
}
