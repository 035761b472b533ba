-- Events and users of each hash by hour, by day and by week, told apart by environment: what people look at most is one
-- environment, and without it in the key such a list reads every row. Whoever asks names the projection
-- (`preferred_optimize_projection_name`): left alone, ClickHouse takes the one with the fewest granules. Those with users have small
-- ones, since a state of many users is some kilobytes and a page wants 25 issues' of thousands; `day_counts` has large ones
-- and no users: it is what all issues are counted from to put them in order, in a third of the time.
ALTER TABLE events
    ADD PROJECTION IF NOT EXISTS hours
    (
        SELECT
            project_id, group_hash, toMonday(received), toStartOfHour(timestamp), environment,
            count(), uniqCombined64If(12)(user, user != '')
        GROUP BY project_id, group_hash, toMonday(received), toStartOfHour(timestamp), environment
    ) WITH SETTINGS (index_granularity = 256),
    ADD PROJECTION IF NOT EXISTS days
    (
        SELECT
            project_id, group_hash, toMonday(received), toStartOfDay(timestamp), environment,
            count(), uniqCombined64If(12)(user, user != '')
        GROUP BY project_id, group_hash, toMonday(received), toStartOfDay(timestamp), environment
    ) WITH SETTINGS (index_granularity = 64),
    ADD PROJECTION IF NOT EXISTS weeks
    (
        SELECT
            project_id, group_hash, toMonday(received), environment,
            count(), uniqCombined64If(12)(user, user != '')
        GROUP BY project_id, group_hash, toMonday(received), environment
    ) WITH SETTINGS (index_granularity = 16),
    ADD PROJECTION IF NOT EXISTS day_counts
    (
        SELECT
            project_id, group_hash, toMonday(received), toStartOfDay(timestamp), environment,
            count(), min(timestamp), max(timestamp)
        GROUP BY project_id, group_hash, toMonday(received), toStartOfDay(timestamp), environment
    ) WITH SETTINGS (index_granularity = 1024)
