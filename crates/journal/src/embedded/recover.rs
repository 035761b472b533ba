//! What is found when a journal is opened: its segments, their order, and where writing goes on.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{
    segment::{self, HEADER, Header},
    spares::Spares,
    sync_directory,
};
use crate::OpenError;

/// A journal as it was left.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) id: Uuid,
    pub(super) segments: BTreeMap<u64, PathBuf>,
    /// The last record; 0 when there was none.
    pub(super) last: u64,
    pub(super) tail: Tail,
}

/// The segment that is written to.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) journal: Uuid,
    /// At its end.
    pub(super) file: File,
    /// Its length in bytes.
    pub(super) length: u64,
    /// The position that the next record gets.
    pub(super) next: u64,
}

/// Reads what is in `directory`; makes a new journal where there is none.
pub(super) fn recover(directory: &Path, committed: u64, spares: &Spares) -> Result<Recovered, OpenError> {
    let mut segments = list(directory)?;
    let mut tail: Option<Tail> = None;
    let mut firsts = segments.keys().copied().collect::<Vec<_>>().into_iter().peekable();
    while let Some(first) = firsts.next() {
        let is_last = firsts.peek().is_none();
        let path = segments[&first].clone();
        let Some(walk) = Walk::open(&path, first, is_last)? else {
            // Killed while it was made: it holds no record.
            fs::remove_file(&path).map_err(|source| OpenError::Io { path, source })?;
            segments.remove(&first);
            break;
        };
        if let Some(before) = &tail {
            walk.must_follow(before)?;
        }
        tail = Some(walk.run(is_last)?);
    }
    let refused = |source| OpenError::Io { path: directory.to_owned(), source };
    let id = match &tail {
        Some(tail) => tail.journal,
        None => {
            // A new journal may give positions anew that records of the old one have.
            spares.remove_all().map_err(refused)?;
            Uuid::new_v4()
        }
    };
    let tail = match tail {
        Some(tail) if tail.next > committed => tail,
        // A new journal, or one whose records were deleted by hand: go on behind what is done with.
        _ => {
            let tail = create_segment(directory, id, committed + 1, spares).map_err(refused)?;
            segments.insert(tail.next, directory.join(segment::file_name(tail.next)));
            tail
        }
    };
    Ok(Recovered { id, segments, last: tail.next - 1, tail })
}

/// The segments in a folder, by the first position that their names say.
fn list(directory: &Path) -> Result<BTreeMap<u64, PathBuf>, OpenError> {
    let refused = |source| OpenError::Io { path: directory.to_owned(), source };
    let mut segments = BTreeMap::new();
    for entry in fs::read_dir(directory).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        if let Some(first) = entry.file_name().to_str().and_then(segment::first_of) {
            segments.insert(first, entry.path());
        }
    }
    Ok(segments)
}

/// A segment being looked through.
struct Walk {
    path: PathBuf,
    file: File,
    header: Header,
}

impl Walk {
    /// `None`: the last segment, without a whole header.
    fn open(path: &Path, first: u64, is_last: bool) -> Result<Option<Self>, OpenError> {
        let refused = |source| OpenError::Io { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(refused)?;
        let mut bytes = [0; HEADER];
        let damaged = |detail| OpenError::Damaged { path: path.to_owned(), offset: 0, detail };
        match file.read_exact_at(&mut bytes, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && is_last => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(damaged("ends within its header".to_owned()));
            }
            other => other.map_err(refused)?,
        }
        let header = Header::decode(&bytes).map_err(damaged)?;
        if header.first != first {
            return Err(damaged(format!("its header says it begins at {}", header.first)));
        }
        Ok(Some(Self { path: path.to_owned(), file, header }))
    }

    fn must_follow(&self, before: &Tail) -> Result<(), OpenError> {
        if self.header.journal != before.journal {
            return Err(self.damaged(0, "is of another journal".to_owned()));
        }
        if self.header.first != before.next {
            let detail = format!("begins at {}, expected {}", self.header.first, before.next);
            return Err(self.damaged(0, detail));
        }
        Ok(())
    }

    /// Checks every record. What follows the last whole one is cut off if the segment is the last, else refused: there
    /// it is no torn tail.
    fn run(mut self, is_last: bool) -> Result<Tail, OpenError> {
        let end = self.file.metadata().map_err(|source| self.refused(source))?.len();
        let (mut at, mut next) = (HEADER as u64, self.header.first);
        while let Some(length) = self.whole_record(at, next, end)? {
            at += length;
            next += 1;
        }
        if at < end {
            if !is_last {
                return Err(self.damaged(at, format!("record {next} does not match its checksum")));
            }
            self.cut_tail(at, end).map_err(|source| self.refused(source))?;
        }
        self.file.seek(SeekFrom::Start(at)).map_err(|source| self.refused(source))?;
        Ok(Tail { journal: self.header.journal, file: self.file, length: at, next })
    }

    /// Length of the record at `at`, if it is whole.
    fn whole_record(&self, at: u64, position: u64, end: u64) -> Result<Option<u64>, OpenError> {
        let head = segment::read_head(&self.file, at).map_err(|source| self.refused(source))?;
        let Some(head) = head.filter(|head| at + head.record_length() <= end) else { return Ok(None) };
        let payload = head.read_payload(&self.file, at, position).map_err(|source| self.refused(source))?;
        Ok(payload.map(|_| head.record_length()))
    }

    /// Nothing of it was confirmed. It is kept beside the journal for whoever wants to look, but for what an earlier use
    /// of the file left.
    fn cut_tail(&mut self, at: u64, end: u64) -> io::Result<()> {
        if !self.header.reused {
            let torn = self.path.with_extension("torn");
            self.file.seek(SeekFrom::Start(at))?;
            let mut copy = File::create(&torn)?;
            io::copy(&mut self.file, &mut copy)?;
            copy.flush()?;
            tracing::warn!(kept_as = %torn.display(), bytes = end - at, "cut a torn tail off the journal");
        }
        self.file.set_len(at)?;
        self.file.sync_all()
    }

    fn damaged(&self, offset: u64, detail: String) -> OpenError {
        OpenError::Damaged { path: self.path.clone(), offset, detail }
    }

    fn refused(&self, source: io::Error) -> OpenError {
        OpenError::Io { path: self.path.clone(), source }
    }
}

/// Makes an empty segment, durably: of a spare file if there is one, whose blocks need not be found anew.
pub(super) fn create_segment(
    directory: &Path,
    journal: Uuid,
    first: u64,
    spares: &Spares,
) -> io::Result<Tail> {
    let path = directory.join(segment::file_name(first));
    let spare = spares.take()?;
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    let mut file = match &spare {
        Some(spare) => options.open(spare)?,
        None => options.create(true).truncate(true).open(&path)?,
    };
    file.write_all(&Header { journal, first, reused: spare.is_some() }.encode())?;
    file.sync_all()?;
    if let Some(spare) = spare {
        fs::rename(spare, path)?;
    }
    sync_directory(directory)?;
    Ok(Tail { journal, file, length: HEADER as u64, next: first })
}
