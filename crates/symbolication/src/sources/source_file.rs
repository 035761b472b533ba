//! Where a debuginfod server has a source file: `buildid/ID/source/PATH`.
//!
//! <https://sourceware.org/elfutils/Debuginfod.html>, `debuginfod(8)`: the path is as in the debug file, absolute, without
//! `.`, `..` and empty parts, and what URLs give a meaning to is written as `%` and digits.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Layout, names::code_id};
use crate::ImageId;

/// Longest path, bytes.
const PATH_BYTES: usize = 1_000;
/// All but what `RFC 3986` never reserves, and slashes.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// An absolute path without parts that lead back; `None` if it is not absolute, too long, or no file's.
pub fn normal_path(path: &str) -> Option<String> {
    if !path.starts_with('/') || path.len() > PATH_BYTES || path.contains(char::is_control) {
        return None;
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty() && !path.ends_with('/')).then(|| format!("/{}", parts.join("/")))
}

/// Where a server of this layout may have the source file of this path; `None` if it keeps none.
pub fn source_path(layout: Layout, image: &ImageId, path: &str) -> Option<String> {
    if layout != Layout::Debuginfod {
        return None;
    }
    let path = normal_path(path)?;
    Some(format!("buildid/{}/source{}", code_id(image)?, utf8_percent_encode(&path, ESCAPED)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_file_and_nowhere_else() {
        let image = ImageId { code_id: Some("C22813AC7D".into()), ..ImageId::default() };
        let of = |path: &str| source_path(Layout::Debuginfod, &image, path);
        for (path, expected) in [
            ("/usr/src/shop-1.2/pay.cpp", "/usr/src/shop-1.2/pay.cpp"),
            ("/build/obj/../src/./a//b.c", "/build/src/a/b.c"),
            ("/../../../admin", "/admin"),
            ("/a/%2e%2e/b?x#y c+ü", "/a/%252e%252e/b%3Fx%23y%20c%2B%C3%BC"),
        ] {
            assert_eq!(of(path), Some(format!("buildid/c22813ac7d/source{expected}")), "{path}");
        }
        for path in ["pay.cpp", "", "/", "/..", "/src/", "C:\\src\\pay.cpp", "/a\nb"] {
            assert_eq!(of(path), None, "{path}");
        }
        assert_eq!(source_path(Layout::Unified, &image, "/a.c"), None);
        assert_eq!(source_path(Layout::Debuginfod, &ImageId::default(), "/a.c"), None);
    }
}
