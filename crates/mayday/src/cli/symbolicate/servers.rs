//! Symbols from the folders and symbol servers that the command line names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use mayday_event::model::SymbolStatus;
use mayday_symbolication::{
    Absent, ArtifactKind, Artifacts, CacheFile, ImageId, Wanted,
    folders::{LocalFolders, SymbolFolder, from_files, paths},
    sources::{Layout, source_path},
};
use reqwest::{Client, StatusCode, redirect};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use url::Url;

use crate::cli::runtime;

/// Largest file that is fetched, bytes.
const FILE_BYTES: u64 = 2 << 30;
/// Largest source file, bytes.
const SOURCE_BYTES: u64 = 16 << 20;
/// A server that never had a source file after so many questions is none of sources.
const SOURCE_MISSES: usize = 4;
/// Longest name of a fetched file, bytes.
const NAME_BYTES: usize = 100;
/// For an answer to begin.
const CONNECT: Duration = Duration::from_secs(10);
/// Without a byte, an answer has ended.
const SILENCE: Duration = Duration::from_secs(30);
const REDIRECTS: usize = 5;

/// Folders first, then servers, each in the order given.
pub(super) struct Symbols {
    pub(super) folders: LocalFolders,
    servers: Vec<Server>,
    /// No folder was named.
    only_servers: bool,
}

impl Symbols {
    pub(super) fn of(named: &[String]) -> anyhow::Result<Self> {
        let (urls, folders): (Vec<&String>, Vec<&String>) =
            named.iter().partition(|name| name.starts_with("http://") || name.starts_with("https://"));
        let only_servers = folders.is_empty();
        let folders = folders.into_iter().map(|folder| {
            SymbolFolder::open(Path::new(folder)).with_context(|| format!("cannot read the folder {folder}"))
        });
        let folders = LocalFolders::new(folders.collect::<anyhow::Result<_>>()?);
        let servers = urls.into_iter().map(|url| Server::new(url)).collect::<anyhow::Result<_>>()?;
        Ok(Self { folders, servers, only_servers })
    }
}

impl Artifacts for Symbols {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        let local = self.folders.find(wanted);
        match (local, wanted) {
            (Err(absent), Wanted::Image(kind, image)) => self.image(*kind, image, absent),
            (Err(absent), Wanted::SourceFile { image, path }) => self.source_file(image, path).ok_or(absent),
            (local, _) => local,
        }
    }
}

impl Symbols {
    /// What servers have of a binary that the folders do not have for the reason that is given.
    fn image(&self, kind: ArtifactKind, image: &ImageId, absent: Absent) -> Result<CacheFile, Absent> {
        let mut reasons = match absent.status {
            SymbolStatus::Missing if self.only_servers => Vec::new(),
            _ => vec![absent.reason.to_string()],
        };
        let local_reasons = reasons.len();
        for server in &self.servers {
            let fetched = server.fetch(image);
            match from_files(kind, &fetched.files, image, None) {
                Ok((file, _)) => return Ok(file.from_source(server.name.clone())),
                Err(problem) if problem.status != SymbolStatus::Missing => return Err(problem),
                Err(_) => reasons.push(fetched.said),
            }
        }
        if reasons.len() == local_reasons {
            return Err(absent);
        }
        Err(Absent { status: absent.status, reason: reasons.join("; ").into() })
    }

    /// A source file by itself, as debuginfod has it.
    fn source_file(&self, image: &ImageId, path: &str) -> Option<CacheFile> {
        let place = source_path(Layout::Debuginfod, image, path)?;
        self.servers.iter().find_map(|server| {
            let fetched = server.fetch_source(&place)?;
            let (file, _) = from_files(ArtifactKind::SourceFile, &[fetched], image, None).ok()?;
            Some(file.from_source(server.name.clone()))
        })
    }
}

/// A symbol server; what was fetched of it is kept until the command ends.
struct Server {
    name: Arc<str>,
    base: Url,
    client: Client,
    runtime: Runtime,
    folder: TempDir,
    fetched: Mutex<BTreeMap<String, Fetched>>,
    sources: Mutex<Sources>,
    /// Files that were fetched.
    files: AtomicUsize,
}

/// The source files that a server was asked for.
#[derive(Default)]
struct Sources {
    /// By their place.
    asked: BTreeMap<String, Option<PathBuf>>,
    has_any: bool,
}

/// What a server gave for one binary.
#[derive(Debug, Clone, Default)]
struct Fetched {
    files: Vec<PathBuf>,
    /// For people, where it gave nothing.
    said: String,
}

impl Server {
    fn new(url: &str) -> anyhow::Result<Self> {
        let mut base: Url = url.parse().with_context(|| format!("{url} is no URL"))?;
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(redirect::Policy::limited(REDIRECTS))
            .build()
            .context("cannot set up HTTP")?;
        Ok(Self {
            name: base.host_str().unwrap_or(url).into(),
            base,
            client,
            runtime: runtime()?,
            folder: tempfile::tempdir().context("cannot make a folder for what is fetched")?,
            fetched: Mutex::default(),
            sources: Mutex::default(),
            files: AtomicUsize::new(0),
        })
    }

    /// All files that the server has of a binary, asked once.
    fn fetch(&self, image: &ImageId) -> Fetched {
        let key = format!("{image:?}");
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        fetched.entry(key).or_insert_with(|| self.runtime.block_on(self.ask(image))).clone()
    }

