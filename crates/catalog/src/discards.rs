//! Issues that were discarded for ever: further events of their hashes are not stored.

use std::collections::{BTreeMap, HashSet};

use mayday_event::{GroupHash, IssueId, OrganizationId, ProjectId, Timestamp};
use sqlx::QueryBuilder;

use crate::{
    Catalog, CatalogError,
    batch::Occurrence,
    connect::Sequence,
    deletions,
    issue_changes::select_one,
    issues::{IN_LIST, push_list},
};

/// An issue that was discarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    pub id: i64,
    pub title: String,
    pub culprit: String,
    pub created: Timestamp,
    /// E-mail address of who did it; `None` if they are gone.
    pub discarded_by: Option<String>,
}

impl Catalog {
    /// Deletes an issue as [`Catalog::delete_issue`] does, and remembers its hashes: further events of them are filtered.
    pub async fn discard_issue(
        &self,
        organization: OrganizationId,
        user: i64,
        id: IssueId,
    ) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let mut tx = self.write().await?;
        let issue = select_one(&mut tx, organization, id).await?;
        let discard = Sequence::Discard.next(&mut tx).await?;
        sqlx::query(
            "INSERT INTO discards (id, project_id, title, culprit, created, user_id)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(discard)
        .bind(issue.project_id.to_sql())
        .bind(&issue.title)
        .bind(&issue.culprit)
        .bind(now.0)
        .bind(user)
        .execute(&mut *tx)
        .await?;
        for hashes in issue.hashes.chunks(IN_LIST / 3) {
            QueryBuilder::new("INSERT INTO discarded_hashes (project_id, hash, discard_id) ")
                .push_values(hashes, |mut row, hash| {
                    row.push_bind(issue.project_id.to_sql()).push_bind(hash.to_sql()).push_bind(discard);
                })
                // One that came back through a batch that was under way.
                .push(" ON CONFLICT (project_id, hash) DO UPDATE SET discard_id = excluded.discard_id")
                .build()
                .execute(&mut *tx)
                .await?;
        }
        deletions::delete(&mut tx, &issue, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The discards of a project, newest first.
    pub async fn discards(&self, project: ProjectId, limit: usize) -> Result<Vec<Discard>, CatalogError> {
        let rows: Vec<(i64, String, String, i64, Option<String>)> = sqlx::query_as(
            "SELECT d.id, d.title, d.culprit, d.created, u.email AS discarded_by
             FROM discards d LEFT JOIN users u ON u.id = d.user_id
             WHERE d.project_id = $1 ORDER BY d.id DESC LIMIT $2",
        )
        .bind(project.to_sql())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.reader)
        .await?;
        let read = |(id, title, culprit, created, discarded_by)| Discard {
            id,
            title,
            culprit,
            created: Timestamp(created),
            discarded_by,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Takes a discard back: events of its hashes are stored again. What was filtered or deleted stays gone.
    pub async fn undo_discard(&self, project: ProjectId, id: i64) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        let found: Option<i64> =
            sqlx::query_scalar("SELECT id FROM discards WHERE id = $1 AND project_id = $2")
                .bind(id)
                .bind(project.to_sql())
                .fetch_optional(&mut *tx)
                .await?;
        found.ok_or(CatalogError::NotFound("discard"))?;
        for sql in
            ["DELETE FROM discarded_hashes WHERE discard_id = $1", "DELETE FROM discards WHERE id = $1"]
        {
            sqlx::query(sql).bind(id).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Whether each of these events is of a discarded issue: of its hashes, its own before those of earlier versions, the
    /// first that leads anywhere decides.
    pub async fn are_discarded(&self, events: &[&Occurrence]) -> Result<Vec<bool>, CatalogError> {
        let discarded = self.listed(DISCARDED, events.iter().copied()).await?;
        let is_discarded =
            |event: &Occurrence, hash: &GroupHash| discarded.contains(&(event.project_id, *hash));
        let may_be =
            events.iter().copied().filter(|event| hashes(event).any(|hash| is_discarded(event, hash)));
        let leading = self.listed(LEADING, may_be).await?;
        let leads = |event: &Occurrence, hash: &GroupHash| leading.contains(&(event.project_id, *hash));
        let verdict = |event: &&Occurrence| {
            let deciding = hashes(event).find(|hash| is_discarded(event, hash) || leads(event, hash));
            deciding.is_some_and(|hash| is_discarded(event, hash))
        };
        Ok(events.iter().map(verdict).collect())
    }

    /// Those of the events' hashes that one of the two lists has.
    async fn listed<'a>(
        &self,
        list: &str,
        events: impl Iterator<Item = &'a Occurrence>,
    ) -> Result<HashSet<(ProjectId, GroupHash)>, CatalogError> {
        let mut by_project: BTreeMap<ProjectId, HashSet<i64>> = BTreeMap::new();
        for event in events {
            by_project.entry(event.project_id).or_default().extend(hashes(event).map(|hash| hash.to_sql()));
        }
        let mut listed = HashSet::new();
        for (project, hashes) in by_project {
            let hashes = Vec::from_iter(hashes);
            for hashes in hashes.chunks(IN_LIST) {
                let mut query = QueryBuilder::new(list);
                query.push_bind(project.to_sql()).push(" AND hash IN ");
                push_list(&mut query, hashes.iter().copied());
                let found: Vec<i64> = query.build_query_scalar().fetch_all(&self.reader).await?;
                listed.extend(found.into_iter().map(|hash| (project, GroupHash::from_sql(hash))));
            }
        }
        Ok(listed)
    }
}

/// Of discarded issues.
const DISCARDED: &str = "SELECT hash FROM discarded_hashes WHERE project_id = ";
/// Of the issues that there are.
const LEADING: &str = "SELECT hash FROM issue_hashes WHERE project_id = ";

/// An event's, its own first.
fn hashes(event: &Occurrence) -> impl Iterator<Item = &GroupHash> {
    std::iter::once(&event.hash).chain(&event.previous)
}
