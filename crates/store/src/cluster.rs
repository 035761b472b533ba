//! The schema for a cluster of ClickHouse servers, made of the very statements that one server gets.
//!
//! Each table becomes two: `events_local`, replicated, on every server, and `events`, which spreads reads and inserts
//! over the shards. A definition for one server is the only one that anybody writes.

use crate::migrate::MIGRATIONS;

/// What a table's rows are spread over the shards by: what is asked for together lies together.
const SHARD_KEYS: [(&str, &str); 8] = [
    ("events", "cityHash64(project_id, group_hash)"),
    ("recent_payloads", "cityHash64(project_id, group_hash)"),
    ("sessions", "cityHash64(project_id, sid, bucket_position)"),
    ("feedback", "cityHash64(project_id, feedback_id)"),
    ("attachments", "cityHash64(project_id, event_id)"),
    ("missing_symbols", "cityHash64(project_id, event_id)"),
    ("fates", "cityHash64(project_id, event_id)"),
    ("outcomes", "cityHash64(project_id, minute)"),
];

/// Why a definition has no form for a cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// Letters, digits, `_`, `-` and `.`, as in ClickHouse's configuration.
    #[error(
        "cluster {0:?} is no name of a cluster: give one of letters, digits, _ - and . as ClickHouse's remote_servers has it"
    )]
    Name(String),
    /// A statement of ours that has another form than all before it.
    #[error("migration {0} has no form for a cluster")]
    Statement(&'static str),
}

/// The statements that make the schema on a cluster, in order; each may be run again. `retention_days` as in
/// [`StoreOptions`](crate::StoreOptions). Servers need the macros `shard` and `replica`, and ClickHouse Keeper.
pub fn cluster_schema(cluster: &str, retention_days: u32) -> Result<Vec<String>, ClusterError> {
    let is_name = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.');
    if cluster.is_empty() || !cluster.chars().all(is_name) {
        return Err(ClusterError::Name(cluster.chars().take(100).collect()));
    }
    let mut statements = Vec::new();
    for migration in &MIGRATIONS {
        let sql = migration.sql.replace("{retention_days}", &retention_days.to_string());
        let made = Definition::of(&sql).and_then(|definition| definition.on_cluster(cluster));
        statements.extend(made.ok_or(ClusterError::Statement(migration.name))?);
    }
    Ok(statements)
}

/// A statement for one server, taken apart.
enum Definition<'a> {
    Create { table: &'a str, columns: &'a str, engine: &'a str, rest: &'a str },
    Alter { table: &'a str, change: &'a str },
}

impl<'a> Definition<'a> {
    fn of(sql: &'a str) -> Option<Self> {
        let begin = sql
            .lines()
            .take_while(|line| line.starts_with("--") || line.is_empty())
            .map(|line| line.len() + 1);
        let sql = sql.get(begin.sum()..)?.trim_end();
        if let Some(rest) = sql.strip_prefix("ALTER TABLE ") {
            let (table, change) = rest.split_once(char::is_whitespace)?;
            return Some(Self::Alter { table, change: change.trim_start() });
        }
        let (table, rest) = sql.strip_prefix("CREATE TABLE IF NOT EXISTS ")?.split_once('\n')?;
        let (columns, rest) = rest.split_once("\nENGINE = ")?;
        let (engine, rest) = rest.split_once('\n')?;
        Some(Self::Create { table, columns, engine, rest })
    }

    fn on_cluster(&self, cluster: &str) -> Option<Vec<String>> {
        match self {
            Self::Create { table, columns, engine, rest } => {
                let (_, shard_key) = SHARD_KEYS.iter().find(|(name, _)| name == table)?;
                let rest =
                    rest.replace("non_replicated_deduplication_window", "replicated_deduplication_window");
                let engine = replicated(table, engine);
                Some(vec![
                    format!(
                        "CREATE TABLE IF NOT EXISTS {table}_local ON CLUSTER '{cluster}'\n{columns}\nENGINE = {engine}\n{rest}"
                    ),
                    format!(
                        "CREATE TABLE IF NOT EXISTS {table} ON CLUSTER '{cluster}' AS {table}_local\n\
                         ENGINE = Distributed('{cluster}', currentDatabase(), '{table}_local', {shard_key})"
                    ),
                ])
            }
            Self::Alter { table, change } => {
                let alter = |table: String| format!("ALTER TABLE {table} ON CLUSTER '{cluster}' {change}");
                let mut statements = vec![alter(format!("{table}_local"))];
                // What spreads queries has columns alone, no settings, indexes or projections.
                if change.starts_with("ADD COLUMN") {
                    statements.push(alter((*table).to_owned()));
                }
                Some(statements)
            }
        }
    }
}

/// `ReplacingMergeTree(received)` → `ReplicatedReplacingMergeTree('/clickhouse/…', '{replica}', received)`
fn replicated(table: &str, engine: &str) -> String {
    let (kind, arguments) = engine.split_once('(').unwrap_or((engine, ")"));
    let separator = if arguments == ")" { "" } else { ", " };
    format!(
        "Replicated{kind}('/clickhouse/tables/{{shard}}/{{database}}/{table}', '{{replica}}'{separator}{arguments}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_becomes_a_replicated_one_and_one_that_spreads_over_the_shards() {
        let schema = cluster_schema("crashes", 90).unwrap();
        let of = |table: &str| {
            let of = |sql: &&String| sql.split(' ').any(|word| word == table);
            schema.iter().filter(of).cloned().collect::<Vec<_>>().join("\n\n")
        };
        insta::assert_snapshot!(of("fates") + "\n\n" + &of("fates_local"));
        assert!(!schema.iter().any(|sql| sql.contains("non_replicated") || sql.contains("{retention_days}")));
    }

    #[test]
    fn a_cluster_is_named_as_in_clickhouse() {
        let error = cluster_schema("it's", 90).unwrap_err();
        assert_eq!(error, ClusterError::Name("it's".into()));
        assert!(cluster_schema("", 90).is_err());
    }
}
