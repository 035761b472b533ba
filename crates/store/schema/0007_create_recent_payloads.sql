-- Payloads of events past their project's budget: the newest few of each issue, release and hour, a slot each.
-- The newest of a slot takes the place of the others when parts are merged.
CREATE TABLE IF NOT EXISTS recent_payloads
(
    project_id UInt64,
    group_hash UInt64,
    release    LowCardinality(String),
    hour       DateTime('UTC'),
    slot       UInt32,
    event_id   UUID,
    received   DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    payload    String CODEC(ZSTD(1)),
    grouping   String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(received)
PARTITION BY toMonday(received)
ORDER BY (project_id, group_hash, release, hour, slot)
TTL toDateTime(received) + toIntervalDay({retention_days})
SETTINGS
    index_granularity = 128,
    ttl_only_drop_parts = 1,
    materialize_ttl_recalculate_only = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1
