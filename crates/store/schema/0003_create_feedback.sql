-- What users said; sent again under its id it is there once. `event_id` is nil where it is about no event.
CREATE TABLE IF NOT EXISTS feedback
(
    project_id  UInt64,
    feedback_id UUID,
    event_id    UUID,
    position    UInt64,
    item_index  UInt32,
    received    DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    timestamp   DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    name        String CODEC(ZSTD(1)),
    email       String CODEC(ZSTD(1)),
    message     String CODEC(ZSTD(1)),
    url         String CODEC(ZSTD(1)),
    release     LowCardinality(String),
    environment LowCardinality(String)
)
ENGINE = ReplacingMergeTree(received)
PARTITION BY toMonday(received)
ORDER BY (project_id, feedback_id)
TTL toDateTime(received) + toIntervalDay({retention_days})
SETTINGS
    index_granularity = 1024,
    ttl_only_drop_parts = 1,
    materialize_ttl_recalculate_only = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1
