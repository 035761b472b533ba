-- The files of events. Their bytes are blobs; `blob` is the key. A file that is received again is another row, as it is
-- another blob.
CREATE TABLE IF NOT EXISTS attachments
(
    project_id      UInt64,
    event_id        UUID,
    id              UInt64,
    received        DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    name            String CODEC(ZSTD(1)),
    content_type    LowCardinality(String),
    attachment_type LowCardinality(String),
    bytes           UInt64,
    sha256          String,
    blob            String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toMonday(received)
ORDER BY (project_id, event_id, id, received)
TTL toDateTime(received) + toIntervalDay({retention_days})
SETTINGS
    index_granularity = 1024,
    ttl_only_drop_parts = 1,
    materialize_ttl_recalculate_only = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1
