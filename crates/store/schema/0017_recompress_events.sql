-- By measurement of 2.3 million events: tags 28.6 → 16.0 bytes an event, names of devices, systems and releases 6.1 → 4.0,
-- titles and messages 4.3 → 3.7. Reading does not get slower. What is there is written anew as its parts merge.
ALTER TABLE events
    MODIFY COLUMN tags CODEC(ZSTD(6)),
    MODIFY COLUMN title CODEC(ZSTD(3)),
    MODIFY COLUMN culprit CODEC(ZSTD(3)),
    MODIFY COLUMN error_value CODEC(ZSTD(3)),
    MODIFY COLUMN user CODEC(ZSTD(3)),
    MODIFY COLUMN release CODEC(ZSTD(1)),
    MODIFY COLUMN dist CODEC(ZSTD(1)),
    MODIFY COLUMN environment CODEC(ZSTD(1)),
    MODIFY COLUMN os_version CODEC(ZSTD(1)),
    MODIFY COLUMN device_family CODEC(ZSTD(1)),
    MODIFY COLUMN device_model CODEC(ZSTD(1)),
    MODIFY COLUMN app_version CODEC(ZSTD(1))
