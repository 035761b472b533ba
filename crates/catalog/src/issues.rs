//! Issues and their state.

mod by_time;
mod condition;

use std::collections::HashMap;

use mayday_event::{GroupHash, IssueId, OrganizationId, ProjectId, Timestamp, model::Level};
use serde::Serialize;
use sqlx::{FromRow, QueryBuilder};

use crate::{
    Catalog, CatalogError,
    connect::{Connection, Database},
    ignoring::{Ignored, IgnoredRow},
};

pub use by_time::{IssuesByTime, Part, TimeOrder};
pub use condition::{IssueCondition, Seen};

/// Values in one `IN` list at most; databases limit the parameters of a statement.
pub(crate) const IN_LIST: usize = 500;

/// An issue's status, with Sentry's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Unresolved,
    Resolved,
    Ignored,
}

impl Status {
    /// The name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unresolved => "unresolved",
            Self::Resolved => "resolved",
            Self::Ignored => "ignored",
        }
    }

    pub(crate) fn from_sql(name: &str) -> Result<Self, CatalogError> {
        match name {
            "unresolved" => Ok(Self::Unresolved),
            "resolved" => Ok(Self::Resolved),
            "ignored" => Ok(Self::Ignored),
            other => Err(CatalogError::corrupt("status of an issue", other)),
        }
    }
}

/// Finer state, with Sentry's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Substatus {
    /// Unresolved and first seen in the last 7 days.
    New,
    Ongoing,
    Regressed,
    /// Ignored until it would escalate, and it did.
    Escalating,
    ArchivedUntilEscalating,
    ArchivedUntilConditionMet,
    ArchivedForever,
}

/// An issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    pub id: IssueId,
    pub organization_id: OrganizationId,
    pub project_id: ProjectId,
    pub project_slug: String,
    pub project_name: String,
    pub project_platform: String,
    /// `APP-1`.
    pub short_id: String,
    pub status: Status,
    /// Reopened by an event after it was resolved, and not resolved or ignored since.
    pub regressed: bool,
    /// Ignored until it escalated, and not resolved or ignored since.
    pub escalating: bool,
    /// Resolved until an event of a release comes that is later than the latest one was at `resolved`.
    pub resolved_in_next_release: bool,
    /// Resolved until an event of this release or a later one comes.
    pub resolved_in_release: Option<String>,
    pub resolved: Option<Timestamp>,
    /// Set while the status is ignored.
    pub ignored: Option<Ignored>,
    pub level: Level,
    pub platform: String,
    pub title: String,
    pub culprit: String,
    pub error_type: String,
    pub error_value: String,
    pub filename: String,
    pub function: String,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub first_release: Option<String>,
    pub last_release: Option<String>,
    /// E-mail address of whom it is assigned to.
    pub assignee: Option<String>,
    /// All that lead here.
    pub hashes: Vec<GroupHash>,
}

/// The little that a list is sorted by.
#[derive(Debug, Clone, PartialEq)]
pub struct IssueKey {
    pub id: IssueId,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub hashes: Vec<GroupHash>,
}

pub(crate) const SELECT_ISSUE: &str = "SELECT i.id, p.organization_id, i.project_id, p.slug AS project_slug,
     p.name AS project_name, p.platform AS project_platform, i.short_id, i.status, i.regressed,
     i.escalating, i.resolved_in_next_release, i.resolved_in_release, i.resolved, i.ignored, i.ignored_until,
     i.ignore_until, i.ignore_events, i.ignore_events_left, i.ignore_users, i.level, i.platform, i.title, i.culprit, i.error_type,
     i.error_value, i.filename, i.function, i.first_seen, i.last_seen, i.first_release, i.last_release,
     u.email AS assignee
     FROM issues i JOIN projects p ON p.id = i.project_id LEFT JOIN users u ON u.id = i.assignee_id
     WHERE ";

/// The beginning of a condition on `r`, the issue that was asked for.
const LED_TO: &str = " AND i.id IN (SELECT COALESCE(r.redirect_to, r.id) FROM issues r WHERE ";

