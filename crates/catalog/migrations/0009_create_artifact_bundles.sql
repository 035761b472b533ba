-- Bundles of minified files, their source maps and sources, as sentry-cli makes them.
CREATE TABLE artifact_bundles (
    id BIGINT PRIMARY KEY NOT NULL,
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    sha1 TEXT NOT NULL, -- hexadecimal
    digest TEXT NOT NULL, -- SHA-256, hexadecimal: its blob
    bytes BIGINT NOT NULL,
    files BIGINT NOT NULL, -- in it, of every kind
    uploaded_by TEXT NOT NULL, -- e-mail address
    uploaded BIGINT NOT NULL,
    last_used BIGINT NOT NULL, -- when an event needed it last, or when it was uploaded
    UNIQUE (organization_id, sha1)
);
CREATE INDEX artifact_bundles_digest ON artifact_bundles (digest);
CREATE INDEX artifact_bundles_last_used ON artifact_bundles (last_used);

CREATE TABLE artifact_bundle_projects (
    bundle_id BIGINT NOT NULL REFERENCES artifact_bundles (id),
    project_id BIGINT NOT NULL REFERENCES projects (id),
    PRIMARY KEY (bundle_id, project_id)
);
CREATE INDEX artifact_bundle_projects_project ON artifact_bundle_projects (project_id);

CREATE TABLE artifact_bundle_releases (
    bundle_id BIGINT NOT NULL REFERENCES artifact_bundles (id),
    version TEXT NOT NULL,
    dist TEXT NOT NULL, -- empty: none
    PRIMARY KEY (bundle_id, version, dist)
);
CREATE INDEX artifact_bundle_releases_version ON artifact_bundle_releases (version);

CREATE TABLE artifact_files (
    bundle_id BIGINT NOT NULL REFERENCES artifact_bundles (id),
    path TEXT NOT NULL, -- in the bundle's zip
    url TEXT NOT NULL, -- as the manifest has it: ~/static/app.js; empty if it says none
    kind TEXT NOT NULL, -- minified_source, source_map, source, indexed_ram_bundle
    debug_id TEXT, -- lower case, with hyphens
    source_map TEXT NOT NULL, -- what a minified file says of its map; empty if nothing
    PRIMARY KEY (bundle_id, path)
);
CREATE INDEX artifact_files_debug_id ON artifact_files (debug_id);
CREATE INDEX artifact_files_url ON artifact_files (url);

INSERT INTO sequences (name, last) VALUES ('artifact_bundle', 0);
