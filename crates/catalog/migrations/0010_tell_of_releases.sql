-- What people and build servers say of a release; its projects are the rows of `releases`.
CREATE TABLE release_details (
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    version TEXT NOT NULL,
    created BIGINT NOT NULL,
    started BIGINT,
    released BIGINT,
    url TEXT NOT NULL, -- empty if none is said
    archived BOOLEAN NOT NULL,
    PRIMARY KEY (organization_id, version)
);

-- The last event of a release in a project, to the hour; null: none yet.
ALTER TABLE releases ADD COLUMN last_seen BIGINT;

CREATE TABLE release_commits (
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    version TEXT NOT NULL,
    position BIGINT NOT NULL, -- 0: the newest
    sha TEXT NOT NULL,
    repository TEXT NOT NULL,
    author_name TEXT NOT NULL,
    author_email TEXT NOT NULL,
    message TEXT NOT NULL,
    created BIGINT, -- by the commit
    PRIMARY KEY (organization_id, version, position)
);

CREATE TABLE release_refs (
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    version TEXT NOT NULL,
    repository TEXT NOT NULL,
    sha TEXT NOT NULL,
    previous_sha TEXT, -- null: none is said
    PRIMARY KEY (organization_id, version, repository)
);

CREATE TABLE deploys (
    id BIGINT PRIMARY KEY NOT NULL,
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    version TEXT NOT NULL,
    environment TEXT NOT NULL,
    name TEXT NOT NULL, -- empty if none is said
    url TEXT NOT NULL, -- empty if none is said
    started BIGINT,
    finished BIGINT NOT NULL
);
CREATE INDEX deploys_release ON deploys (organization_id, version);

INSERT INTO sequences (name, last) VALUES ('deploy', 0);

CREATE TABLE repositories (
    id BIGINT PRIMARY KEY NOT NULL,
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    url TEXT NOT NULL, -- empty if none is said
    created BIGINT NOT NULL,
    UNIQUE (organization_id, name)
);

INSERT INTO sequences (name, last) VALUES ('repository', 0);
