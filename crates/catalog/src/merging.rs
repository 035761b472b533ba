//! Merging issues, and parting them again.
//!
//! Rows in ClickHouse know hashes only, so both are a change of which issue the hashes lead to. A hash remembers the issue
//! that it was merged from: parted, it leads there again, to the same id and short id.

use mayday_event::{GroupHash, IssueId, OrganizationId, ProjectId};
use serde_json::json;

use crate::{
    Catalog, CatalogError, activities,
    connect::{Connection, Sequence},
    healing::{Remaining, lead_to, note_move},
    issue_changes::select_one,
    issues::{Issue, search_text},
};

/// Hashes that leave an issue together: those that were merged from one other issue, or that were always its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The issue that they go back to; `None`: a new one.
    pub merged_from: Option<IssueId>,
    pub hashes: Vec<GroupHash>,
    /// When their events happened; `None` if none are kept.
    pub seen: Option<Remaining>,
    /// Of their newest event; `None`: as the issue that they leave.
    pub described: Option<Described>,
}

/// What a new issue is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    pub title: String,
    pub culprit: String,
    pub error_type: String,
    pub error_value: String,
    pub release: Option<String>,
}

impl Catalog {
    /// Makes issues of one project one: all that leads to `others` leads to `target`. Gives the target as it is then.
    pub async fn merge_issues(
        &self,
        organization: OrganizationId,
        user: i64,
        target: IssueId,
        others: &[IssueId],
    ) -> Result<Issue, CatalogError> {
        let now = self.clock.now();
        let mut tx = self.write().await?;
        let into = select_one(&mut tx, organization, target).await?;
        let mut merged = Vec::with_capacity(others.len());
        for &id in others.iter().filter(|&&id| id != target) {
            let from = select_one(&mut tx, organization, id).await?;
            if from.project_id != into.project_id {
                let (one, other) = (&from.short_id, &into.short_id);
                return Err(CatalogError::Invalid(format!("merge: {one} and {other} are of two projects")));
            }
            merge_one(&mut tx, &from, target).await?;
            merged.push(json!({ "id": id.to_string(), "shortId": from.short_id }));
        }
        activities::record(&mut tx, target, "merge", Some(user), &json!({ "issues": merged }), now).await?;
        let issue = select_one(&mut tx, organization, target).await?;
        tx.commit().await?;
        Ok(issue)
    }

    /// Of each hash of an issue, the one that it was merged from.
    pub async fn merged_from(
        &self,
        issue: IssueId,
    ) -> Result<Vec<(GroupHash, Option<IssueId>)>, CatalogError> {
        let rows: Vec<(i64, Option<i64>)> =
            sqlx::query_as("SELECT hash, merged_from FROM issue_hashes WHERE issue_id = $1 ORDER BY hash")
                .bind(issue.to_sql())
                .fetch_all(&self.reader)
                .await?;
        let read =
            |(hash, from): (i64, Option<i64>)| (GroupHash::from_sql(hash), from.map(IssueId::from_sql));
        Ok(rows.into_iter().map(read).collect())
    }

    /// Gives hashes of an issue to issues of their own; `left`: when the events that it keeps happened. Gives the ids of
    /// the issues that they lead to now. [`CatalogError::Conflict`] if the hashes were moved meanwhile.
    pub async fn unmerge_issue(
        &self,
        organization: OrganizationId,
        user: i64,
        issue: IssueId,
        parts: &[Part],
        left: Option<Remaining>,
    ) -> Result<Vec<IssueId>, CatalogError> {
        let now = self.clock.now();
        let mut tx = self.write().await?;
        let source = select_one(&mut tx, organization, issue).await?;
        let mut went_to = Vec::with_capacity(parts.len());
        for part in parts {
            let to = destination(&mut tx, &source, part).await?;
            take_hashes(&mut tx, source.project_id, part, issue, to).await?;
            if let Some(seen) = part.seen {
                set_seen(&mut tx, to, seen).await?;
            }
            let hashes = part.hashes.iter().map(ToString::to_string).collect::<Vec<_>>();
            let data = json!({ "fingerprints": hashes, "source": { "id": issue.to_string(), "shortId": source.short_id } });
            activities::record(&mut tx, to, "unmerge_source", Some(user), &data, now).await?;
            let short_id: String = sqlx::query_scalar("SELECT short_id FROM issues WHERE id = $1")
                .bind(to.to_sql())
                .fetch_one(&mut *tx)
                .await?;
            let data = json!({ "fingerprints": hashes, "destination": { "id": to.to_string(), "shortId": short_id } });
            activities::record(&mut tx, issue, "unmerge_destination", Some(user), &data, now).await?;
            went_to.push(to);
        }
        let keeps: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM issue_hashes WHERE issue_id = $1")
            .bind(issue.to_sql())
            .fetch_one(&mut *tx)
            .await?;
        if keeps == 0 {
            let all = "id: an issue keeps at least one fingerprint; leave one out";
            return Err(CatalogError::Invalid(all.into()));
        }
        if let Some(left) = left {
            set_seen(&mut tx, issue, left).await?;
        }
        tx.commit().await?;
        Ok(went_to)
    }
}

