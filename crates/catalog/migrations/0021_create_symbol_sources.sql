-- Where else than among its uploads a project's symbols are looked for, in order.
CREATE TABLE symbol_sources (
    project_id BIGINT NOT NULL REFERENCES projects (id),
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL, -- JSON, without the secret
    secret TEXT, -- encrypted
    changed BIGINT NOT NULL,
    changed_by TEXT NOT NULL, -- e-mail address
    PRIMARY KEY (project_id, position),
    UNIQUE (project_id, name)
);
CREATE INDEX symbol_sources_changed ON symbol_sources (changed);
