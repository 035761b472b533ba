-- What the projections of counts by environment took the place of.
ALTER TABLE events
    DROP PROJECTION IF EXISTS hourly,
    DROP PROJECTION IF EXISTS daily,
    DROP PROJECTION IF EXISTS weekly
