CREATE TABLE quarantined (
    id BIGINT PRIMARY KEY NOT NULL,
    journal TEXT NOT NULL,
    position BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    step TEXT NOT NULL,
    reason TEXT NOT NULL,
    record BYTEA NOT NULL,
    record_bytes BIGINT NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (journal, position)
);
CREATE INDEX quarantined_project ON quarantined (project_id, id, record_bytes);
