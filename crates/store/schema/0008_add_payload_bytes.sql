-- What a day's payloads take is summed up without reading them.
ALTER TABLE events ADD COLUMN IF NOT EXISTS payload_bytes UInt32 MATERIALIZED length(payload) CODEC(T64, ZSTD(1))
