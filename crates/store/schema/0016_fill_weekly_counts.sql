-- In the background; until a part has it, its rows are read.
ALTER TABLE events MATERIALIZE PROJECTION weekly
