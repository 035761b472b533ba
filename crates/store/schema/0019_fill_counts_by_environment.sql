-- In the background; until a part has them, its rows are read.
ALTER TABLE events
    MATERIALIZE PROJECTION hours,
    MATERIALIZE PROJECTION days,
    MATERIALIZE PROJECTION weeks,
    MATERIALIZE PROJECTION day_counts
