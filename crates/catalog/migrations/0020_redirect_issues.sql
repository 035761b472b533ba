-- An issue whose events all proved to be another's leads there.
ALTER TABLE issues ADD COLUMN redirect_to BIGINT REFERENCES issues (id);
CREATE INDEX issues_redirect_to ON issues (redirect_to) WHERE redirect_to IS NOT NULL;

-- Issues that events were moved out of, until it is known whether any are left.
CREATE TABLE issue_moves (
    from_issue BIGINT NOT NULL REFERENCES issues (id),
    to_issue BIGINT NOT NULL REFERENCES issues (id),
    events BIGINT NOT NULL,
    PRIMARY KEY (from_issue, to_issue)
);
CREATE INDEX issue_moves_to ON issue_moves (to_issue);
