-- Sessions. A session's updates are one row, that with the greatest sequence; a bucket that a client counted itself
-- is one row by where it came from. Those of a day lie together, as what is asked of them is asked by days.
CREATE TABLE IF NOT EXISTS sessions
(
    project_id         UInt64,
    sid                UUID,
    bucket_position    UInt64,
    bucket_index       UInt32,
    sequence           UInt64,
    received           DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    started            DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    user_hash          UInt64,
    release            LowCardinality(String),
    environment        LowCardinality(String),
    init               Bool,
    duration_ms        Nullable(UInt64),
    errors             UInt32,
    status             LowCardinality(String),
    abnormal_mechanism LowCardinality(String),
    exited             UInt32,
    errored            UInt32,
    abnormal           UInt32,
    crashed            UInt32
)
ENGINE = ReplacingMergeTree(sequence)
PARTITION BY toMonday(received)
ORDER BY (project_id, toDate(started), sid, bucket_position, bucket_index)
TTL toDateTime(received) + toIntervalDay({retention_days})
SETTINGS
    ttl_only_drop_parts = 1,
    materialize_ttl_recalculate_only = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1
