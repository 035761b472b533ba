//! The cache itself.

use std::{
    collections::{BTreeSet, HashMap},
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use mayday_event::{ProjectId, Timestamp};
use symbolic::common::ByteView;

use super::{
    CacheKey,
    absences::Absences,
    entry::{Entry, Summed},
};
use crate::{Absent, ArtifactKind, CacheFile, KeptFrames};

/// What a use is written down no more often than.
const TOUCH_EVERY_MS: i64 = Timestamp::HOUR_MS;
/// Of memory for frames that were looked up: some 40,000 of mappings, and 10,000 of source maps.
const KEPT_BYTES: u64 = 32 << 20;
/// The part of the limit that becomes free when files make room.
const FREED: u64 = 10;

/// Where a cache is, and how large it may become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    pub directory: PathBuf,
    /// Of all converted files together. The file used last stays, however large.
    pub max_bytes: u64,
}

/// The disk fails.
#[derive(Debug, thiserror::Error)]
#[error("symbol cache {path}: {source}")]
pub struct CacheError {
    pub path: PathBuf,
    #[source]
    pub source: io::Error,
}

/// Converted files on local disk; one process at a time has it open.
#[derive(Debug)]
pub struct Caches {
    options: Options,
    index: Mutex<Index>,
    /// Tells files of one key apart.
    number: AtomicU64,
    kept: KeptFrames,
}

#[derive(Debug, Default)]
struct Index {
    entries: HashMap<CacheKey, Held>,
    bytes: u64,
    absences: Absences,
}

#[derive(Debug)]
struct Held {
    entry: Arc<Entry>,
    used: Timestamp,
    touched: Timestamp,
    /// Once it was opened and found whole.
    opened: Option<CacheFile>,
}

impl Caches {
    /// Opens a cache, and clears away what an earlier process left half done.
    pub fn open(options: Options) -> Result<Self, CacheError> {
        let root = &options.directory;
        fs::create_dir_all(root).map_err(at(root))?;
        let mut index = Index::default();
        let folders: BTreeSet<String> = ArtifactKind::ALL.into_iter().map(ArtifactKind::folder).collect();
        for folder in read_dir(root)? {
            match folder.file_name().and_then(|name| name.to_str()) {
                Some(name) if folders.contains(name) => index.load(&folder)?,
                // Of another version, or a conversion that was cut off.
                _ if folder.is_dir() => fs::remove_dir_all(&folder).map_err(at(&folder))?,
                _ => fs::remove_file(&folder).map_err(at(&folder))?,
            }
        }
        for folder in folders {
            let folder = root.join(folder);
            fs::create_dir_all(&folder).map_err(at(&folder))?;
        }
        let kept = KeptFrames::new(KEPT_BYTES);
        let caches = Self { options, index: Mutex::new(index), number: AtomicU64::new(0), kept };
        caches.make_room(None);
        Ok(caches)
    }

    /// The file, or why there is none; `None` if that is to be found out. Cheap once a file was opened.
    pub fn get(&self, key: &CacheKey, now: Timestamp) -> Option<Result<CacheFile, Absent>> {
        let entry = {
            let mut index = self.lock();
            if let Some(absent) = index.absences.get(key, now) {
                return Some(Err(absent));
            }
            let held = index.entries.get_mut(key)?;
            held.used = now;
            let is_due = now.since_ms(held.touched) > TOUCH_EVERY_MS;
            if is_due {
                held.touched = now;
            }
            let (entry, opened) = (Arc::clone(&held.entry), held.opened.clone());
            drop(index);
            if is_due {
                self.touch(key, now);
            }
            match opened {
                Some(file) => return Some(Ok(file)),
                None => entry,
            }
        };
        self.open_entry(key, &entry).map(Ok)
    }

    /// Where a conversion may write its file: a new path on the cache's own file system.
    pub fn unfinished(&self) -> PathBuf {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        self.options.directory.join(format!("unfinished.{number}"))
    }

