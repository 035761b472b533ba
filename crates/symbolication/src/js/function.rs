//! Names of functions.

use std::borrow::Cow;

pub(super) const ANONYMOUS: &str = "<anonymous>";
pub(super) const UNKNOWN: &str = "<unknown>";
/// Names that say less than what the caller calls the function.
const EMPTY: [&str; 3] = [ANONYMOUS, "__webpack_require__", "__webpack_modules__"];

/// The best of what is known: the scope's own name, what the caller calls it, the minified name.
pub(super) fn function_name<'a>(
    minified: Option<&'a str>,
    scope: &'a str,
    called: Option<&'a str>,
) -> Cow<'a, str> {
    if !EMPTY.contains(&scope) {
        return scope.into();
    }
    called.filter(|name| !name.is_empty()).or(minified).unwrap_or(scope).into()
}

/// `bar.foo.foo.onError` as `bar.{foo#2}.onError`: a property that repeats, the last component aside.
pub(super) fn folded(name: &str) -> String {
    let Some((properties, last)) = name.rsplit_once('.') else { return name.to_owned() };
    let mut folded = String::with_capacity(name.len());
    let mut properties = properties.split('.').peekable();
    while let Some(property) = properties.next() {
        let mut times = 1;
        while properties.next_if_eq(&property).is_some() {
            times += 1;
        }
        match times {
            1 => folded.push_str(property),
            _ => folded.push_str(&format!("{{{property}#{times}}}")),
        }
        folded.push('.');
    }
    folded.push_str(last);
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_names_what_has_no_name() {
        assert_eq!(function_name(Some("a"), "add", Some("cart.add")), "add");
        assert_eq!(function_name(Some("a"), ANONYMOUS, Some("cart.add")), "cart.add");
        assert_eq!(function_name(Some("a"), ANONYMOUS, None), "a");
        assert_eq!(function_name(None, ANONYMOUS, Some("")), ANONYMOUS);
    }

    #[test]
    fn repeated_properties_fold() {
        for (name, expected) in [
            ("foo", "foo"),
            ("foo.foo", "foo.foo"),
            ("foo.foo.foo", "{foo#2}.foo"),
            ("bar.bar.bar.foo.foo.onError", "{bar#3}.{foo#2}.onError"),
            ("bar.foo.foo.bar.bar.onError", "bar.{foo#2}.{bar#2}.onError"),
        ] {
            assert_eq!(folded(name), expected);
        }
    }
}
