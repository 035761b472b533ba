-- An event that was symbolicated again is another row; until the older one is deleted, that of the greater revision holds.
ALTER TABLE events ADD COLUMN IF NOT EXISTS revision UInt64 DEFAULT 0 CODEC(T64, ZSTD(1))
