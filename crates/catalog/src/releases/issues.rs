//! What a release did to issues: which are new in it, came back with it, or are resolved by it.

use std::collections::HashMap;

use mayday_event::{IssueId, ProjectId, Timestamp};
use sqlx::QueryBuilder;

use crate::{
    Catalog, CatalogError,
    alerts::TransitionKind,
    batch::Occurrence,
    connect::{Connection, Database},
    debug_files::push_texts,
    issues::IN_LIST,
    transitions::NewTransition,
};

/// What became of an issue in a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReleaseIssueKind {
    /// First seen in it.
    New,
    /// Reopened by an event of it.
    Regressed,
    /// Resolved in it, or "in the next release", of which it is the first one seen since; and not reopened.
    Resolved,
}

/// How many issues a release brought, brought back and resolved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReleaseIssueCounts {
    pub new: u64,
    pub regressed: u64,
    pub resolved: u64,
}

impl ReleaseIssueKind {
    pub const ALL: [Self; 3] = [Self::New, Self::Regressed, Self::Resolved];

    /// What gives `version` and `issue_id`, up to the parameter for the project; and the version's column.
    fn select(self) -> (&'static str, &'static str) {
        match self {
            Self::New => (
                "SELECT i.first_release AS version, i.id AS issue_id FROM issues i
                 WHERE i.redirect_to IS NULL AND i.project_id = ",
                "i.first_release",
            ),
            Self::Regressed => (
                "SELECT DISTINCT g.version AS version, COALESCE(i.redirect_to, i.id) AS issue_id
                 FROM release_regressions g JOIN issues i ON i.id = g.issue_id WHERE g.project_id = ",
                "g.version",
            ),
            Self::Resolved => (
                "SELECT r.version AS version, i.id AS issue_id FROM releases r
                 JOIN issues i ON i.project_id = r.project_id AND i.redirect_to IS NULL
                     AND i.status = 'resolved' AND (i.resolved_in_release = r.version
                         OR (i.resolved_in_next_release AND r.first_seen > i.resolved
                             AND NOT EXISTS (SELECT 1 FROM releases o WHERE o.project_id = r.project_id
                                             AND o.first_seen > i.resolved AND o.first_seen < r.first_seen)))
                 WHERE r.project_id = ",
                "r.version",
            ),
        }
    }

    /// `SELECT <columns>` over the versions and issues of this kind.
    fn query<'a>(
        self,
        columns: &str,
        project: ProjectId,
        versions: impl Iterator<Item = &'a str>,
    ) -> QueryBuilder<Database> {
        let (select, version) = self.select();
        let mut query = QueryBuilder::new(format!("SELECT {columns} FROM ({select}"));
        query.push_bind(project.to_sql()).push(format!(" AND {version} IN "));
        push_texts(&mut query, versions);
        query.push(") found");
        query
    }
}

impl Catalog {
    /// What each of these releases of a project did to issues; those that did nothing are left out.
    pub async fn release_issue_counts(
        &self,
        project: ProjectId,
        versions: &[String],
    ) -> Result<HashMap<String, ReleaseIssueCounts>, CatalogError> {
        let mut counts: HashMap<String, ReleaseIssueCounts> = HashMap::new();
        for versions in versions.chunks(IN_LIST) {
            for kind in ReleaseIssueKind::ALL {
                let versions = versions.iter().map(String::as_str);
                let mut query = kind.query("version, COUNT(*)", project, versions);
                query.push(" GROUP BY version");
                let rows: Vec<(String, i64)> = query.build_query_as().fetch_all(&self.reader).await?;
                for (version, count) in rows {
                    let of_release = counts.entry(version).or_default();
                    let count = u64::try_from(count).unwrap_or_default();
                    match kind {
                        ReleaseIssueKind::New => of_release.new = count,
                        ReleaseIssueKind::Regressed => of_release.regressed = count,
                        ReleaseIssueKind::Resolved => of_release.resolved = count,
                    }
                }
            }
        }
        Ok(counts)
    }

    /// Issues of a project that are new in a release, came back with it or are resolved by it; the newest first.
    pub async fn release_issues(
        &self,
        project: ProjectId,
        version: &str,
        kind: ReleaseIssueKind,
        limit: usize,
    ) -> Result<Vec<IssueId>, CatalogError> {
        let mut query = kind.query("issue_id", project, std::iter::once(version));
        query.push(" ORDER BY issue_id DESC LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let ids: Vec<i64> = query.build_query_scalar().fetch_all(&self.reader).await?;
        Ok(ids.into_iter().map(IssueId::from_sql).collect())
    }
}

/// Notes in which releases issues came back.
pub(crate) async fn note_regressions(
    tx: &mut Connection,
    occurrences: &[Occurrence],
    transitions: &[NewTransition],
    now: Timestamp,
) -> Result<(), CatalogError> {
    for transition in transitions.iter().filter(|made| made.kind == TransitionKind::Regressed) {
        let mut occurrences = occurrences.iter();
        let caused = occurrences
            .find(|it| it.event_id == transition.event_id && it.project_id == transition.project_id);
        let Some(version) = caused.and_then(|occurrence| occurrence.release.as_deref()) else { continue };
        sqlx::query(
            "INSERT INTO release_regressions (project_id, version, issue_id, regressed)
             VALUES ($1, $2, $3, $4) ON CONFLICT (project_id, version, issue_id) DO NOTHING",
        )
        .bind(transition.project_id.to_sql())
        .bind(version)
        .bind(transition.issue_id.to_sql())
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
