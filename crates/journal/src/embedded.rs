//! The journal on a local disk: a segmented append-only log.
//!
//! Constraints: an append answers only after `fdatasync`; one sync serves all that wait; a backlog may be far larger
//! than memory; reading goes on while writing; a kill or a power cut at any moment loses nothing confirmed.
//! Crates were looked at first and each breaks one of these: `mrecordlog` holds everything retained in memory,
//! `okaywal` and `commitlog` are no longer kept, `raft-engine` wants raft's entries and protobuf 2.
//!
//! Format: see [`segment`] (records) and [`position_file`] (the reader's position). Files of a journal's folder:
//! `lock`, `position`, segments named by their first position, `00000000000000000001.segment`, and a few that are done
//! with and will be written over (`….spare`, see [`spares`]).
//!
//! Crash story:
//! - killed while writing: the tail of the last segment is torn; [`recover`] keeps every whole record before it and
//!   cuts off what follows, and puts it aside as `….torn` unless it may be of an earlier use of the file. Nothing of it
//!   had been confirmed.
//! - killed between writing and answering: the record is there, its client was not answered and sends it again; the
//!   worker knows its event id.
//! - killed while making a segment: a last segment without a whole header holds no record and is made again; a spare
//!   becomes a segment (renamed) after its header is on disk.
//! - killed while moving the position: the old or the new one is read, never a mixture (rename).
//! - killed between moving the position and deleting segments: they are deleted at the next commit.
//! - a failed sync: the kernel may have dropped the pages, so the journal takes nothing more until it is reopened.

mod position_file;
mod reader;
mod recover;
mod segment;
mod spares;
mod writer;

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use bytes::Bytes;
use rustix::fs::{FlockOperation, flock};
use tokio::sync::{mpsc, oneshot, watch};

use self::{position_file::PositionFile, reader::Reader, spares::Spares, writer::Writer};
use crate::{AppendError, OpenError, Position, ReadError, Record};

/// Appends that may wait for the writer; a full queue makes appenders wait.
const WRITE_QUEUE: usize = 4096;

/// How a journal behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// A segment is closed when it is longer than this, bytes.
    pub segment_bytes: u64,
    /// Bytes that must stay free on the file system.
    pub reserve_bytes: u64,
    /// Longest record, bytes.
    pub max_record_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, reserve_bytes: 512 << 20, max_record_bytes: 32 << 20 }
    }
}

/// A journal on a local disk; cheap to clone, all clones are the same journal.
#[derive(Debug, Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: uuid::Uuid,
    max_record_bytes: usize,
    last_at_open: Position,
    queue: Mutex<Option<mpsc::Sender<Append>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    durable: watch::Receiver<u64>,
    segments: Segments,
    spares: Arc<Spares>,
    reader: Mutex<Reader>,
    position: Mutex<PositionFile>,
    committed: watch::Sender<u64>,
    /// Held as long as the journal is open.
    _lock: File,
}

/// Segments by first position, shared by writer, reader and commit.
type Segments = Arc<Mutex<BTreeMap<u64, PathBuf>>>;

/// A record on its way to the writer.
#[derive(Debug)]
struct Append {
    record: Bytes,
    answer: oneshot::Sender<Result<Position, AppendError>>,
}

