//! Where the programs under test and the provisioned clients are.

use std::{
    env,
    net::TcpListener,
    path::{Path, PathBuf},
};

/// The server's binary, built beside this test's.
pub(crate) fn mayday() -> PathBuf {
    let path = build_dir().join("mayday");
    assert!(is_there(&path), "{} is missing: run `cargo xtask test`, or `cargo build` first", path.display());
    path
}

/// What `cargo xtask provision` fetched.
pub(crate) fn provision() -> PathBuf {
    let target = build_dir().parent().expect("a build directory is in the target directory").to_owned();
    let path = env::var_os("MAYDAY_PROVISION").map_or_else(|| target.join("provision"), PathBuf::from);
    assert!(is_there(&path), "{} is missing: run `cargo xtask provision` first", path.display());
    path
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// `target/debug`: this program is `target/debug/deps/e2e-…`.
fn build_dir() -> PathBuf {
    let this = env::current_exe().expect("this program's path");
    this.ancestors().nth(2).expect("a build directory").to_owned()
}

fn is_there(path: &Path) -> bool {
    path.try_exists().unwrap_or(false)
}