async fn merge_one(tx: &mut Connection, from: &Issue, to: IssueId) -> Result<(), CatalogError> {
    for sql in [
        "UPDATE issue_hashes SET issue_id = $1, merged_from = COALESCE(merged_from, issue_id) WHERE issue_id = $2",
        "UPDATE issues SET
           first_release = CASE WHEN f.first_seen < issues.first_seen THEN f.first_release ELSE issues.first_release END,
           last_release = CASE WHEN f.last_seen > issues.last_seen THEN f.last_release ELSE issues.last_release END,
           first_seen = CASE WHEN f.first_seen < issues.first_seen THEN f.first_seen ELSE issues.first_seen END,
           last_seen = CASE WHEN f.last_seen > issues.last_seen THEN f.last_seen ELSE issues.last_seen END
         FROM issues f WHERE issues.id = $1 AND f.id = $2",
    ] {
        sqlx::query(sql).bind(to.to_sql()).bind(from.id.to_sql()).execute(&mut *tx).await?;
    }
    // Events that healing moved out of it count for the target's settling.
    let left: Vec<(i64, i64)> =
        sqlx::query_as("SELECT to_issue, events FROM issue_moves WHERE from_issue = $1 AND to_issue <> $2")
            .bind(from.id.to_sql())
            .bind(to.to_sql())
            .fetch_all(&mut *tx)
            .await?;
    for (elsewhere, events) in left {
        note_move(tx, to.to_sql(), elsewhere, events).await?;
    }
    sqlx::query("DELETE FROM issue_moves WHERE from_issue = $1 OR (from_issue = $2 AND to_issue = $1)")
        .bind(from.id.to_sql())
        .bind(to.to_sql())
        .execute(&mut *tx)
        .await?;
    lead_to(tx, from.id.to_sql(), to.to_sql()).await
}

/// The issue that hashes go to: the one that they were merged from, if it leads to this one; else a new one.
async fn destination(tx: &mut Connection, source: &Issue, part: &Part) -> Result<IssueId, CatalogError> {
    if let Some(origin) = part.merged_from {
        let back = sqlx::query("UPDATE issues SET redirect_to = NULL WHERE id = $1 AND redirect_to = $2")
            .bind(origin.to_sql())
            .bind(source.id.to_sql())
            .execute(&mut *tx)
            .await?;
        let is_own: Option<i64> =
            sqlx::query_scalar("SELECT id FROM issues WHERE id = $1 AND redirect_to IS NULL AND id <> $2")
                .bind(origin.to_sql())
                .bind(source.id.to_sql())
                .fetch_optional(&mut *tx)
                .await?;
        if back.rows_affected() > 0 || is_own.is_some() {
            return Ok(origin);
        }
    }
    make_issue(tx, source, part).await
}

/// A new issue like another, as its newest event describes it.
async fn make_issue(tx: &mut Connection, source: &Issue, part: &Part) -> Result<IssueId, CatalogError> {
    let (slug, number): (String, i64) = sqlx::query_as(
        "UPDATE projects SET last_issue_number = last_issue_number + 1 WHERE id = $1
         RETURNING slug, last_issue_number",
    )
    .bind(source.project_id.to_sql())
    .fetch_one(&mut *tx)
    .await?;
    let short_id = format!("{}-{number}", slug.to_uppercase());
    let id = IssueId::from_sql(Sequence::Issue.next(tx).await?);
    let like = || Described {
        title: source.title.clone(),
        culprit: source.culprit.clone(),
        error_type: source.error_type.clone(),
        error_value: source.error_value.clone(),
        release: source.last_release.clone(),
    };
    let described = part.described.clone().unwrap_or_else(like);
    sqlx::query(
        "INSERT INTO issues (id, project_id, short_id, status, regressed, resolved_in_next_release, level, platform,
         title, culprit, error_type, error_value, filename, function, search_text, first_seen, last_seen,
         first_release, last_release)
         SELECT $1, project_id, $2, 'unresolved', FALSE, FALSE, level, platform, $3, $4, $5, $6, filename, function, $7,
         first_seen, last_seen, first_release, $8 FROM issues WHERE id = $9",
    )
    .bind(id.to_sql())
    .bind(&short_id)
    .bind(&described.title)
    .bind(&described.culprit)
    .bind(&described.error_type)
    .bind(&described.error_value)
    .bind(search_text(&described.title, &described.culprit, &short_id))
    .bind(&described.release)
    .bind(source.id.to_sql())
    .execute(tx)
    .await?;
    Ok(id)
}

async fn take_hashes(
    tx: &mut Connection,
    project: ProjectId,
    part: &Part,
    from: IssueId,
    to: IssueId,
) -> Result<(), CatalogError> {
    for hash in &part.hashes {
        let taken = sqlx::query(
            "UPDATE issue_hashes SET issue_id = $1, merged_from = NULL
             WHERE project_id = $2 AND hash = $3 AND issue_id = $4",
        )
        .bind(to.to_sql())
        .bind(project.to_sql())
        .bind(hash.to_sql())
        .bind(from.to_sql())
        .execute(&mut *tx)
        .await?;
        if taken.rows_affected() == 0 {
            return Err(CatalogError::Conflict("another change of these fingerprints"));
        }
    }
    Ok(())
}

async fn set_seen(tx: &mut Connection, issue: IssueId, seen: Remaining) -> Result<(), CatalogError> {
    sqlx::query("UPDATE issues SET first_seen = $1, last_seen = $2 WHERE id = $3")
        .bind(seen.first_seen.0)
        .bind(seen.last_seen.0)
        .bind(issue.to_sql())
        .execute(tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
