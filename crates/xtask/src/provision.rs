//! `cargo xtask provision`: published clients, browser and engine for the end-to-end tests.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use anyhow::{Context, bail};

use crate::workspace::Workspace;

/// What Debian's packages bring: a command that succeeds where they are, and the packages.
const SYSTEM_PROGRAMS: [(&[&str], &[&str]); 4] = [
    (&["/usr/bin/chromium", "--version"], &["chromium"]),
    // Programs as phones run them are compiled, and really crash.
    (&["aarch64-linux-gnu-g++", "--version"], &["g++-aarch64-linux-gnu"]),
    (&["qemu-aarch64", "--version"], &["qemu-user"]),
    (
        &["/usr/bin/ruby", "-rsentry-ruby", "-rraven", "-e", ""],
        &["ruby", "ruby-sentry-ruby", "ruby-sentry-raven"],
    ),
];
/// Written last into a provisioned folder, with the pins that it was made from.
const STAMP: &str = "provisioned";

/// Fetches what is missing and builds the server, which knows how to fetch its engine; the folder of it all.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let dir = workspace.provision_dir();
    let pins = workspace.path("tests/provision");
    python_clients(&dir.join("python"), &pins.join("python"))?;
    node_clients(&dir.join("node"), &pins.join("node"))?;
    system_programs()?;
    workspace.build_programs()?;
    engine(workspace)?;
    Ok(dir)
}

/// A folder for each Python SDK, because some exclude each other: a client runs with those that it names.
fn python_clients(dir: &Path, pins: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(pins).with_context(|| format!("cannot read {}", pins.display()))? {
        let requirements = entry?.path();
        let name = requirements.file_stem().context("a file of requirements has a name")?;
        let what = format!("Python client {}", name.display());
        python_packages(&dir.join(name), &requirements, &what)?;
    }
    Ok(())
}

/// What asks the API; no test needs it. The folder of its packages.
pub(crate) fn schemathesis(workspace: &Workspace, pins: &Path) -> anyhow::Result<PathBuf> {
    let dir = workspace.provision_dir().join("schemathesis");
    python_packages(&dir, &pins.join("requirements.txt"), "Schemathesis")?;
    Ok(dir)
}

fn python_packages(dir: &Path, requirements: &Path, what: &str) -> anyhow::Result<()> {
    fill_once(dir, requirements, what, || {
        run_quietly(
            Command::new("python3")
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .args(["--no-deps", "--require-hashes", "--only-binary", ":all:", "--target"])
                .arg(dir)
                .arg("-r")
                .arg(requirements),
            "install Python 3 with pip (Debian: apt-get install python3-pip), and see that its index is reachable",
        )
    })
}

/// A folder with the JavaScript SDKs and the library that drives the browser.
fn node_clients(dir: &Path, pins: &Path) -> anyhow::Result<()> {
    fill_once(dir, &pins.join("package-lock.json"), "JavaScript clients", || {
        for file in ["package.json", "package-lock.json"] {
            fs::copy(pins.join(file), dir.join(file))?;
        }
        run_quietly(
            Command::new("npm")
                .current_dir(dir)
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
            "install Node.js 20 or newer with npm, and see that its registry is reachable",
        )
    })
}

/// The system's browser, and Ruby with its SDKs; installed where this may.
fn system_programs() -> anyhow::Result<()> {
    let mut missing = Vec::new();
    for (probe, packages) in SYSTEM_PROGRAMS {
        let probe = Command::new(probe[0])
            .args(&probe[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !probe.is_ok_and(|status| status.success()) {
            missing.extend(packages);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    let by_hand = format!("install by hand: apt-get install {packages}");
    if !is_root()? {
        bail!("the tests need more programs; {by_hand}");
    }
    progress(&packages);
    let apt = |args: &[&str]| {
        run_quietly(Command::new("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive"), &by_hand)
    };
    apt(&["update", "--quiet"])?;
    apt(&[&["install", "--quiet", "--yes", "--no-install-recommends"], missing.as_slice()].concat())
}

/// The ClickHouse engine, into the cache that every server of this user looks in.
fn engine(workspace: &Workspace) -> anyhow::Result<()> {
    let status = Command::new(workspace.mayday())
        .args(["engine", "--fetch"])
        .stdout(Stdio::null())
        .status()
        .context("mayday cannot be started")?;
    if !status.success() {
        bail!("the ClickHouse engine is missing");
    }
    Ok(())
}

/// Fills a folder anew unless it was filled from the same pins before.
fn fill_once(
    dir: &Path,
    pins: &Path,
    what: &str,
    fill: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let wanted = fs::read(pins).with_context(|| format!("cannot read {}", pins.display()))?;
    let stamp = dir.join(STAMP);
    if fs::read(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    progress(what);
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => fs::create_dir_all(dir)?,
    }
    fill().with_context(|| format!("cannot provision the {what}"))?;
    fs::write(stamp, wanted)?;
    Ok(())
}

fn progress(what: &str) {
    eprintln!("xtask: fetching {what}");
}

/// Runs a command and shows what it said only if it failed.
fn run_quietly(command: &mut Command, advice: &str) -> anyhow::Result<()> {
    let program = command.get_program().display().to_string();
    let Output { status, stdout, stderr } = match command.stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => bail!("{program} is not installed; {advice}"),
        Err(error) => return Err(error).context(program),
    };
    if !status.success() {
        let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        bail!("{program} failed ({status}); {advice}\n{stdout}{stderr}");
    }
    Ok(())
}

fn is_root() -> anyhow::Result<bool> {
    let output = Command::new("id").arg("-u").output().context("id -u")?;
    Ok(output.stdout.trim_ascii() == b"0")
}
