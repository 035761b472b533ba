-- Which symbol files an event wanted and did not have, for a month: when one comes, its events are symbolicated again.
-- Of the rows of a file and event that of the last try holds. `is_missing` is false where a better file would only help.
CREATE TABLE IF NOT EXISTS missing_symbols
(
    project_id UInt64,
    symbol     String CODEC(ZSTD(1)),
    event_id   UUID,
    received   DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    tried      UInt64,
    kind       LowCardinality(String),
    is_missing Bool,
    status     LowCardinality(String),
    reason     LowCardinality(String),
    file       LowCardinality(String),
    code_id    LowCardinality(String),
    arch       LowCardinality(String),
    release    LowCardinality(String),
    dist       LowCardinality(String),
    user_hash  UInt64
)
ENGINE = ReplacingMergeTree(tried)
PARTITION BY toMonday(received)
ORDER BY (project_id, symbol, received, event_id)
TTL toDateTime(received) + toIntervalDay(30)
SETTINGS
    index_granularity = 1024,
    ttl_only_drop_parts = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1
