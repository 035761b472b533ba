//! C# on .NET, Mono and IL2CPP.

use super::{Named, before, without_brackets};

/// Names a frame by its type and method.
pub(super) fn name(module: &str, function: &str) -> Named {
    // What the runtime puts between managed and native code.
    if function.starts_with("(wrapper ") {
        return Named::Synthetic(function.to_owned());
    }
    let module = without_brackets(module, '[', ']');
    let mut scope = String::new();
    let mut enclosing = None;
    for part in module.split(['+', '/']) {
        // `<LoadAsync>d__12` is the state machine of LoadAsync, `<>c__DisplayClass5_0` the closure of a lambda.
        match part.strip_prefix('<').and_then(|made| made.split_once('>')) {
            Some((method, _)) if !method.is_empty() => {
                // An asynchronous lambda's: `<<Start>b__0>d`.
                enclosing = Some(method.trim_start_matches('<').to_owned());
            }
            Some(_) => {}
            None => {
                if !scope.is_empty() {
                    scope.push('+');
                }
                scope.push_str(before(part, &["`"]));
            }
        }
    }
    let function = enclosing.unwrap_or_else(|| plain_method(function));
    match scope.is_empty() && function.is_empty() {
        true => Named::Unnamed,
        false => Named::function(scope, function),
    }
}

/// `<Start>b__3_0`, a lambda of Start; `Get[T]` and ``Get`1``, generic ones; `Type:Method (args)` as Unity logs them.
fn plain_method(function: &str) -> String {
    let function = before(function, &["("]).trim();
    let function = match function.split_once('<') {
        Some((_, made)) if made.contains(">b__") || made.contains(">g__") => before(made, &[">"]),
        _ => function,
    };
    before(&without_brackets(function, '[', ']'), &["`", "<"]).to_owned()
}
