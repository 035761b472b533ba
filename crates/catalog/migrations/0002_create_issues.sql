CREATE TABLE issues (
    id BIGINT PRIMARY KEY NOT NULL,
    project_id BIGINT NOT NULL REFERENCES projects (id),
    short_id TEXT NOT NULL,
    status TEXT NOT NULL, -- unresolved, resolved, ignored
    regressed BOOLEAN NOT NULL,
    resolved_in_next_release BOOLEAN NOT NULL,
    resolved BIGINT, -- set while the status is resolved
    level TEXT NOT NULL,
    platform TEXT NOT NULL,
    title TEXT NOT NULL,
    culprit TEXT NOT NULL,
    error_type TEXT NOT NULL,
    error_value TEXT NOT NULL,
    filename TEXT NOT NULL,
    function TEXT NOT NULL,
    search_text TEXT NOT NULL, -- title, culprit and short id in lower case
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    first_release TEXT,
    last_release TEXT,
    assignee_id BIGINT REFERENCES users (id),
    UNIQUE (project_id, short_id)
);
CREATE INDEX issues_project_last_seen ON issues (project_id, last_seen);
CREATE INDEX issues_project_status_last_seen ON issues (project_id, status, last_seen);
CREATE INDEX issues_short_id ON issues (short_id);

CREATE TABLE issue_hashes (
    project_id BIGINT NOT NULL,
    hash BIGINT NOT NULL,
    issue_id BIGINT NOT NULL REFERENCES issues (id),
    PRIMARY KEY (project_id, hash)
);
CREATE INDEX issue_hashes_issue ON issue_hashes (issue_id);

CREATE TABLE releases (
    project_id BIGINT NOT NULL REFERENCES projects (id),
    version TEXT NOT NULL,
    first_seen BIGINT NOT NULL, -- by the server's clock
    PRIMARY KEY (project_id, version)
);

-- Batches that were begun and are not finished: at most one a journal.
CREATE TABLE batches (
    journal TEXT PRIMARY KEY NOT NULL,
    first_position BIGINT NOT NULL,
    last_position BIGINT NOT NULL,
    duplicates TEXT NOT NULL, -- positions, a JSON list
    begun BIGINT NOT NULL
);
