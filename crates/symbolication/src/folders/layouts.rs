//! Where a binary's files may be below a folder: in the layouts of symbol servers, and in those of debuggers.
//!
//! - GDB: `nn/nnnn….debug` of the build id (`/usr/lib/debug/.build-id`), the binary itself without `.debug`.
//! - LLDB: `XXXX/XXXX/XXXX/XXXX/XXXX/XXXXXXXXXXXX` of the UUID, the binary with `.app`.

use crate::{
    ImageId,
    sources::{self, FileType, Layout},
};

/// Those of servers that name files otherwise than the others, but for the case of letters.
const LAYOUTS: [Layout; 5] =
    [Layout::Debuginfod, Layout::Symstore, Layout::Breakpad, Layout::Unified, Layout::Slashsymbols];

/// Every path that a file of this binary may have. No part of a report becomes a path but hexadecimal ids and file names
/// without folders.
pub fn paths(image: &ImageId) -> Vec<String> {
    let mut paths = Vec::new();
    by_build_id(image, &mut paths);
    by_uuid(image, &mut paths);
    for ty in FileType::ALL {
        for path in LAYOUTS.into_iter().flat_map(|layout| sources::paths(layout, ty, image)) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    paths
}

fn by_build_id(image: &ImageId, paths: &mut Vec<String>) {
    let id = sources::code_id(image);
    if let Some((first, rest)) = id.as_deref().and_then(|id| id.split_at_checked(2)) {
        for prefix in ["", ".build-id/"] {
            paths.push(format!("{prefix}{first}/{rest}.debug"));
            paths.push(format!("{prefix}{first}/{rest}"));
        }
    }
}

fn by_uuid(image: &ImageId, paths: &mut Vec<String>) {
    let Some(id) = image.debug_id else { return };
    let id = id.uuid().simple().to_string().to_uppercase();
    let at = |range| id.get(range).unwrap_or_default();
    let path =
        format!("{}/{}/{}/{}/{}/{}", at(0..4), at(4..8), at(8..12), at(12..16), at(16..20), at(20..32));
    paths.push(path.clone());
    paths.push(format!("{path}.app"));
}
