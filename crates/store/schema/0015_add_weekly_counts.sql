-- All that is kept of an issue: as many states of its users as weeks, where `daily` has one a day. A state of many users is
-- some kilobytes and a page of a list needs 25: small granules leave the rest unread.
ALTER TABLE events ADD PROJECTION IF NOT EXISTS weekly
(
    SELECT
        project_id, group_hash, toMonday(received),
        count(), uniqCombined64If(12)(user, user != ''), min(timestamp), max(timestamp)
    GROUP BY project_id, group_hash, toMonday(received)
) WITH SETTINGS (index_granularity = 32)
