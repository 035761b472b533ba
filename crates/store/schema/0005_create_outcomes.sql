-- What was received and what became of it, by minute. Each row is one source's number: a source that is written
-- again replaces its row, so that a replay counts nothing twice.
--
-- Rows lie by time, and new ones are mostly newer than all others: parts seldom overlap, and FINAL has little to do.
CREATE TABLE IF NOT EXISTS outcomes
(
    project_id UInt64,
    minute     DateTime('UTC') CODEC(Delta, ZSTD(1)),
    category   LowCardinality(String),
    outcome    LowCardinality(String),
    reason     LowCardinality(String),
    key_id     Int64,
    source     String CODEC(ZSTD(1)),
    quantity   UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(minute)
ORDER BY (project_id, minute, category, outcome, reason, key_id, source)
TTL minute + toIntervalDay({retention_days})
SETTINGS
    ttl_only_drop_parts = 1,
    materialize_ttl_recalculate_only = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1
