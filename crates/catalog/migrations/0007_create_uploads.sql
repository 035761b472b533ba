-- Pieces of files on their way here; each is a blob, and goes when its file is whole or its time is over.
CREATE TABLE upload_chunks (
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    sha1 TEXT NOT NULL, -- hexadecimal, lower case
    bytes BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (organization_id, sha1)
);
CREATE INDEX upload_chunks_expires ON upload_chunks (expires);

-- Files that are being put together, or that could not be.
CREATE TABLE assemblies (
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    scope TEXT NOT NULL, -- what for: difs/PROJECT, artifacts
    sha1 TEXT NOT NULL, -- of the whole file
    owner TEXT NOT NULL, -- which process is at it; empty: none, it failed
    detail TEXT NOT NULL, -- why it failed
    expires BIGINT NOT NULL, -- until when the owner counts as alive, or the failure is remembered
    PRIMARY KEY (organization_id, scope, sha1)
);
CREATE INDEX assemblies_expires ON assemblies (expires);
