CREATE TABLE transitions (
    id BIGINT PRIMARY KEY NOT NULL,
    project_id BIGINT NOT NULL REFERENCES projects (id),
    issue_id BIGINT NOT NULL REFERENCES issues (id),
    kind TEXT NOT NULL, -- issue.new, issue.regressed
    event_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    created BIGINT NOT NULL,
    held_by_journal TEXT, -- the journal whose begun batch holds it back; null once that is finished
    taken BOOLEAN NOT NULL, -- into the outbox
    UNIQUE (issue_id, kind, event_id)
);
CREATE INDEX transitions_held ON transitions (held_by_journal) WHERE held_by_journal IS NOT NULL;
CREATE INDEX transitions_waiting ON transitions (id) WHERE NOT taken;

CREATE TABLE hooks (
    id BIGINT PRIMARY KEY NOT NULL,
    project_id BIGINT NOT NULL REFERENCES projects (id),
    url TEXT NOT NULL,
    events TEXT NOT NULL, -- kinds of transitions, separated by spaces
    secret TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    after_transition BIGINT NOT NULL, -- tells only transitions with a greater id
    created BIGINT NOT NULL
);
CREATE INDEX hooks_project ON hooks (project_id);

-- The outbox. A delivery outlives its hook as history, so it keeps the URL.
CREATE TABLE deliveries (
    id TEXT PRIMARY KEY NOT NULL,
    hook_id BIGINT NOT NULL,
    transition_id BIGINT NOT NULL REFERENCES transitions (id),
    project_id BIGINT NOT NULL,
    url TEXT NOT NULL,
    state TEXT NOT NULL, -- pending, delivered, failed
    attempts BIGINT NOT NULL,
    last_status BIGINT,
    last_error TEXT,
    body TEXT, -- from the first attempt until it is delivered or given up
    next_attempt BIGINT NOT NULL,
    created BIGINT NOT NULL,
    delivered BIGINT,
    UNIQUE (hook_id, transition_id)
);
CREATE INDEX deliveries_due ON deliveries (next_attempt) WHERE state = 'pending';
CREATE INDEX deliveries_project_created ON deliveries (project_id, created);
CREATE INDEX deliveries_transition ON deliveries (transition_id);
