-- What the projections of counts with users of 32 bits took the place of.
ALTER TABLE events
    DROP PROJECTION IF EXISTS hours,
    DROP PROJECTION IF EXISTS days,
    DROP PROJECTION IF EXISTS weeks
