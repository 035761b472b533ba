//! Names of sources, made whole by where their map is; and without what bundlers put before them.

use std::borrow::Cow;

/// What a name in a map at `base` stands for. A tilde stands for any host.
pub(super) fn joined(base: &str, name: &str) -> String {
    if name.contains("://") || name.starts_with("webpack:") {
        return name.to_owned();
    }
    let (scheme, rest) = match base.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, base),
    };
    let name = name.strip_prefix('~').unwrap_or(name);
    let (host, folder) = match scheme {
        Some(_) => rest.split_once('/').unwrap_or((rest, "")),
        None => ("", rest),
    };
    if let (Some(scheme), Some(other_host)) = (scheme, name.strip_prefix("//")) {
        return format!("{scheme}://{other_host}");
    }
    let mut path = String::with_capacity(base.len() + name.len() + 1);
    if let Some(scheme) = scheme {
        path.extend([scheme, "://", host]);
    }
    if name.starts_with('/') {
        return path + name;
    }
    let origin = path.len();
    let folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
    for part in folder.split('/').filter(|part| !part.is_empty()) {
        path.extend(["/", part]);
    }
    for part in name.split('/') {
        // Where the last part begins, if there is one.
        let last = path.get(origin..).and_then(|parts| parts.rfind('/')).map(|at| origin + at);
        match (part, last) {
            ("" | ".", _) => {}
            ("..", Some(last)) if path.get(last..) != Some("/..") => path.truncate(last),
            // Above a host there is nothing.
            ("..", _) if scheme.is_some() => {}
            (part, _) => path.extend(["/", part]),
        }
    }
    if path.len() == origin {
        path.push('/');
    }
    path
}

/// `webpack:///./src/a.js` and `webpack://shop/./src/a.js` are `./src/a.js`; `webpack:///~/react.js` is `~/react.js`.
pub(super) fn unpacked(name: &str) -> Cow<'_, str> {
    if let Some((_, package)) = name.split_once("/~/") {
        return format!("~/{package}").into();
    }
    let Some(rest) = name.strip_prefix("webpack://") else { return name.into() };
    if let Some(rest) = rest.strip_prefix('/') {
        return rest.into();
    }
    match rest.split_once("/./") {
        Some((namespace, rest)) if !namespace.contains('/') => format!("./{rest}").into(),
        _ => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_to_where_the_map_is() {
        for (base, name, expected) in [
            ("http://example.com/test.min.js.map", "test.js", "http://example.com/test.js"),
            ("http://example.com/js/a.js", "../src/./a.ts", "http://example.com/src/a.ts"),
            ("http://example.com/js/a.js", "/b.js", "http://example.com/b.js"),
            ("http://example.com/js/a.js", "~/b.js", "http://example.com/b.js"),
            ("http://example.com/js/a.js", "//cdn.example/b.js", "http://cdn.example/b.js"),
            ("http://example.com/a.js", "webpack:///./b.js", "webpack:///./b.js"),
            ("app:///index.android.bundle", "src/App.js", "app:///src/App.js"),
            ("app:///index.android.bundle", "/home/me/App.js", "app:///home/me/App.js"),
            ("/srv/app/dist/a.js", "../src/a.ts", "/srv/app/src/a.ts"),
        ] {
            assert_eq!(joined(base, name), expected, "{base} {name}");
        }
    }

    #[test]
    fn bundlers_names_go() {
        for (name, expected) in [
            ("webpack:///./src/a.js", "./src/a.js"),
            ("webpack://shop/./src/a.js", "./src/a.js"),
            ("webpack:///~/react/index.js", "~/react/index.js"),
            ("webpack:///webpack/bootstrap", "webpack/bootstrap"),
        ] {
            assert_eq!(unpacked(name), expected);
        }
    }
}
