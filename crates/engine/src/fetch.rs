//! Fetching the engine library with npm: a pinned version, its digest checked before anything of it is used.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{RecvTimeoutError, channel},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use indicatif::{ProgressBar, ProgressStyle};
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest, Sha512};

use crate::{
    EngineError,
    locate::{LIBRARY, VERSION},
};

/// The package that holds the library.
const PACKAGE: &str = "@chdb/lib-linux-x64-gnu";
/// npm's `integrity` of the pinned version: sha512, base64.
const SHA512: &str =
    "XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==";
/// Length of the archive, bytes; only for the progress bar.
const ARCHIVE_BYTES: u64 = 178 << 20;
/// Length of the library, bytes; only for the progress bar.
const LIBRARY_BYTES: u64 = 566 << 20;
/// How often the bar moves while npm works.
const TICK: Duration = Duration::from_millis(200);

/// Puts the library at `library`. Of several processes at once, one fetches and the others wait for it.
pub(crate) fn fetch(cache: &Path, library: &Path) -> Result<(), EngineError> {
    fs::create_dir_all(cache).map_err(EngineError::io("create", cache))?;
    let lock_path = cache.join("lock");
    let lock = File::create(&lock_path).map_err(EngineError::io("create", &lock_path))?;
    flock(&lock, FlockOperation::LockExclusive)
        .map_err(|error| EngineError::io("lock", &lock_path)(error.into()))?;
    if library.try_exists().map_err(EngineError::io("read", library))? {
        return Ok(());
    }
    let work = cache.join("fetching");
    clear(&work)?;
    fs::create_dir_all(&work).map_err(EngineError::io("create", &work))?;
    tracing::info!(package = PACKAGE, version = VERSION, "fetching the ClickHouse engine, once");
    let archive = pack(&work)?;
    check(&archive)?;
    let unpacked = unpack(&archive, &work)?;
    let target = library.parent().unwrap_or(cache);
    fs::create_dir_all(target).map_err(EngineError::io("create", target))?;
    fs::rename(&unpacked, library).map_err(EngineError::io("move to", library))?;
    clear(&work)
}

fn clear(work: &Path) -> Result<(), EngineError> {
    match fs::remove_dir_all(work) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(EngineError::io("remove", work)(source))
        }
        _ => Ok(()),
    }
}

/// Downloads the archive: npm knows the machine's registry, proxy and certificates.
fn pack(work: &Path) -> Result<PathBuf, EngineError> {
    let child = Command::new("npm")
        .args(["pack", "--silent", "--pack-destination"])
        .arg(work)
        .arg(format!("{PACKAGE}@{VERSION}"))
        .current_dir(work)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| EngineError::NotFound(format!("npm cannot be run: {error}")))?;
    let bar = progress("fetching the engine", ARCHIVE_BYTES);
    let output = wait_watching(child, &bar)
        .map_err(|error| EngineError::NotFound(format!("npm cannot be waited for: {error}")))?;
    bar.finish_and_clear();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("no message");
        return Err(EngineError::NotFound(format!("npm pack {PACKAGE}@{VERSION} failed: {reason}")));
    }
    let entries = fs::read_dir(work).map_err(EngineError::io("read", work))?;
    entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .ok_or_else(|| EngineError::NotFound("npm pack left no archive".into()))
}

/// Waits for npm; the bar shows what it has read so far, which is the download and little else.
fn wait_watching(child: Child, bar: &ProgressBar) -> io::Result<std::process::Output> {
    let counter = format!("/proc/{}/io", child.id());
    let (done, finished) = channel();
    let waiter = std::thread::spawn(move || {
        let output = child.wait_with_output();
        drop(done);
        output
    });
    while finished.recv_timeout(TICK) == Err::<(), _>(RecvTimeoutError::Timeout) {
        if let Some(read) = bytes_read(&counter) {
            bar.set_position(read.min(ARCHIVE_BYTES));
        }
    }
    waiter.join().unwrap_or_else(|_| Err(io::Error::other("the waiting thread panicked")))
}

fn bytes_read(counter: &str) -> Option<u64> {
    fs::read_to_string(counter).ok()?.strip_prefix("rchar: ")?.lines().next()?.parse().ok()
}

fn check(archive: &Path) -> Result<(), EngineError> {
    let mut file = File::open(archive).map_err(EngineError::io("read", archive))?;
    let mut hasher = Sha512::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(EngineError::io("read", archive))? {
            0 => break,
            length => hasher.update(&buffer[..length]),
        }
    }
    let found = STANDARD.encode(hasher.finalize());
    if found == SHA512 {
        return Ok(());
    }
    fs::remove_file(archive).map_err(EngineError::io("remove", archive))?;
    let archive = archive.display().to_string();
    Err(EngineError::WrongDigest { archive, found, expected: SHA512.to_owned() })
}

/// Takes the library out of the checked archive; nothing else in it is touched.
#[expect(clippy::disallowed_types, reason = "no foreign bytes: the archive's digest is pinned")]
fn unpack(archive: &Path, work: &Path) -> Result<PathBuf, EngineError> {
    let file = File::open(archive).map_err(EngineError::io("read", archive))?;
    let mut entries = tar::Archive::new(flate2::read::GzDecoder::new(io::BufReader::new(file)));
    let target = work.join(LIBRARY);
    let unreadable = || EngineError::io("unpack", archive);
    for entry in entries.entries().map_err(unreadable())? {
        let entry = entry.map_err(unreadable())?;
        let is_library = entry.path().is_ok_and(|path| path.file_name().is_some_and(|name| name == LIBRARY));
        if is_library {
            let bar = progress("unpacking the engine", LIBRARY_BYTES);
            let mut out = File::create(&target).map_err(EngineError::io("create", &target))?;
            io::copy(&mut bar.wrap_read(entry.take(u64::MAX)), &mut out).map_err(unreadable())?;
            out.sync_all().map_err(EngineError::io("write", &target))?;
            bar.finish_and_clear();
            return Ok(target);
        }
    }
    Err(EngineError::NotFound(format!("{PACKAGE}@{VERSION} holds no {LIBRARY}")))
}

fn progress(what: &'static str, bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bytes).with_style(style).with_message(what)
}
