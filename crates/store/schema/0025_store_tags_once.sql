-- Tags that are columns or in `tag_pairs` leave `tags`, by measurement of ten million events 15.6 of 113 bytes each: long values stay, and
-- what an app calls by a column's name with another value. In the background; readers are right before and afterwards.
ALTER TABLE events
    UPDATE tags = mapFilter(
        (key, value) -> if(
            key IN ('app.version', 'device.family', 'device.model', 'dist', 'environment', 'level', 'os.name', 'os.version', 'release', 'user'),
            value != multiIf(
                key = 'app.version', toString(app_version),
                key = 'device.family', toString(device_family),
                key = 'device.model', toString(device_model),
                key = 'dist', toString(dist),
                key = 'environment', toString(environment),
                key = 'level', toString(level),
                key = 'os.name', toString(os_name),
                key = 'os.version', toString(os_version),
                key = 'release', toString(release),
                user
            ),
            length(value) >= 32 OR startsWith(key, 'flags[') OR key IN ('sdk.name', 'sdk.version')
        ),
        tags
    )
    WHERE notEmpty(tags)
