-- What a day's payloads take, their groupings with them, is summed up without reading them.
ALTER TABLE events ADD COLUMN IF NOT EXISTS payload_bytes UInt32 MATERIALIZED length(payload) + length(grouping) CODEC(T64, ZSTD(1))
