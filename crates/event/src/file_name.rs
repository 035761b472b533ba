//! Paths of foreign systems.

/// A file's name without its folder, the path being of any system; empty if the path ends in a folder.
pub fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}
