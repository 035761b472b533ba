-- How an issue is resolved: by the release that has the fix, or by one later than that which was the latest.
ALTER TABLE issues ADD COLUMN resolved_in_release TEXT;
ALTER TABLE issues ADD COLUMN resolved_after_release TEXT;

-- Why and until when it is ignored; all are null while it is not.
ALTER TABLE issues ADD COLUMN ignored BIGINT; -- since when
ALTER TABLE issues ADD COLUMN ignored_until TEXT; -- escalating, condition_met, forever
ALTER TABLE issues ADD COLUMN ignore_until BIGINT;
ALTER TABLE issues ADD COLUMN ignore_events BIGINT; -- as asked
ALTER TABLE issues ADD COLUMN ignore_events_left BIGINT;
ALTER TABLE issues ADD COLUMN ignore_users BIGINT; -- as asked
ALTER TABLE issues ADD COLUMN escalating BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE issues SET ignored = last_seen, ignored_until = 'escalating' WHERE status = 'ignored';
CREATE INDEX issues_ignored ON issues (id) WHERE ignored IS NOT NULL;

-- What a transition that no event caused tells of: the issue's newest event then; its `event_id` is only its key.
ALTER TABLE transitions ADD COLUMN shown_event_id TEXT;

-- The issue that a hash led to before issues were merged.
ALTER TABLE issue_hashes ADD COLUMN merged_from BIGINT REFERENCES issues (id);

-- Who did what to an issue, and what happened to it by itself.
CREATE TABLE activities (
    id BIGINT PRIMARY KEY NOT NULL,
    issue_id BIGINT NOT NULL REFERENCES issues (id),
    kind TEXT NOT NULL, -- as Sentry names it
    user_id BIGINT REFERENCES users (id), -- null: mayday itself
    data TEXT NOT NULL, -- JSON, as Sentry's
    created BIGINT NOT NULL
);
CREATE INDEX activities_issue ON activities (issue_id, id);
INSERT INTO sequences (name, last) VALUES ('activity', 0);
