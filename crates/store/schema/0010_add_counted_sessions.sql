-- Whether a client counts the session in a bucket, too: then the row only says how one of those stands.
ALTER TABLE sessions ADD COLUMN IF NOT EXISTS is_counted Bool DEFAULT false
