-- Why events were not stored, for a week.
CREATE TABLE IF NOT EXISTS fates
(
    project_id UInt64,
    event_id   UUID,
    received   DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    position   UInt64,
    outcome    LowCardinality(String),
    reason     LowCardinality(String),
    detail     String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(received)
ORDER BY (project_id, event_id, received, position, outcome, reason)
TTL toDateTime(received) + toIntervalDay(7)
SETTINGS
    index_granularity = 1024,
    ttl_only_drop_parts = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1
