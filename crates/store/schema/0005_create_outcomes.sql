-- What was received and what became of it, by minute. Each row is one source's number: a source that is written
-- again replaces its row, so that a replay counts nothing twice.
--
-- Rows lie by time, and new ones are mostly newer than all others: parts seldom overlap, and FINAL has little to do.
-- A week that is over becomes one part, of which it has nothing to do. `line` stands for what sums are grouped by: by
-- one number it is several times faster than by strings.
CREATE TABLE IF NOT EXISTS outcomes
(
    project_id UInt64,
    minute     DateTime('UTC') CODEC(Delta, ZSTD(1)),
    category   LowCardinality(String),
    outcome    LowCardinality(String),
    reason     LowCardinality(String),
    key_id     Int64,
    source     String CODEC(ZSTD(1)),
    quantity   UInt64 CODEC(T64, ZSTD(1)),
    line       UInt64 MATERIALIZED sipHash64(category, outcome, reason, key_id) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(minute)
ORDER BY (project_id, minute, category, outcome, reason, key_id, source)
TTL minute + toIntervalDay({retention_days})
SETTINGS
    min_age_to_force_merge_seconds = 86400,
    min_age_to_force_merge_on_partition_only = 1,
    ttl_only_drop_parts = 1,
    materialize_ttl_recalculate_only = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1
