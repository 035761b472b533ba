-- Hashes whose events are to be deleted, until that is done.
CREATE TABLE hash_deletions (
    project_id BIGINT NOT NULL REFERENCES projects (id),
    hash BIGINT NOT NULL,
    requested BIGINT NOT NULL, -- events received up to then
    PRIMARY KEY (project_id, hash)
);

-- Issues that were discarded: further events of their hashes are not stored.
CREATE TABLE discards (
    id BIGINT PRIMARY KEY NOT NULL,
    project_id BIGINT NOT NULL REFERENCES projects (id),
    title TEXT NOT NULL,
    culprit TEXT NOT NULL,
    created BIGINT NOT NULL,
    user_id BIGINT REFERENCES users (id)
);
CREATE INDEX discards_project ON discards (project_id, id);
CREATE TABLE discarded_hashes (
    project_id BIGINT NOT NULL,
    hash BIGINT NOT NULL,
    discard_id BIGINT NOT NULL REFERENCES discards (id),
    PRIMARY KEY (project_id, hash)
);
CREATE INDEX discarded_hashes_discard ON discarded_hashes (discard_id);
INSERT INTO sequences (name, last) VALUES ('discard', 0);
