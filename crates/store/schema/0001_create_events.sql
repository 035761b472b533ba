-- Events, with three orders of the same rows.
--
-- The rows lie by issue and time: one issue's newest, next and previous events are point reads. Projections
-- are written with each part and merged with it: what is counted can never differ from what is stored, and
-- an insert is atomic over all of them.
--   by_id         finds an event by its id and tells an SDK's retry from a new event;
--   hourly, daily events, users, first and last seen of each hash: what issue lists and series are made of.
--
-- Partitions follow `received`, the server's clock: a batch is one part (two around Monday 00:00 UTC), old
-- weeks are dropped whole, and no client's clock can make partitions.
CREATE TABLE IF NOT EXISTS events
(
    project_id     UInt64,
    group_hash     UInt64,
    timestamp      DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received       DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    event_id       UUID,
    level          LowCardinality(String),
    platform       LowCardinality(String),
    release        LowCardinality(String),
    dist           LowCardinality(String),
    environment    LowCardinality(String),
    title          String CODEC(ZSTD(1)),
    culprit        String CODEC(ZSTD(1)),
    error_type     LowCardinality(String),
    error_value    String CODEC(ZSTD(1)),
    handled        Nullable(Bool),
    mechanism      LowCardinality(String),
    user           String CODEC(ZSTD(1)),
    os_name        LowCardinality(String),
    os_version     LowCardinality(String),
    device_family  LowCardinality(String),
    device_model   LowCardinality(String),
    app_version    LowCardinality(String),
    sdk_name       LowCardinality(String),
    sdk_version    LowCardinality(String),
    tags           Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    payload        String CODEC(ZSTD(1)),
    grouping       String CODEC(ZSTD(1)),

    PROJECTION by_id
    (
        SELECT project_id, event_id, received, group_hash, timestamp
        ORDER BY project_id, event_id
    ) WITH SETTINGS (index_granularity = 512),

    PROJECTION hourly
    (
        SELECT
            project_id, group_hash, toMonday(received), toStartOfHour(timestamp),
            count(), uniqCombined64If(12)(user, user != ''), min(timestamp), max(timestamp)
        GROUP BY project_id, group_hash, toMonday(received), toStartOfHour(timestamp)
    ),

    PROJECTION daily
    (
        SELECT
            project_id, group_hash, toMonday(received), toStartOfDay(timestamp),
            count(), uniqCombined64If(12)(user, user != ''), min(timestamp), max(timestamp)
        GROUP BY project_id, group_hash, toMonday(received), toStartOfDay(timestamp)
    )
)
ENGINE = MergeTree
PARTITION BY toMonday(received)
ORDER BY (project_id, group_hash, timestamp, event_id)
TTL toDateTime(received) + toIntervalDay({retention_days})
SETTINGS
    index_granularity = 1024,
    ttl_only_drop_parts = 1,
    materialize_ttl_recalculate_only = 1,
    non_replicated_deduplication_window = 10000,
    fsync_after_insert = 1,
    fsync_part_directory = 1
