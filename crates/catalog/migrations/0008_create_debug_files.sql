-- Debug files: one row for each object in an uploaded file, of which a fat one has several.
CREATE TABLE debug_files (
    id BIGINT PRIMARY KEY NOT NULL,
    project_id BIGINT NOT NULL REFERENCES projects (id),
    sha1 TEXT NOT NULL, -- of the uploaded file, hexadecimal
    digest TEXT NOT NULL, -- SHA-256 of the uploaded file, hexadecimal: its blob
    bytes BIGINT NOT NULL, -- of the uploaded file
    debug_id TEXT NOT NULL, -- lower case, with hyphens, its age behind if it is not 0
    code_id TEXT, -- lower-case hexadecimal
    kind TEXT NOT NULL, -- elf, macho, pe, pdb, breakpad, proguard …
    object_kind TEXT NOT NULL, -- exe, lib, dbg, src …; empty if that makes no sense
    arch TEXT NOT NULL, -- arm64, x86_64 …; empty if that makes no sense
    name TEXT NOT NULL, -- file name without folders
    search_name TEXT NOT NULL, -- the name in lower case
    features TEXT NOT NULL, -- symtab, debug, unwind, sources, mapping; separated by spaces
    uploaded_by TEXT NOT NULL, -- e-mail address
    uploaded BIGINT NOT NULL,
    last_used BIGINT NOT NULL, -- when an event needed it last, or when it was uploaded
    UNIQUE (project_id, sha1, debug_id)
);
CREATE INDEX debug_files_debug_id ON debug_files (project_id, debug_id);
CREATE INDEX debug_files_code_id ON debug_files (project_id, code_id);
CREATE INDEX debug_files_digest ON debug_files (digest);
CREATE INDEX debug_files_last_used ON debug_files (last_used);

-- Releases that build servers say a debug file is of; it stays as long as one of them sends events.
CREATE TABLE debug_file_releases (
    project_id BIGINT NOT NULL REFERENCES projects (id),
    debug_id TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (project_id, debug_id, version)
);

INSERT INTO sequences (name, last) VALUES ('debug_file', 0);
