-- The dialect that SQLite and PostgreSQL share. Ids and times (milliseconds since 1970, UTC) are BIGINT.

-- Ids come from here, in the transaction that uses them: they are in the order of commits in both databases.
CREATE TABLE sequences (
    name TEXT PRIMARY KEY NOT NULL,
    last BIGINT NOT NULL
);
INSERT INTO sequences (name, last) VALUES
    ('organization', 0), ('user', 0), ('api_token', 0), ('project', 0), ('dsn_key', 0),
    ('issue', 0), ('transition', 0), ('hook', 0), ('quarantined', 0);

CREATE TABLE organizations (
    id BIGINT PRIMARY KEY NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE users (
    id BIGINT PRIMARY KEY NOT NULL,
    email TEXT NOT NULL UNIQUE, -- lower case
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL, -- argon2id, PHC string
    created BIGINT NOT NULL
);

CREATE TABLE members (
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    is_admin BOOLEAN NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);

CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY NOT NULL, -- SHA-256, hexadecimal
    user_id BIGINT NOT NULL REFERENCES users (id),
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    csrf TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires);

CREATE TABLE api_tokens (
    id BIGINT PRIMARY KEY NOT NULL,
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE, -- SHA-256, hexadecimal
    scopes TEXT NOT NULL, -- separated by spaces
    created BIGINT NOT NULL,
    last_used BIGINT
);

CREATE TABLE projects (
    id BIGINT PRIMARY KEY NOT NULL,
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    platform TEXT NOT NULL, -- empty if not said
    last_issue_number BIGINT NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (organization_id, slug)
);

CREATE TABLE dsn_keys (
    id BIGINT PRIMARY KEY NOT NULL,
    project_id BIGINT NOT NULL REFERENCES projects (id),
    public_key TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    rate_limit_count BIGINT, -- both or none
    rate_limit_window_seconds BIGINT,
    created BIGINT NOT NULL
);
CREATE INDEX dsn_keys_project ON dsn_keys (project_id);