    /// Takes a converted file from [`Caches::unfinished`] into the cache. On disk when this returns.
    pub fn put(
        &self,
        key: &CacheKey,
        unfinished: &Path,
        source: &str,
        now: Timestamp,
    ) -> Result<CacheFile, CacheError> {
        let folder = self.folder(key);
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        let mut file = File::open(unfinished).map_err(at(unfinished))?;
        let summed = Summed::of(&mut file).map_err(at(unfinished))?;
        file.sync_all().map_err(at(unfinished))?;
        let name = self.unused_name(key, &folder);
        let path = folder.join(&name);
        fs::rename(unfinished, &path).map_err(at(&path))?;
        let entry = Arc::new(Entry::new(key, source, name, summed));
        self.write_entry(key, &entry, now)?;
        let bytes = ByteView::open(&path).map_err(at(&path))?;
        let opened = CacheFile::new(bytes, entry.source.as_str());
        let replaced = {
            let held = Held { entry, used: now, touched: now, opened: Some(opened.clone()) };
            let mut index = self.lock();
            index.absences.forget(key.project, &key.id);
            index.insert(key.clone(), held)
        };
        if let Some(replaced) = replaced {
            remove(&folder.join(&replaced.entry.file));
        }
        self.make_room(Some(key));
        Ok(opened)
    }

    /// Remembers why there is no such file, for a while.
    pub fn put_absent(&self, key: &CacheKey, absent: Absent, now: Timestamp) {
        self.lock().absences.note(key.clone(), absent, now);
    }

    /// Forgets all that is known under an id, of every kind: there is something new, or no longer anything.
    pub fn forget(&self, project: ProjectId, id: &str) {
        self.lock().absences.forget(project, id);
        for kind in ArtifactKind::ALL {
            self.remove(&CacheKey { project, kind, id: id.to_owned() });
        }
    }

    /// Forgets why what is asked for by an id was not to be had, of every kind.
    pub fn forget_absence(&self, project: ProjectId, id: &str) {
        self.lock().absences.forget(project, id);
    }

    /// Forgets what of a project was not to be had: it has other sources now.
    pub fn forget_absences(&self, project: ProjectId) {
        self.lock().absences.forget_project(project);
    }

    /// Frames that were looked up in mappings and source maps, kept in memory.
    pub fn kept(&self) -> &KeptFrames {
        &self.kept
    }

    /// Bytes of all converted files.
    pub fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens an entry's file for the first time; one that is not whole is as good as none.
    fn open_entry(&self, key: &CacheKey, entry: &Entry) -> Option<CacheFile> {
        let path = self.folder(key).join(&entry.file);
        match ByteView::open(&path) {
            Ok(bytes) if entry.is_of(&bytes) => {
                let file = CacheFile::new(bytes, entry.source.as_str());
                if let Some(held) = self.lock().entries.get_mut(key)
                    && held.entry.file == entry.file
                {
                    held.opened = Some(file.clone());
                }
                Some(file)
            }
            Ok(_) => {
                tracing::warn!(path = %path.display(), "converted symbol file is damaged; it is made again");
                self.remove(key);
                None
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "converted symbol file cannot be read");
                self.remove(key);
                None
            }
        }
    }

    fn folder(&self, key: &CacheKey) -> PathBuf {
        let name = key.name();
        let shard: String = name.chars().take(2).collect();
        self.options.directory.join(key.kind.folder()).join(shard)
    }

    fn unused_name(&self, key: &CacheKey, folder: &Path) -> String {
        loop {
            let name = format!("{}.{}", key.name(), self.number.fetch_add(1, Ordering::Relaxed));
            if fs::symlink_metadata(folder.join(&name)).is_err() {
                return name;
            }
        }
    }

    fn entry_path(&self, key: &CacheKey) -> PathBuf {
        self.folder(key).join(format!("{}.json", key.name()))
    }

    fn write_entry(&self, key: &CacheKey, entry: &Entry, now: Timestamp) -> Result<(), CacheError> {
        let (path, new) = (self.entry_path(key), self.unfinished());
        let text = serde_json::to_vec(entry).map_err(io::Error::from).map_err(at(&path))?;
        let write = || {
            let mut file = File::create(&new)?;
            file.write_all(&text)?;
            file.set_modified(system_time(now))?;
            file.sync_all()?;
            fs::rename(&new, &path)
        };
        write().map_err(at(&path))
    }

    /// Writes down that an entry was used.
    fn touch(&self, key: &CacheKey, now: Timestamp) {
        let entry = File::options().append(true).open(self.entry_path(key));
        let touched = entry.and_then(|file| file.set_modified(system_time(now)));
        if let Err(error) = touched {
            tracing::debug!(%error, "use of a converted symbol file is not written down");
        }
    }

    fn remove(&self, key: &CacheKey) {
        let removed = self.lock().take(key);
        if let Some(removed) = removed {
            self.delete(key, &removed);
        }
    }

    /// The entry goes first: without it the file is nothing.
    fn delete(&self, key: &CacheKey, held: &Held) {
        remove(&self.entry_path(key));
        remove(&self.folder(key).join(&held.entry.file));
    }

    /// Evicts what was not used for longest until there is room again; `latest` stays.
    fn make_room(&self, latest: Option<&CacheKey>) {
        let evicted = {
            let mut index = self.lock();
            if index.bytes <= self.options.max_bytes {
                return;
            }
            index.evict(self.options.max_bytes - self.options.max_bytes / FREED, latest)
        };
        tracing::info!(files = evicted.len(), "converted symbol files not used for longest are deleted");
        for (key, held) in &evicted {
            self.delete(key, held);
        }
    }
}

