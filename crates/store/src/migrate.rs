//! Brings the schema up to date.
//!
//! One statement a file, applied in order and noted in `schema_migrations` afterwards. ClickHouse has no
//! transactions over definitions, so each statement is idempotent: cut off anywhere, the next start does it again.

use clickhouse::sql::Identifier;

use crate::{Store, StoreError};

/// One file of `schema/`.
pub(crate) struct Migration {
    version: u32,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// A file of `schema/`, by its number and its name; numbers of two digits have two zeros before them.
macro_rules! migration {
    ($version:literal, $name:literal) => {
        migration!("000", $version, $name)
    };
    ($zeros:literal, $version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../schema/", $zeros, $version, "_", $name, ".sql")),
        }
    };
}

pub(crate) const MIGRATIONS: [Migration; 24] = [
    migration!(1, "create_events"),
    migration!(2, "create_sessions"),
    migration!(3, "create_feedback"),
    migration!(4, "create_attachments"),
    migration!(5, "create_outcomes"),
    migration!(6, "create_fates"),
    migration!(7, "create_recent_payloads"),
    migration!(8, "add_payload_bytes"),
    migration!(9, "rebuild_projections_on_delete"),
    migration!("00", 10, "add_counted_sessions"),
    migration!("00", 11, "add_event_revision"),
    migration!("00", 12, "create_missing_symbols"),
    migration!("00", 13, "add_search_columns"),
    migration!("00", 14, "add_text_index"),
    migration!("00", 15, "add_weekly_counts"),
    migration!("00", 16, "fill_weekly_counts"),
    migration!("00", 17, "recompress_events"),
    migration!("00", 18, "count_by_environment"),
    migration!("00", 19, "fill_counts_by_environment"),
    migration!("00", 20, "drop_earlier_counts"),
    migration!("00", 21, "settle_past_weeks"),
    migration!("00", 22, "count_by_what_is_searched"),
    migration!("00", 23, "fill_counts_by_what_is_searched"),
    migration!("00", 24, "drop_counts_with_long_hashes"),
];

/// The tables whose rows go with the retention time, and what a row's age is told by.
const RETAINED: [(&str, &str); 6] = [
    ("events", "toDateTime(received)"),
    ("sessions", "toDateTime(received)"),
    ("feedback", "toDateTime(received)"),
    ("attachments", "toDateTime(received)"),
    ("recent_payloads", "toDateTime(received)"),
    ("outcomes", "minute"),
];

impl Store {
    /// Brings the schema up to date; idempotent, safe to run at each start.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let create = self.server.query("CREATE DATABASE IF NOT EXISTS ?").bind(Identifier(&self.database));
        create.execute().await.map_err(StoreError::of_query)?;
        self.define(
            "CREATE TABLE IF NOT EXISTS schema_migrations
             (version UInt32, name String, applied DateTime('UTC') DEFAULT now())
             ENGINE = MergeTree ORDER BY version SETTINGS fsync_after_insert = 1, fsync_part_directory = 1",
        )
        .await?;

        let applied = self.schema_version().await?;
        let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
        if applied > known {
            return Err(StoreError::SchemaTooNew { database: self.database.clone(), found: applied, known });
        }
        for migration in MIGRATIONS.iter().filter(|migration| migration.version > applied) {
            self.apply(migration).await?;
        }
        self.set_retention().await
    }

    async fn schema_version(&self) -> Result<u32, StoreError> {
        let query = self.client.query_raw("SELECT max(version) FROM schema_migrations");
        query.fetch_one().await.map_err(StoreError::of_query)
    }

    async fn apply(&self, migration: &Migration) -> Result<(), StoreError> {
        tracing::info!(version = migration.version, name = migration.name, "migrating ClickHouse");
        self.define(&migration.sql.replace("{retention_days}", &self.retention_days.to_string())).await?;
        let note = self
            .client
            .query_raw(
                "INSERT INTO schema_migrations (version, name) VALUES ({version:UInt32}, {name:String})",
            )
            .param("version", migration.version)
            .param("name", migration.name);
        note.execute().await.map_err(StoreError::of_query)
    }

    /// Follows a changed retention setting; what is older then goes with the next merges.
    async fn set_retention(&self) -> Result<(), StoreError> {
        for (table, age) in RETAINED {
            let ttl = format!("{age} + toIntervalDay({})", self.retention_days);
            let is_set: bool = self
                .client
                .query_raw(
                    "SELECT endsWith(splitByString(' SETTINGS ', engine_full)[1], {ttl:String})
                     FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
                )
                .param("ttl", &ttl)
                .param("table", table)
                .fetch_one()
                .await
                .map_err(StoreError::of_query)?;
            if !is_set {
                self.define(&format!("ALTER TABLE {table} MODIFY TTL {ttl}")).await?;
            }
        }
        Ok(())
    }

    /// What must be rewritten is, in the background and in this order: a start doesn't wait for it.
    async fn define(&self, sql: &str) -> Result<(), StoreError> {
        let query = self.client.query_raw(sql).with_setting("alter_sync", "0");
        query.execute().await.map_err(StoreError::of_query)
    }
}