impl Journal {
    /// Opens or creates the journal in `directory`; a torn tail is cut off, what precedes it is kept.
    pub fn open(directory: &Path, options: Options) -> Result<Self, OpenError> {
        let refused = |source| OpenError::Io { path: directory.to_owned(), source };
        fs::create_dir_all(directory).map_err(refused)?;
        let lock = take_lock(directory)?;
        let position = PositionFile::open(directory)?;
        let spares = Arc::new(Spares::find(directory).map_err(refused)?);
        let recovered = recover::recover(directory, position.committed(), &spares)?;

        let (durable_sender, durable) = watch::channel(recovered.last);
        let segments: Segments = Arc::new(Mutex::new(recovered.segments));
        let (sender, receiver) = mpsc::channel(WRITE_QUEUE);
        let id = recovered.id;
        let max_record_bytes = options.max_record_bytes;
        let writer = Writer::new(
            directory.to_owned(),
            options,
            recovered.tail,
            segments.clone(),
            spares.clone(),
            durable_sender,
        );
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || writer.run(receiver))
            .map_err(refused)?;
        let committed = watch::Sender::new(position.committed());
        let inner = Inner {
            id,
            max_record_bytes,
            last_at_open: Position(recovered.last),
            queue: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            durable,
            reader: Mutex::new(Reader::new(segments.clone())),
            segments,
            spares,
            position: Mutex::new(position),
            committed,
            _lock: lock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Names this journal for ever: part of the worker's deduplication tokens.
    pub fn id(&self) -> uuid::Uuid {
        self.inner.id
    }

    /// Appends a record; resolves when it is on disk. A caller that stops waiting leaves the record appended.
    pub async fn append(&self, record: Bytes) -> Result<Position, AppendError> {
        let limit = self.inner.max_record_bytes;
        if record.len() > limit {
            return Err(AppendError::TooLarge { length: record.len(), limit });
        }
        let queue = lock(&self.inner.queue).clone().ok_or(AppendError::Closed)?;
        let (answer, answered) = oneshot::channel();
        queue.send(Append { record, answer }).await.map_err(|_| AppendError::Closed)?;
        answered.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Records behind `after`, in order: at most `max_records`, and no more than `max_bytes` unless one alone
    /// is longer. Empty when there are none. Only what `append` has confirmed (or recovery kept) is seen.
    pub async fn read(
        &self,
        after: Position,
        max_records: usize,
        max_bytes: usize,
    ) -> Result<Vec<Record>, ReadError> {
        let through = self.last();
        if through <= after {
            return Ok(Vec::new());
        }
        let inner = self.inner.clone();
        blocking(move || lock(&inner.reader).read(after.0, through.0, max_records, max_bytes)).await
    }

    /// Resolves when there is a durable record behind `after`.
    pub async fn wait(&self, after: Position) {
        let mut durable = self.inner.durable.clone();
        if durable.wait_for(|last| *last > after.0).await.is_err() {
            // The writer ended: nothing will ever come.
            std::future::pending().await
        }
    }

    /// Moves the reader's position, durably, and deletes segments that are wholly behind it.
    pub async fn commit(&self, through: Position) -> Result<(), ReadError> {
        let inner = self.inner.clone();
        blocking(move || {
            let mut position = lock(&inner.position);
            if through.0 <= position.committed() {
                return Ok(());
            }
            position.store(through.0)?;
            inner.committed.send_replace(through.0);
            inner.delete_behind(through.0)
        })
        .await
    }

    /// The reader's position: all records up to it are done with. 0 at first.
    pub fn committed(&self) -> Position {
        Position(*self.inner.committed.borrow())
    }

    /// The last durable record; 0 when there was none.
    pub fn last(&self) -> Position {
        Position(*self.inner.durable.borrow())
    }

    /// The last record that was there when this journal was opened: what an earlier process appended.
    pub fn last_at_open(&self) -> Position {
        self.inner.last_at_open
    }

    /// Stops taking records, finishes those under way and syncs.
    pub async fn close(&self) {
        lock(&self.inner.queue).take();
        let thread = lock(&self.inner.thread).take();
        if let Some(thread) = thread
            && !matches!(tokio::task::spawn_blocking(move || thread.join()).await, Ok(Ok(())))
        {
            tracing::error!("the journal's writer ended badly");
        }
    }
}

impl Inner {
    /// Lets go of segments whose every record is at or before `committed`; the one being written stays.
    fn delete_behind(&self, committed: u64) -> Result<(), ReadError> {
        let mut segments = lock(&self.segments);
        loop {
            let mut firsts = segments.keys();
            let (Some(&first), Some(&next)) = (firsts.next(), firsts.next()) else { break };
            if next > committed + 1 {
                break;
            }
            self.spares.keep(first)?;
            segments.remove(&first);
        }
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(ReadError::Io(std::io::Error::other(error))),
    }
}

fn take_lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join("lock");
    let refused = |source| OpenError::Io { path: path.clone(), source };
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(refused)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| OpenError::InUse { path: directory.to_owned() })?;
    Ok(file)
}

/// Makes a file's creation, renaming or removal in `directory` durable.
fn sync_directory(directory: &Path) -> std::io::Result<()> {
    File::open(directory)?.sync_all()
}

/// A panic elsewhere does not make the data behind a lock wrong: every change under one is a single step.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
