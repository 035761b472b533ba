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
    let compiler = match name.rsplit('.').next() {
        Some("c") => "gcc",
        Some("rs") => "rustc",
        _ => "g++",
    };
    compile_with(compiler, name, source, flags)
}

/// The same with this compiler, a cross compiler perhaps.
pub(crate) fn compile_with(compiler: &str, name: &str, source: &str, flags: &[&str]) -> Option<Program> {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join(name);
    std::fs::write(&from, source).unwrap();
    let path = folder.path().join("program");
    let build_id = if compiler == "rustc" { "-Clink-arg=-Wl,--build-id=sha1" } else { "-Wl,--build-id=sha1" };
    let mut command = Command::new(compiler);
    // Flags may say otherwise.
    command.arg(build_id).args(flags).arg(&from).arg("-o").arg(&path).current_dir(folder.path());
    match command.output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            eprintln!("no {compiler}: {error}");
            return None;
        }
    }
    Some(Program { folder, path })
}

/// The calls at an address of a program, function, file name and line, the innermost first, as the tool of this name
/// (`addr2line`, perhaps of a cross compiler) has them.
pub(crate) fn addr2line(tool: &str, program: &Program, address: u64) -> Vec<(String, String, u32)> {
    let output = Command::new(tool)
        .args(["--functions", "--inlines", "--demangle", "--exe"])
        .arg(program.path())
        .arg(format!("{address:#x}"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let call = |call: &[&str]| {
        let (path, rest) = call[1].rsplit_once(':').unwrap();
        let line = rest.split(' ').next().unwrap().parse().unwrap_or(0);
        (call[0].to_owned(), mayday_event::file_name(path).to_owned(), line)
    };
    lines.chunks_exact(2).map(call).collect()
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
