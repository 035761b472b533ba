-- All that is kept of an issue: as many states of its users as weeks, where `daily` has one a day.
ALTER TABLE events ADD PROJECTION IF NOT EXISTS weekly
(
    SELECT
        project_id, group_hash, toMonday(received),
        count(), uniqCombined64If(12)(user, user != ''), min(timestamp), max(timestamp)
    GROUP BY project_id, group_hash, toMonday(received)
)
