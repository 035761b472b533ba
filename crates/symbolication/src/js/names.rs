//! Which sources are no part of the app.

/// By their paths: packages that were installed, and what a bundler adds.
pub(super) fn is_ignored_path(path: &str, filename: &str) -> bool {
    const PACKAGES: &str = "node_modules/";
    if path.starts_with("webpack:") {
        return !filename.starts_with("./") || filename.contains("/node_modules/");
    }
    path.contains("/node_modules/") || filename.starts_with(PACKAGES)
}
