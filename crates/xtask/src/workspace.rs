//! Where things are, and cargo as a child.

use std::{
    env,
    ffi::OsString,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};
use cargo_metadata::MetadataCommand;

/// This checkout and its build directory.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Asks cargo, so that `CARGO_TARGET_DIR` and cargo's configuration are honoured.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let metadata = MetadataCommand::new().no_deps().exec().context("cargo metadata failed")?;
        Ok(Self { root: metadata.workspace_root.into(), target: metadata.target_directory.into() })
    }

    /// A path in the checkout.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Where what the tests need is provisioned: `MAYDAY_PROVISION`, else in the build directory.
    pub(crate) fn provision_dir(&self) -> PathBuf {
        env::var_os("MAYDAY_PROVISION").map_or_else(|| self.target.join("provision"), PathBuf::from)
    }

    /// A folder in the build directory, empty.
    pub(crate) fn new_folder(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.target.join(name);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(&folder)?,
        }
        Ok(folder)
    }

    /// The server's binary, once built.
    pub(crate) fn mayday(&self) -> PathBuf {
        self.target.join("debug").join("mayday").with_extension(env::consts::EXE_EXTENSION)
    }

    /// Builds every binary of the workspace, as the end-to-end tests start them.
    pub(crate) fn build_programs(&self) -> anyhow::Result<()> {
        self.build(&["--workspace", "--bins"])
    }

    /// Builds the server alone.
    pub(crate) fn build_server(&self) -> anyhow::Result<()> {
        self.build(&["-p", "mayday"])
    }

    fn build(&self, what: &[&str]) -> anyhow::Result<()> {
        let status = self.cargo().arg("build").args(what).status()?;
        if !status.success() {
            bail!("the build failed");
        }
        Ok(())
    }

    /// cargo in the workspace's root, without what the cargo that runs this told it about `xtask`: else build
    /// scripts see another environment and run again.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
        cargo.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            let told = ["CARGO_PKG_", "CARGO_MANIFEST_"];
            if name.to_str().is_some_and(|name| told.iter().any(|prefix| name.starts_with(prefix))) {
                cargo.env_remove(name);
            }
        }
        cargo
    }
}
