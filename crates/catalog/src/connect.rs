//! Opening the catalog, and the few things in which databases differ.

use std::{str::FromStr, sync::Arc, time::Duration};

use log::LevelFilter;
use mayday_event::Clock;
use sqlx::{
    ConnectOptions, SqlitePool,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{CatalogError, SealKey, keys::Keys, settings::Settings};

pub(crate) type Database = sqlx::Sqlite;
pub(crate) type Connection = sqlx::SqliteConnection;
pub(crate) type Transaction = sqlx::Transaction<'static, Database>;

/// Readers beside the one writer: pages and the API, ingest's keys, the outbox.
const READERS: u32 = 4;
/// How long a statement waits for another process that holds the write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request waits for a connection before it is told that the catalog is not available.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);
/// SQLite's code for a lock that another holds.
const BUSY: &str = "5";
/// How often, and with which pauses, opening and migrating are tried while another process may be at it.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(100);
/// The write-ahead log is cut back to this after a burst.
const WAL_SIZE_LIMIT: &str = "67108864";

/// The catalog; cheap to clone.
#[derive(Debug, Clone)]
pub struct Catalog {
    pub(crate) clock: Clock,
    /// One connection: SQLite has one writer at a time, and a queue in front of it is fairer than its busy lock.
    writer: SqlitePool,
    pub(crate) reader: SqlitePool,
    pub(crate) keys: Arc<Keys>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) seal_key: SealKey,
}

impl Catalog {
    /// Opens `url` (`sqlite:///path/to/catalog.db` or `sqlite::memory:`), creates it if missing, and migrates.
    pub async fn open(url: &str, clock: Clock) -> Result<Self, CatalogError> {
        let options = parse_url(url)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A begun batch must outlive a power cut: the journal is truncated behind it.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("journal_size_limit", WAL_SIZE_LIMIT)
            .statement_cache_capacity(256)
            .log_statements(LevelFilter::Trace);
        let writer = open_writer(&options).await?;
        migrate(&writer).await?;
        let reader = if is_in_memory(url) {
            writer.clone() // each connection would be a database of its own
        } else {
            pool(READERS).connect_with(options.read_only(true)).await?
        };
        let (keys, settings) = (Arc::default(), Arc::default());
        let seal_key = SealKey::of_this_process()?;
        let catalog = Self { clock, writer, reader, keys, settings, seal_key };
        catalog.refresh_keys().await?;
        Ok(catalog)
    }

    /// The same, its secrets encrypted with this key; without one, they are lost with the process.
    pub fn with_seal_key(self, seal_key: SealKey) -> Self {
        Self { seal_key, ..self }
    }

    /// Ok when the catalog answers.
    pub async fn ping(&self) -> Result<(), CatalogError> {
        sqlx::query("SELECT 1").execute(&self.reader).await?;
        Ok(())
    }

    /// Waits for statements under way and closes.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Begins a transaction that will write. It holds the write lock from its start, so that what it reads
    /// stays true until it commits. While it lives, nothing may be read outside of it: an in-memory catalog
    /// has one connection in all.
    pub(crate) async fn write(&self) -> Result<Transaction, CatalogError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// Brings the schema up to date. SQLite knows no lock for that: where two processes start on one new catalog, one of
/// them finds a migration half-way done by the other, and tries again.
async fn migrate(writer: &SqlitePool) -> Result<(), CatalogError> {
    let is_under_way = |error: &MigrateError| matches!(error, MigrateError::ExecuteMigration(..));
    Ok(patiently(async || sqlx::migrate!().run(writer).await, is_under_way).await?)
}

/// SQLite does not wait its time-out for the lock under which a new database becomes one with a write-ahead log: another
/// process that makes it at the same moment is waited for here.
async fn open_writer(options: &SqliteConnectOptions) -> Result<SqlitePool, CatalogError> {
    let is_busy = |error: &sqlx::Error| {
        error.as_database_error().is_some_and(|error| error.code().as_deref() == Some(BUSY))
    };
    Ok(patiently(async || pool(1).connect_with(options.clone()).await, is_busy).await?)
}

/// Does what another process may be in the way of, [`TRIES`] times at most.
async fn patiently<T, E>(
    attempt: impl AsyncFn() -> Result<T, E>,
    is_in_the_way: impl Fn(&E) -> bool,
) -> Result<T, E> {
    for _ in 1..TRIES {
        match attempt().await {
            Err(error) if is_in_the_way(&error) => tokio::time::sleep(PAUSE).await,
            done => return done,
        }
    }
    attempt().await
}

fn parse_url(url: &str) -> Result<SqliteConnectOptions, CatalogError> {
    // Without its scheme any text at all would be taken for a path.
    if !url.starts_with("sqlite:") {
        return Err(CatalogError::Invalid("catalog URL: it does not begin with sqlite:".into()));
    }
    SqliteConnectOptions::from_str(url)
        .map_err(|error| CatalogError::Invalid(format!("catalog URL {url:?}: {error}")))
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // An in-memory database lives as long as its connection, and files need no fresh ones.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

fn is_in_memory(url: &str) -> bool {
    url.contains(":memory:") || url.contains("mode=memory")
}

/// What ids are given to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sequence {
    Organization,
    User,
    ApiToken,
    Project,
    DsnKey,
    Issue,
    Transition,
    Hook,
    Quarantined,
    SettingsChange,
    DebugFile,
    ArtifactBundle,
    Deploy,
    Repository,
    Activity,
    Discard,
}

impl Sequence {
    fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::User => "user",
            Self::ApiToken => "api_token",
            Self::Project => "project",
            Self::DsnKey => "dsn_key",
            Self::Issue => "issue",
            Self::Transition => "transition",
            Self::Hook => "hook",
            Self::Quarantined => "quarantined",
            Self::SettingsChange => "settings_change",
            Self::DebugFile => "debug_file",
            Self::ArtifactBundle => "artifact_bundle",
            Self::Deploy => "deploy",
            Self::Repository => "repository",
            Self::Activity => "activity",
            Self::Discard => "discard",
        }
    }

    /// The next id.
    pub(crate) async fn next(self, connection: &mut Connection) -> Result<i64, CatalogError> {
        self.reserve(connection, 1).await
    }

    /// Reserves `count` ids and gives the first of them.
    pub(crate) async fn reserve(self, connection: &mut Connection, count: i64) -> Result<i64, CatalogError> {
        let last: i64 =
            sqlx::query_scalar("UPDATE sequences SET last = last + $1 WHERE name = $2 RETURNING last")
                .bind(count)
                .bind(self.name())
                .fetch_one(connection)
                .await?;
        Ok(last - count + 1)
    }

    /// The last id given.
    pub(crate) async fn last(self, connection: &mut Connection) -> Result<i64, CatalogError> {
        Ok(sqlx::query_scalar("SELECT last FROM sequences WHERE name = $1")
            .bind(self.name())
            .fetch_one(connection)
            .await?)
    }
}

#[cfg(test)]
mod tests;
