-- What a search asks most, counted as issues are: by release and system, and by device, a day at a time. Each begins with
-- what is searched, so that a release's rows lie together; with users, so that a page's 25 issues need no events either. They
-- grow with the kinds of devices and releases that an issue has a day, not with its events.
--
-- Users are told apart by 32 bits of a hash: a state of few users is half as large as with 64, a reader decompresses no text,
-- and of ten million users one in a thousand is lost, which is a thirtieth of what the estimate is off by.
--
-- `tag_pairs` has an event's tags but for those that are columns, each as its key and value around a line's end, in an index: a
-- tag is found without reading the map of all tags. Of a value of 32 bytes or more only the key: ids would make it large.
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS user_hash UInt32 DEFAULT if(user = '', 0, greatest(toUInt32(cityHash64(user)), 1)) CODEC(NONE),
    ADD COLUMN IF NOT EXISTS tag_pairs Array(LowCardinality(String)) DEFAULT arrayMap(
        tag -> concat(tag.1, '\n', if(length(tag.2) < 32, tag.2, '')),
        arrayFilter(
            tag -> tag.2 != '' AND tag.1 NOT IN ('app.version', 'device.family', 'device.model', 'dist', 'environment', 'level', 'os.name', 'os.version', 'release', 'user'),
            arrayZip(mapKeys(tags), mapValues(tags))
        )
    ) CODEC(ZSTD(1)),
    ADD INDEX IF NOT EXISTS tag_values tag_pairs TYPE text(tokenizer = 'array'),
    ADD PROJECTION IF NOT EXISTS by_hour
    (
        SELECT
            project_id, group_hash, toMonday(received), toStartOfHour(timestamp), environment,
            count(), uniqCombinedIf(12)(user_hash, user_hash != 0)
        GROUP BY project_id, group_hash, toMonday(received), toStartOfHour(timestamp), environment
    ) WITH SETTINGS (index_granularity = 256),
    ADD PROJECTION IF NOT EXISTS by_day
    (
        SELECT
            project_id, group_hash, toMonday(received), toStartOfDay(timestamp), environment,
            count(), uniqCombinedIf(12)(user_hash, user_hash != 0)
        GROUP BY project_id, group_hash, toMonday(received), toStartOfDay(timestamp), environment
    ) WITH SETTINGS (index_granularity = 64),
    ADD PROJECTION IF NOT EXISTS by_week
    (
        SELECT
            project_id, group_hash, toMonday(received), environment,
            count(), uniqCombinedIf(12)(user_hash, user_hash != 0)
        GROUP BY project_id, group_hash, toMonday(received), environment
    ) WITH SETTINGS (index_granularity = 16),
    ADD PROJECTION IF NOT EXISTS by_release
    (
        SELECT
            project_id, release, os_name, os_version, group_hash, toMonday(received), toStartOfDay(timestamp), environment,
            count(), uniqCombinedIf(12)(user_hash, user_hash != 0)
        GROUP BY
            project_id, release, os_name, os_version, group_hash, toMonday(received), toStartOfDay(timestamp), environment
    ) WITH SETTINGS (index_granularity = 1024),
    ADD PROJECTION IF NOT EXISTS by_device
    (
        SELECT
            project_id, device_family, device_model, group_hash, toMonday(received), toStartOfDay(timestamp), environment,
            count(), uniqCombinedIf(12)(user_hash, user_hash != 0)
        GROUP BY project_id, device_family, device_model, group_hash, toMonday(received), toStartOfDay(timestamp), environment
    ) WITH SETTINGS (index_granularity = 1024)
