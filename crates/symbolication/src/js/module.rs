//! Module names out of paths: what stays the same from build to build.

/// `https://example.com/js/v1.0/foo/bar/baz.min.js?x=1` is `foo/bar/baz`.
pub(super) fn module_of(path: &str) -> String {
    let path = without_host(path);
    let path = path.split(['#', '?']).next().unwrap_or(path);
    let path = match path.rfind(['.', '/']) {
        Some(at) if path.as_bytes().get(at) == Some(&b'.') => path.get(..at).unwrap_or(path),
        _ => path,
    };
    let path = path.strip_suffix(".min").unwrap_or(path);
    // What follows the hash of a build.
    let mut rest = path;
    while let Some((segment, after)) = rest.split_once('/') {
        if matches!(segment.len(), 32 | 40) && is_hex(segment) {
            return after.to_owned();
        }
        rest = after;
    }
    without_commit(without_folders(path)).to_owned()
}

fn without_host(path: &str) -> &str {
    if let Some(path) = path.strip_prefix('~') {
        return path;
    }
    match path.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or(rest),
        None => path,
    }
}

/// Folders in front that say nothing of the module.
fn without_folders(path: &str) -> &str {
    let mut rest = path;
    while let Some((folder, after)) = rest.split_once('/') {
        if !folder.is_empty() && !says_nothing(folder) {
            break;
        }
        rest = after;
    }
    rest
}

fn says_nothing(folder: &str) -> bool {
    const FOLDERS: [&str; 9] = [
        "javascript",
        "javascripts",
        "script",
        "scripts",
        "js",
        "build",
        "static",
        "node_modules",
        "bower_components",
    ];
    FOLDERS.iter().any(|known| known.eq_ignore_ascii_case(folder))
        || folder.starts_with(['_', '.', '~'])
        || is_version(folder.strip_prefix(['v', 'V']).unwrap_or(folder))
        || (matches!(folder.len(), 7 | 8 | 32 | 40) && is_hex(folder))
}

fn is_version(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `app-3fa94c2e` is `app`.
fn without_commit(path: &str) -> &str {
    match path.rfind(['-', '.']) {
        Some(at) if path.get(at + 1..).is_some_and(|end| end.len() >= 7 && is_hex(end)) => {
            path.get(..at).unwrap_or(path)
        }
        _ => path,
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_from_build_to_build_goes() {
        for (path, expected) in [
            ("http://example.com/test.js", "test"),
            ("https://example.com/js/v1.0/foo/bar/baz.min.js?x=1#y", "foo/bar/baz"),
            ("./src/components/CampaignContent.tsx", "src/components/CampaignContent"),
            ("http://example.com/c9911f3ef2d4a1d9bb1c8ab2d2ec3aab/app/cart.js", "app/cart"),
            ("~/static/js/main-3fa94c2e.js", "main"),
            ("app:///index.android.bundle", "index.android"),
            ("http://example.com", "example"),
        ] {
            assert_eq!(module_of(path), expected, "{path}");
        }
    }
}
