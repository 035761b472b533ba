-- What projects decide about their reports, one section a row; without a row, its defaults.
CREATE TABLE project_settings (
    project_id BIGINT NOT NULL REFERENCES projects (id),
    section TEXT NOT NULL, -- limits, filters, privacy, payloads
    value TEXT NOT NULL, -- JSON
    change_id BIGINT NOT NULL, -- its newest change
    PRIMARY KEY (project_id, section)
);
CREATE INDEX project_settings_change ON project_settings (change_id);

-- Filters and scrubbing lose data by intent: who decided so, and when, is kept for good.
CREATE TABLE settings_changes (
    id BIGINT PRIMARY KEY NOT NULL,
    project_id BIGINT NOT NULL REFERENCES projects (id),
    section TEXT NOT NULL,
    old_value TEXT, -- JSON; null where the defaults held
    new_value TEXT NOT NULL, -- JSON
    changed BIGINT NOT NULL,
    changed_by TEXT NOT NULL -- e-mail address
);
CREATE INDEX settings_changes_project ON settings_changes (project_id, id);

INSERT INTO sequences (name, last) VALUES ('settings_change', 0);
