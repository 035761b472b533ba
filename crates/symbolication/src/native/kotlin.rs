//! Kotlin/Native's names of functions.
//!
//! The compiler writes `kfun:` before the function's full name: `kfun:com.example.Shop#pay(kotlin.Int){}kotlin.Boolean`,
//! the class left of `#`, type parameters in braces, what is returned after them. Since Kotlin 2 also `kfun:…#<init>(){}`.

/// `com.example.Shop.pay(kotlin.Int)`; `None` for other names.
pub(super) fn demangled(name: &str) -> Option<String> {
    let name = name.strip_prefix('_').unwrap_or(name).strip_prefix("kfun:")?;
    let (name, _returned) = name.split_once('{').unwrap_or((name, ""));
    let (scope, function) = name.split_once('#').unwrap_or(("", name));
    let scope = scope.trim_end_matches('.');
    let is_named = !function.is_empty();
    is_named.then(|| match scope {
        "" => function.to_owned(),
        scope => format!("{scope}.{function}"),
    })
}