impl Catalog {
    /// The keys of all issues of a project that meet the condition, newest `last_seen` first, at most `limit`.
    pub async fn issue_keys(
        &self,
        project: ProjectId,
        condition: &IssueCondition,
        limit: usize,
    ) -> Result<Vec<IssueKey>, CatalogError> {
        // In one row: to hand over thousands one by one takes longer than to find them.
        let mut query = QueryBuilder::new(
            "SELECT string_agg(k.id || ' ' || k.first_seen || ' ' || k.last_seen || COALESCE(' ' || h.hash, ''), ',')
             FROM (SELECT i.id, i.first_seen, i.last_seen ",
        );
        push_found(&mut query, project, condition);
        query
            .push(" ORDER BY i.last_seen DESC, i.id DESC LIMIT ")
            .push_bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .push(") k LEFT JOIN issue_hashes h ON h.issue_id = k.id");
        let rows: Option<String> = query.build_query_scalar().fetch_one(&self.reader).await?;
        let rows = rows.iter().flat_map(|rows| rows.split(',')).map(read_key).collect::<Result<_, _>>()?;
        Ok(fold_keys(rows))
    }

    /// The id of a project's newest issue; `None` while it has none.
    pub async fn newest_issue(&self, project: ProjectId) -> Result<Option<IssueId>, CatalogError> {
        let id: Option<i64> = sqlx::query_scalar("SELECT MAX(id) FROM issues WHERE project_id = $1")
            .bind(project.to_sql())
            .fetch_one(&self.reader)
            .await?;
        Ok(id.map(IssueId::from_sql))
    }

    /// Issues by id, in the order asked; those that are not there or of another organisation are left out.
    pub async fn issues(
        &self,
        organization: OrganizationId,
        ids: &[IssueId],
    ) -> Result<Vec<Issue>, CatalogError> {
        let mut connection = self.reader.acquire().await?;
        let mut found = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(IN_LIST) {
            let mut query = QueryBuilder::new(SELECT_ISSUE);
            query.push("p.organization_id = ").push_bind(organization.to_sql()).push(" AND i.id IN ");
            push_list(&mut query, ids.iter().map(|id| id.to_sql()));
            for issue in select_issues(&mut connection, query).await? {
                found.insert(issue.id, issue);
            }
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// An issue by decimal id or by short id; the one that it leads to, if its events are all there now.
    pub async fn issue(&self, organization: OrganizationId, id: &str) -> Result<Issue, CatalogError> {
        let mut query = QueryBuilder::new(SELECT_ISSUE);
        query.push("p.organization_id = ").push_bind(organization.to_sql());
        match id.parse::<IssueId>() {
            Ok(id) => query.push(LED_TO).push("r.id = ").push_bind(id.to_sql()),
            Err(_) => query.push(LED_TO).push("r.short_id = ").push_bind(id.to_uppercase()),
        };
        query.push(")");
        self.one_issue(query).await
    }

    /// An issue by id, wherever it is; the one that it leads to, if its events are all there now.
    pub async fn issue_by_id(&self, id: IssueId) -> Result<Issue, CatalogError> {
        let mut query = QueryBuilder::new(SELECT_ISSUE);
        query.push("TRUE").push(LED_TO).push("r.id = ").push_bind(id.to_sql()).push(")");
        self.one_issue(query).await
    }

    async fn one_issue(&self, query: QueryBuilder<Database>) -> Result<Issue, CatalogError> {
        let mut connection = self.reader.acquire().await?;
        select_issues(&mut connection, query).await?.pop().ok_or(CatalogError::NotFound("issue"))
    }

    /// The issue that a group hash of a project leads to.
    pub async fn issue_of_hash(
        &self,
        project: ProjectId,
        hash: GroupHash,
    ) -> Result<Option<IssueId>, CatalogError> {
        let id: Option<i64> =
            sqlx::query_scalar("SELECT issue_id FROM issue_hashes WHERE project_id = $1 AND hash = $2")
                .bind(project.to_sql())
                .bind(hash.to_sql())
                .fetch_optional(&self.reader)
                .await?;
        Ok(id.map(IssueId::from_sql))
    }

    /// The issues that hashes lead to; those that lead nowhere are left out.
    pub async fn issues_of_hashes(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
    ) -> Result<HashMap<GroupHash, IssueId>, CatalogError> {
        let mut issues = HashMap::with_capacity(hashes.len());
        for hashes in hashes.chunks(IN_LIST) {
            let mut query = QueryBuilder::new("SELECT hash, issue_id FROM issue_hashes WHERE project_id = ");
            query.push_bind(project.to_sql()).push(" AND hash IN ");
            push_list(&mut query, hashes.iter().map(|hash| hash.to_sql()));
            let rows: Vec<(i64, i64)> = query.build_query_as().fetch_all(&self.reader).await?;
            issues.extend(
                rows.into_iter().map(|(hash, issue)| (GroupHash::from_sql(hash), IssueId::from_sql(issue))),
            );
        }
        Ok(issues)
    }
}

/// Issues with their hashes.
pub(crate) async fn select_issues(
    connection: &mut Connection,
    mut query: QueryBuilder<Database>,
) -> Result<Vec<Issue>, CatalogError> {
    let rows: Vec<IssueRow> = query.build_query_as().fetch_all(&mut *connection).await?;
    let mut issues = rows.into_iter().map(Issue::try_from).collect::<Result<Vec<_>, _>>()?;
    if issues.is_empty() {
        return Ok(issues);
    }
    let mut query = QueryBuilder::new("SELECT issue_id, hash FROM issue_hashes WHERE issue_id IN ");
    push_list(&mut query, issues.iter().map(|issue| issue.id.to_sql()));
    let rows: Vec<(i64, i64)> = query.push(" ORDER BY hash").build_query_as().fetch_all(connection).await?;
    let mut hashes: HashMap<IssueId, Vec<GroupHash>> = HashMap::new();
    for (issue, hash) in rows {
        hashes.entry(IssueId::from_sql(issue)).or_default().push(GroupHash::from_sql(hash));
    }
    for issue in &mut issues {
        issue.hashes = hashes.remove(&issue.id).unwrap_or_default();
    }
    Ok(issues)
}

/// `FROM issues i WHERE …`: those of a project that meet the condition, but for those that lead to another.
fn push_found(query: &mut QueryBuilder<Database>, project: ProjectId, condition: &IssueCondition) {
    query.push("FROM issues i WHERE i.redirect_to IS NULL AND i.project_id = ").push_bind(project.to_sql());
    query.push(" AND ");
    condition.push(query);
}

/// `($1, $2, …)`
pub(crate) fn push_list(query: &mut QueryBuilder<Database>, values: impl Iterator<Item = i64>) {
    query.push("(");
    let mut list = query.separated(", ");
    for value in values {
        list.push_bind(value);
    }
    query.push(")");
}

/// An issue with one of its hashes, or without, as [`Catalog::issue_keys`] asks for it.
fn read_key(row: &str) -> Result<IssueKey, CatalogError> {
    let numbers: Vec<i64> = row.split(' ').map_while(|number| number.parse().ok()).collect();
    let [id, first_seen, last_seen, hashes @ ..] = numbers.as_slice() else {
        return Err(CatalogError::corrupt("issue key", row));
    };
    Ok(IssueKey {
        id: IssueId::from_sql(*id),
        first_seen: Timestamp(*first_seen),
        last_seen: Timestamp(*last_seen),
        hashes: hashes.iter().map(|hash| GroupHash::from_sql(*hash)).collect(),
    })
}

/// One key an issue, newest first.
fn fold_keys(mut rows: Vec<IssueKey>) -> Vec<IssueKey> {
    rows.sort_unstable_by(|a, b| (b.last_seen, b.id, &a.hashes).cmp(&(a.last_seen, a.id, &b.hashes)));
    let mut keys: Vec<IssueKey> = Vec::with_capacity(rows.len());
    for row in rows {
        match keys.last_mut() {
            Some(key) if key.id == row.id => key.hashes.extend(row.hashes),
            _ => keys.push(row),
        }
    }
    keys
}

/// What [`IssueCondition::Text`] is looked for in. Lower case is made here, since databases differ in it.
pub(crate) fn search_text(title: &str, culprit: &str, short_id: &str) -> String {
    format!("{title}\n{culprit}\n{short_id}").to_lowercase()
}

/// For `LIKE … ESCAPE '!'`: the word, anywhere in a text of lower case.
pub(crate) fn like_pattern(word: &str) -> String {
    format!("%{}%", like_text(word))
}

/// For `LIKE … ESCAPE '!'`: the text in lower case, as it is.
fn like_text(text: &str) -> String {
    text.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

pub(crate) fn level_from_sql(name: &str) -> Result<Level, CatalogError> {
    [Level::Debug, Level::Info, Level::Warning, Level::Error, Level::Fatal]
        .into_iter()
        .find(|level| level.name() == name)
        .ok_or_else(|| CatalogError::corrupt("level", name))
}

#[derive(FromRow)]
struct IssueRow {
    id: i64,
    organization_id: i64,
    project_id: i64,
    project_slug: String,
    project_name: String,
    project_platform: String,
    short_id: String,
    status: String,
    regressed: bool,
    escalating: bool,
    resolved_in_next_release: bool,
    resolved_in_release: Option<String>,
    resolved: Option<i64>,
    #[sqlx(flatten)]
    ignored: IgnoredRow,
    level: String,
    platform: String,
    title: String,
    culprit: String,
    error_type: String,
    error_value: String,
    filename: String,
    function: String,
    first_seen: i64,
    last_seen: i64,
    first_release: Option<String>,
    last_release: Option<String>,
    assignee: Option<String>,
}

impl TryFrom<IssueRow> for Issue {
    type Error = CatalogError;

    /// Without its hashes, which are rows of their own.
    fn try_from(row: IssueRow) -> Result<Self, CatalogError> {
        Ok(Self {
            id: IssueId::from_sql(row.id),
            organization_id: OrganizationId::from_sql(row.organization_id),
            project_id: ProjectId::from_sql(row.project_id),
            project_slug: row.project_slug,
            project_name: row.project_name,
            project_platform: row.project_platform,
            short_id: row.short_id,
            status: Status::from_sql(&row.status)?,
            regressed: row.regressed,
            escalating: row.escalating,
            resolved_in_next_release: row.resolved_in_next_release,
            resolved_in_release: row.resolved_in_release,
            ignored: row.ignored.read()?,
            resolved: row.resolved.map(Timestamp),
            level: level_from_sql(&row.level)?,
            platform: row.platform,
            title: row.title,
            culprit: row.culprit,
            error_type: row.error_type,
            error_value: row.error_value,
            filename: row.filename,
            function: row.function,
            first_seen: Timestamp(row.first_seen),
            last_seen: Timestamp(row.last_seen),
            first_release: row.first_release,
            last_release: row.last_release,
            assignee: row.assignee,
            hashes: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests;
