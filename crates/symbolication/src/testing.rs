//! What tests make for themselves: programs, compiled by the system's compiler.

use std::{path::PathBuf, process::Command};

use tempfile::TempDir;

/// A compiled program in a folder of its own.
pub(crate) struct Program {
    folder: TempDir,
    path: PathBuf,
}

/// Compiles a source of one file with a build id; `None` where the system has no compiler.
pub(crate) fn compile(name: &str, source: &str, flags: &[&str]) -> Option<Program> {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join(name);
    std::fs::write(&from, source).unwrap();
    let path = folder.path().join("program");
    let (compiler, build_id) = match name.rsplit('.').next() {
        Some("c") => ("gcc", "-Wl,--build-id=sha1"),
        Some("rs") => ("rustc", "-Clink-arg=-Wl,--build-id=sha1"),
        _ => ("g++", "-Wl,--build-id=sha1"),
    };
    let mut command = Command::new(compiler);
    command.args(flags).arg(build_id).arg(&from).arg("-o").arg(&path).current_dir(folder.path());
    match command.output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            eprintln!("no {compiler}: {error}");
            return None;
        }
    }
    Some(Program { folder, path })
}

impl Program {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }

    /// The same program without what only debuggers need.
    pub(crate) fn stripped(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        let status = Command::new("strip").arg("-o").arg(&path).arg(&self.path).status().unwrap();
        assert!(status.success());
        Self { folder, path }
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}
