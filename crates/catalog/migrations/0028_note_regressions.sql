-- Which issues came back in which release: that of the event that reopened it.
CREATE TABLE release_regressions (
    project_id BIGINT NOT NULL REFERENCES projects (id),
    version TEXT NOT NULL,
    issue_id BIGINT NOT NULL,
    regressed BIGINT NOT NULL, -- for the first time, by the server's clock
    PRIMARY KEY (project_id, version, issue_id)
);

CREATE INDEX issues_project_first_release ON issues (project_id, first_release);
