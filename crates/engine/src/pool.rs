//! The running engine: its settings, and connections for statements.
//!
//! A connection costs a fifth of a millisecond, so each statement gets a new one: no setting and no database that one
//! client chose can leak into another's statement. How many run at once is bounded here.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    EngineError, EngineLimits,
    ffi::{Connection, Library, Parameters},
};

/// ClickHouse's caches, bytes: small, for a machine that has other work too.
const MARK_CACHE_BYTES: u64 = 64 << 20;
/// How much more merges give way than all else (heeded only where the process may change its priority).
const MERGE_NICE: &str = "10";

/// The engine of this process.
#[derive(Debug)]
pub(crate) struct Pool {
    library: Library,
    path: PathBuf,
    limits: EngineLimits,
    /// Open as long as the engine runs (the last connection closed ends it); kills statements of the others.
    keeper: Mutex<Option<Connection>>,
    slots: Arc<Semaphore>,
    statements: AtomicU64,
    version: String,
    time_zone: String,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Connection")
    }
}

/// The right to run one statement, and the statement's name.
#[derive(Debug)]
pub(crate) struct Slot {
    /// Under this name (its `log_comment`) the engine lists the statement, so that it can be killed.
    pub(crate) name: String,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    /// Starts the engine on `path` (blocking).
    pub(crate) fn start(library: Library, path: PathBuf, limits: EngineLimits) -> Result<Self, EngineError> {
        let refused = |detail: String| EngineError::Start { path: path.clone(), detail };
        let mut keeper = library
            .connect(&server_arguments(&path, &limits))
            .ok_or_else(|| refused("the engine gives no reason; is the folder another program's?".into()))?;
        let mut ask = |sql: &str| {
            let output = keeper.query(sql.as_bytes(), "TabSeparated", &Parameters::new()).map_err(refused)?;
            Ok::<_, EngineError>(String::from_utf8_lossy(&output.bytes).trim().to_owned())
        };
        let (version, time_zone) = (ask("SELECT version()")?, ask("SELECT timezone()")?);
        let slots = Arc::new(Semaphore::new(limits.connections));
        let keeper = Mutex::new(Some(keeper));
        Ok(Self { library, path, limits, keeper, slots, statements: AtomicU64::new(1), version, time_zone })
    }

    /// ClickHouse's version.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The time zone that times without one are shown in.
    pub(crate) fn time_zone(&self) -> &str {
        &self.time_zone
    }

    /// Waits for the right to run a statement; `None` once the engine stops.
    pub(crate) async fn slot(&self) -> Option<Slot> {
        let permit = self.slots.clone().acquire_owned().await.ok()?;
        let name = format!("mayday-{}", self.statements.fetch_add(1, Ordering::Relaxed));
        Some(Slot { name, _permit: permit })
    }

    /// A connection for one statement (blocking), in `database` and with `settings`.
    pub(crate) fn connect(
        &self,
        slot: &Slot,
        database: Option<&str>,
        settings: &[(String, String)],
    ) -> Result<Connection, String> {
        let mut arguments = vec![format!("--path={}", self.path.display())];
        arguments.push(format!("--log_comment={}", slot.name));
        arguments.push(format!("--max_threads={}", self.limits.threads));
        arguments.push(format!("--max_memory_usage={}", self.limits.memory_bytes / 2));
        let mut connection = self.library.connect(&arguments).ok_or_else(|| {
            "Code: 1002. DB::Exception: the engine takes no connection. (UNKNOWN_EXCEPTION)".to_owned()
        })?;
        let preparation = preparation(&slot.name, database, settings);
        if !preparation.is_empty() {
            connection.query(preparation.as_bytes(), "Null", &Parameters::new())?;
        }
        Ok(connection)
    }

    /// Ends the statement of that name, wherever it is (blocking).
    pub(crate) fn kill(&self, name: &str) {
        let parameters = vec![("name".to_owned(), name.to_owned())];
        self.kill_where("endsWith(Settings['log_comment'], {name:String})", &parameters);
    }

