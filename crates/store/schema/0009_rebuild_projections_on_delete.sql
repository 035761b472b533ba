-- A user's events can be deleted: counts follow, as a changed part's projections are made anew.
ALTER TABLE events MODIFY SETTING lightweight_mutation_projection_mode = 'rebuild'