impl Index {
    /// Reads the entries of a kind, and deletes what no entry names.
    fn load(&mut self, folder: &Path) -> Result<(), CacheError> {
        for shard in read_dir(folder)? {
            let (mut files, mut named) = (Vec::new(), BTreeSet::new());
            for path in read_dir(&shard)? {
                if path.extension().is_none_or(|ending| ending != "json") {
                    files.push(path);
                    continue;
                }
                let used = modified(&path);
                match Entry::read(&path).map_err(at(&path))? {
                    Some((key, entry))
                        if path.file_stem().is_some_and(|stem| stem == key.name().as_str()) =>
                    {
                        named.insert(entry.file.clone());
                        let held = Held { entry: Arc::new(entry), used, touched: used, opened: None };
                        self.insert(key, held);
                    }
                    _ => remove(&path),
                }
            }
            let is_named =
                |path: &Path| path.file_name().is_some_and(|name| named.contains(&*name.to_string_lossy()));
            files.iter().filter(|path| !is_named(path)).for_each(|path| remove(path));
        }
        Ok(())
    }

    fn insert(&mut self, key: CacheKey, held: Held) -> Option<Held> {
        self.bytes += held.entry.bytes;
        let replaced = self.entries.insert(key, held);
        self.bytes -= replaced.as_ref().map_or(0, |replaced| replaced.entry.bytes);
        replaced
    }

    fn take(&mut self, key: &CacheKey) -> Option<Held> {
        let taken = self.entries.remove(key)?;
        self.bytes -= taken.entry.bytes;
        Some(taken)
    }

    fn evict(&mut self, kept: u64, latest: Option<&CacheKey>) -> Vec<(CacheKey, Held)> {
        let mut by_use: Vec<(Timestamp, CacheKey)> =
            self.entries.iter().map(|(key, held)| (held.used, key.clone())).collect();
        by_use.sort_by_key(|(used, _)| *used);
        let mut evicted = Vec::new();
        for (_, key) in by_use {
            if self.bytes <= kept {
                break;
            }
            if Some(&key) != latest
                && let Some(held) = self.take(&key)
            {
                evicted.push((key, held));
            }
        }
        evicted
    }
}

fn read_dir(path: &Path) -> Result<Vec<PathBuf>, CacheError> {
    let list = || fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    list().map_err(at(path))
}

/// When it was last used; long ago if nobody can tell.
fn modified(path: &Path) -> Timestamp {
    let time = fs::metadata(path).and_then(|metadata| metadata.modified());
    time.map_or(Timestamp(0), Timestamp::from)
}

fn system_time(time: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(time.0.try_into().unwrap_or_default())
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "symbol cache cannot delete a file");
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> CacheError {
    let path = path.to_owned();
    move |source| CacheError { path, source }
}
