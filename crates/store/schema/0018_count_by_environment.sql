-- Events and users of each hash by hour, by day and by week, told apart by environment: what people look at most is one
-- environment, and without it in the key such a list reads every row. Whoever asks names the projection
-- (`preferred_optimize_projection_name`): left alone, ClickHouse takes the one with the fewest granules, and these are as small as
-- what a list's page reads of them. A state of many users is some kilobytes, and 25 issues' are wanted of thousands.
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
            count(), uniqCombined64If(12)(user, user != ''), min(timestamp), max(timestamp)
        GROUP BY project_id, group_hash, toMonday(received), environment
    ) WITH SETTINGS (index_granularity = 16)