    /// One source file, asked once.
    fn fetch_source(&self, place: &str) -> Option<PathBuf> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = sources.asked.get(place) {
            return known.clone();
        }
        if !sources.has_any && sources.asked.len() >= SOURCE_MISSES {
            return None;
        }
        let file = self.runtime.block_on(self.get(place, SOURCE_BYTES)).ok();
        sources.has_any |= file.is_some();
        sources.asked.insert(place.to_owned(), file.clone());
        file
    }

    async fn ask(&self, image: &ImageId) -> Fetched {
        let mut fetched = Fetched::default();
        let mut said = BTreeSet::new();
        for path in paths(image) {
            match self.get(&path, FILE_BYTES).await {
                Ok(file) => fetched.files.push(file),
                Err(problem) => {
                    // What does not answer once is not asked again and again.
                    let is_over = !problem.starts_with("answered");
                    said.insert(problem);
                    if is_over {
                        break;
                    }
                }
            }
        }
        let said = said.into_iter().collect::<Vec<_>>().join(", ");
        fetched.said = format!("{} {}", self.name, if said.is_empty() { "has none" } else { &said });
        fetched
    }

    /// One file of at most so many bytes; an error begins with `answered` where the server did.
    async fn get(&self, path: &str, most: u64) -> Result<PathBuf, String> {
        let url = self.base.join(path).map_err(|error| format!("has no such URL: {error}"))?;
        let mut answer = self.client.get(url).send().await.map_err(|error| reason(&error))?;
        if answer.status() != StatusCode::OK {
            return Err(format!("answered {}", answer.status().as_u16()));
        }
        // Paths of source files may be longer than names of files.
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let name = path.replace('/', "_");
        let (_, name) = name.split_at(name.floor_char_boundary(name.len().saturating_sub(NAME_BYTES)));
        let to = self.folder.path().join(format!("{number}-{name}"));
        let written = |error: std::io::Error| format!("cannot be written down: {error}");
        let mut file = File::create(&to).map_err(written)?;
        let mut taken = 0;
        while let Some(chunk) = answer.chunk().await.map_err(|error| reason(&error))? {
            taken += chunk.len() as u64;
            if taken > most {
                return Err(format!("answered with more than {most} bytes"));
            }
            file.write_all(&chunk).map_err(written)?;
        }
        Ok(to)
    }
}

fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() { "did not answer in time".to_owned() } else { "cannot be reached".to_owned() }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader},
        net::TcpListener,
    };

    use mayday_symbolication::ArtifactKind;

    use super::*;

    const SYM: &str = "MODULE Linux x86_64 C0BCC3F19827FE653058404B2831D9E60 crash\nFILE 0 a.cpp\nFUNC 10 10 0 main\n10 10 4 0\n";

    /// Serves Breakpad's file where Breakpad has it, and one source file, else 404; counts what it is asked for.
    fn server() -> (String, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::Relaxed);
                let mut line = String::new();
                BufReader::new(&stream).read_line(&mut line).unwrap();
                let ok = |body: &str| {
                    format!(
                        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                        body.len()
                    )
                };
                let answer = if line.contains("/store/crash/C0BCC3F19827FE653058404B2831D9E60/crash.sym ") {
                    ok(SYM)
                } else if line.contains("/store/buildid/c0bcc3f1/source/src/a%2B.cpp ") {
                    ok("int main() {}")
                } else {
                    "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()
                };
                (&stream).write_all(answer.as_bytes()).unwrap();
            }
        });
        (url, asked)
    }

    fn wanted() -> Wanted {
        let image = ImageId {
            debug_id: "c0bcc3f1-9827-fe65-3058-404b2831d9e6".parse().ok(),
            debug_file: Some("crash".to_owned()),
            ..ImageId::default()
        };
        Wanted::Image(ArtifactKind::SymCache, image)
    }

    #[test]
    fn a_symbol_server_is_asked_and_what_it_says_is_said() {
        rustls::crypto::ring::default_provider().install_default().ok();
        let (url, _) = server();
        let symbols = Symbols::of(&[format!("{url}/store")]).unwrap();
        assert_eq!(&*symbols.find(&wanted()).unwrap().source, "127.0.0.1");
        let symbols = Symbols::of(&[url]).unwrap();
        let absent = symbols.find(&wanted()).unwrap_err();
        assert_eq!(&*absent.reason, "127.0.0.1 answered 404");
        let symbols = Symbols::of(&["http://127.0.0.1:9/".to_owned()]).unwrap();
        let absent = symbols.find(&wanted()).unwrap_err();
        assert!(absent.reason.contains("cannot be reached"), "{}", absent.reason);
    }

    #[test]
    fn source_files_come_from_a_server_that_has_some() {
        rustls::crypto::ring::default_provider().install_default().ok();
        let (url, asked) = server();
        let source = |path: &str| {
            let image = ImageId { code_id: Some("c0bcc3f1".to_owned()), ..ImageId::default() };
            Wanted::SourceFile { image, path: path.to_owned() }
        };
        let symbols = Symbols::of(&[format!("{url}/store")]).unwrap();
        for _ in 0..2 {
            let file = symbols.find(&source("/src/a+.cpp")).unwrap();
            assert_eq!((&*file.bytes, &*file.source), (b"int main() {}".as_slice(), "127.0.0.1"));
        }
        assert!(symbols.find(&source(&format!("/{}/b.cpp", "long/".repeat(100)))).is_err());
        assert_eq!(asked.load(Ordering::Relaxed), 2, "what is known is not asked again");
        let symbols = Symbols::of(&[url]).unwrap();
        for number in 0..10 {
            assert!(symbols.find(&source(&format!("/src/{number}.cpp"))).is_err());
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2 + SOURCE_MISSES, "it is none of sources");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let error = Symbols::of(&["/no/such/folder".to_owned()]).err().unwrap();
        assert!(error.to_string().contains("/no/such/folder"), "{error}");
        assert!(Symbols::of(&["http://".to_owned()]).is_err());
    }
}
