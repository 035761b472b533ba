-- In the background; until a part has them, its rows are read.
ALTER TABLE events
    MATERIALIZE COLUMN user_hash,
    MATERIALIZE COLUMN tag_pairs,
    MATERIALIZE INDEX tag_values,
    MATERIALIZE PROJECTION by_hour,
    MATERIALIZE PROJECTION by_day,
    MATERIALIZE PROJECTION by_week,
    MATERIALIZE PROJECTION by_release,
    MATERIALIZE PROJECTION by_device