    /// Ends the statements that `condition` holds for; none once the engine has stopped.
    ///
    /// Over the keeper and under its lock: a connection that is still at work while the process ends brings it down.
    fn kill_where(&self, condition: &str, parameters: &Parameters) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(keeper) = keeper.as_mut() else { return };
        let sql = format!("KILL QUERY WHERE {condition} ASYNC");
        if let Err(error) = keeper.query(sql.as_bytes(), "Null", parameters) {
            tracing::warn!(%error, "cannot kill statements");
        }
    }

    /// Refuses new statements, gives those that run `patience`, kills what is left, and ends the engine.
    pub(crate) async fn stop(self: &Arc<Self>, patience: Duration) {
        let all = u32::try_from(self.limits.connections).unwrap_or(u32::MAX);
        if tokio::time::timeout(patience, self.slots.acquire_many(all)).await.is_err() {
            let pool = self.clone();
            let kill_all =
                move || pool.kill_where("Settings['log_comment'] LIKE '%mayday-%'", &Parameters::new());
            if tokio::task::spawn_blocking(kill_all).await.is_ok() {
                let left = self.slots.acquire_many(all);
                if tokio::time::timeout(patience, left).await.is_err() {
                    tracing::warn!("statements still run: leaving them");
                }
            }
        }
        self.slots.close();
        let pool = self.clone();
        let close = move || drop(pool.keeper.lock().unwrap_or_else(PoisonError::into_inner).take());
        if tokio::task::spawn_blocking(close).await.is_err() {
            tracing::error!("the engine did not close");
        }
    }
}

/// `USE` and `SET` as one text. Values are quoted; names are checked by the caller. A client's own `log_comment`
/// keeps the statement's name at its end.
fn preparation(name: &str, database: Option<&str>, settings: &[(String, String)]) -> String {
    let mut parts = Vec::new();
    if let Some(database) = database {
        parts.push(format!("USE `{}`", database.replace('\\', "\\\\").replace('`', "\\`")));
    }
    if !settings.is_empty() {
        let settings = settings.iter().map(|(setting, value)| {
            let value = value.replace('\\', "\\\\").replace('\'', "\\'");
            match setting.as_str() {
                "log_comment" => format!("log_comment = '{value} {name}'"),
                _ => format!("{setting} = '{value}'"),
            }
        });
        parts.push(format!("SET {}", settings.collect::<Vec<_>>().join(", ")));
    }
    parts.join("; ")
}

fn server_arguments(path: &std::path::Path, limits: &EngineLimits) -> Vec<String> {
    let mut arguments = vec![format!("--path={}", path.display())];
    // No configuration file of the machine's counts.
    arguments.push("--config-file=/nonexistent".to_owned());
    let settings = [
        ("max_server_memory_usage", limits.memory_bytes.to_string()),
        ("mark_cache_size", MARK_CACHE_BYTES.to_string()),
        // Merges leave room for inserts, however much of a backlog there is.
        ("background_pool_size", (limits.threads / 2).max(1).to_string()),
        ("os_threads_nice_value_merge_mutate", MERGE_NICE.to_owned()),
        // What is confirmed is on disk, not only in the kernel's memory.
        ("merge_tree.fsync_after_insert", "1".to_owned()),
        ("merge_tree.fsync_part_directory", "1".to_owned()),
    ];
    arguments.extend(settings.iter().map(|(name, value)| format!("--{name}={value}")));
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_cannot_leave_their_quotes() {
        let settings = [("max_threads".to_owned(), "a'b\\".to_owned())];
        assert_eq!(preparation("n-1", Some("a`b"), &settings), r"USE `a\`b`; SET max_threads = 'a\'b\\'");
        assert_eq!(
            preparation("n-1", None, &[("log_comment".into(), "x".into())]),
            "SET log_comment = 'x n-1'"
        );
        assert_eq!(preparation("n-1", None, &[]), "");
    }
}
