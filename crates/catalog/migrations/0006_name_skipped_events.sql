-- No longer duplicates only: filtered events too, each with its reason.
ALTER TABLE batches RENAME COLUMN duplicates TO skipped;
