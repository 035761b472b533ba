//! Unwind information, parsed: what costs most about unwinding, so it is kept.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use minidump_unwind::SymbolFile;
use symbolic::{cfi::CfiCache, common::DebugId};

use crate::{CacheFile, Status};

/// Parsed CFI caches, the last used up to a limit. Shared by all that unwinds in a process.
#[derive(Debug)]
pub struct UnwindTables {
    most_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// By debug id and size of the cache.
    tables: BTreeMap<(DebugId, usize), (Arc<SymbolFile>, u64)>,
    bytes: usize,
    uses: u64,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("tables", &self.tables.len()).field("bytes", &self.bytes).finish()
    }
}

/// Parsed, a CFI cache takes about so many times its size.
const PARSED_TIMES: usize = 4;

impl UnwindTables {
    /// Keeps tables that take up to about this many bytes of memory.
    pub fn new(most_bytes: usize) -> Self {
        Self { most_bytes, kept: Mutex::default() }
    }

    /// The table in a CFI cache of the binary with this debug id.
    pub(super) fn parsed(
        &self,
        id: Option<DebugId>,
        file: &CacheFile,
    ) -> Result<Arc<SymbolFile>, (Status, String)> {
        let key = (id.unwrap_or_default(), file.bytes.len());
        if id.is_some()
            && let Some(table) = self.kept().get(&key)
        {
            return Ok(table);
        }
        let malformed =
            |problem: String| (Status::Malformed, format!("CFI cache of {}: {problem}", file.source));
        let cache = CfiCache::from_bytes(file.bytes.clone()).map_err(|error| malformed(error.to_string()))?;
        let table = SymbolFile::from_bytes(cache.as_slice()).map_err(|error| malformed(error.to_string()))?;
        let table = Arc::new(table);
        if id.is_some() {
            self.kept().put(key, Arc::clone(&table), self.most_bytes);
        }
        Ok(table)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        // What is kept is whole between any two steps.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn get(&mut self, key: &(DebugId, usize)) -> Option<Arc<SymbolFile>> {
        self.uses += 1;
        let (table, used) = self.tables.get_mut(key)?;
        *used = self.uses;
        Some(Arc::clone(table))
    }

    fn put(&mut self, key: (DebugId, usize), table: Arc<SymbolFile>, most_bytes: usize) {
        let size = |key: &(DebugId, usize)| key.1.saturating_mul(PARSED_TIMES);
        if size(&key) > most_bytes || self.tables.insert(key, (table, self.uses)).is_some() {
            return;
        }
        self.bytes += size(&key);
        while self.bytes > most_bytes {
            let oldest = self.tables.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key);
            let Some(oldest) = oldest else { return };
            self.tables.remove(&oldest);
            self.bytes -= size(&oldest);
        }
    }
}
