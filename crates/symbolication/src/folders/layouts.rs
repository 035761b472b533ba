//! Where layouts keep a binary's files, as paths below a root.
//!
//! - GDB: `nn/nnnn….debug` of the build id (`/usr/lib/debug/.build-id`), the binary itself without `.debug`.
//! - LLDB: `XXXX/XXXX/XXXX/XXXX/XXXX/XXXXXXXXXXXX` of the UUID, the binary with `.app`.
//! - Symstore and Breakpad: `name/ID/name`, for PDBs and Breakpad's `.sym` by debug id, for binaries by code id.
//! - Unified: `nn/nnnn…/debuginfo`, `executable`, `breakpad` of the code id, or of the debug id in Breakpad's form.

use crate::ImageId;

/// Every path that a file of this binary may have, symbols before binaries. No part of a report becomes a path but its
/// file names, and those only without folders.
pub fn paths(image: &ImageId) -> Vec<String> {
    let mut paths = Vec::new();
    by_build_id(image, &mut paths);
    by_uuid(image, &mut paths);
    by_name(image, &mut paths);
    unified(image, &mut paths);
    paths
}

fn hex_code_id(image: &ImageId) -> Option<&str> {
    let id = image.code_id.as_deref()?;
    (id.len() > 2 && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

fn by_build_id(image: &ImageId, paths: &mut Vec<String>) {
    if let Some((first, rest)) = hex_code_id(image).and_then(|id| id.split_at_checked(2)) {
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

fn by_name(image: &ImageId, paths: &mut Vec<String>) {
    let debug_file = image.debug_file.as_deref().or(image.code_file.as_deref()).filter(|name| is_name(name));
    let code_file = image.code_file.as_deref().or(image.debug_file.as_deref()).filter(|name| is_name(name));
    if let (Some(name), Some(id)) = (debug_file, image.debug_id) {
        let folder = id.breakpad().to_string();
        paths.push(format!("{name}/{folder}/{name}"));
        let stem = name.strip_suffix(".pdb").or_else(|| name.strip_suffix(".exe")).unwrap_or(name);
        paths.push(format!("{name}/{folder}/{stem}.sym"));
        paths.push(format!("{name}/{}ffffffff/{name}", id.uuid().simple()));
    }
    if let (Some(name), Some(id)) = (code_file, hex_code_id(image)) {
        paths.push(format!("{name}/{id}/{name}"));
        paths.push(format!("{name}/elf-buildid-{id}/{name}"));
        paths.push(format!("_.debug/elf-buildid-sym-{id}/_.debug"));
        paths.push(format!("{name}/mach-uuid-{id}/{name}"));
        paths.push(format!("_.dwarf/mach-uuid-sym-{id}/_.dwarf"));
    }
}

fn unified(image: &ImageId, paths: &mut Vec<String>) {
    let by_debug_id = image.debug_id.map(|id| id.breakpad().to_string().to_lowercase());
    for id in hex_code_id(image).map(str::to_owned).into_iter().chain(by_debug_id) {
        if let Some((first, rest)) = id.split_at_checked(2) {
            paths
                .extend(["debuginfo", "breakpad", "executable"].map(|file| format!("{first}/{rest}/{file}")));
        }
    }
}

/// A file's name alone: nothing that leads elsewhere.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && !matches!(name, "." | "..")
        && !name.contains(['/', '\\', '\0', ':'])
}
