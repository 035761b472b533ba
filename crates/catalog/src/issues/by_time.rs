//! A page of a project's issues in the order of a time: of all the others, only how many there are is looked at.

use mayday_event::{IssueId, ProjectId, Timestamp};
use sqlx::QueryBuilder;

use super::{IssueCondition, push_found};
use crate::{Catalog, CatalogError};

/// What the newest first are ordered by; of the same time, the greater id comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeOrder {
    FirstSeen,
    LastSeen,
}

/// Which part of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Top,
    /// What comes after this place.
    Behind(Timestamp, IssueId),
    /// The last that come before this place.
    Before(Timestamp, IssueId),
}

/// Issues in their order, each with the time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssuesByTime {
    pub issues: Vec<(IssueId, Timestamp)>,
    /// How many there are before these.
    pub before: usize,
    /// How many there are in all.
    pub total: usize,
}

impl TimeOrder {
    fn column(self) -> &'static str {
        match self {
            Self::FirstSeen => "i.first_seen",
            Self::LastSeen => "i.last_seen",
        }
    }
}

impl Catalog {
    /// A part of a project's issues that meet the condition, at most `limit`.
    pub async fn issues_by_time(
        &self,
        project: ProjectId,
        condition: &IssueCondition,
        order: TimeOrder,
        part: Part,
        limit: usize,
    ) -> Result<IssuesByTime, CatalogError> {
        let column = order.column();
        let (total, edge) = self.count_by_time(project, condition, column, part).await?;
        let (start, end) = match part {
            Part::Before(..) => (edge.saturating_sub(limit), edge),
            _ => (edge, edge.saturating_add(limit).min(total)),
        };
        if start >= end {
            return Ok(IssuesByTime { issues: Vec::new(), before: start, total });
        }
        let mut query = QueryBuilder::new(format!("SELECT i.id, {column} "));
        push_found(&mut query, project, condition);
        query.push(format!(" ORDER BY {column} DESC, i.id DESC LIMIT ")).push_bind(count_to_sql(end - start));
        query.push(" OFFSET ").push_bind(count_to_sql(start));
        let rows: Vec<(i64, i64)> = query.build_query_as().fetch_all(&self.reader).await?;
        let issues = rows.into_iter().map(|(id, time)| (IssueId::from_sql(id), Timestamp(time)));
        Ok(IssuesByTime { issues: issues.collect(), before: start, total })
    }

    /// How many issues there are, and how many of them up to the edge of the part.
    async fn count_by_time(
        &self,
        project: ProjectId,
        condition: &IssueCondition,
        column: &str,
        part: Part,
    ) -> Result<(usize, usize), CatalogError> {
        let mut query = QueryBuilder::new("SELECT COUNT(*), ");
        match part {
            Part::Top => {
                query.push("0 ");
            }
            Part::Behind(time, id) | Part::Before(time, id) => {
                let or_itself = if matches!(part, Part::Behind(..)) { ">=" } else { ">" };
                query.push(format!("COUNT(CASE WHEN {column} > ")).push_bind(time.0);
                query.push(format!(" OR ({column} = ")).push_bind(time.0);
                query.push(format!(" AND i.id {or_itself} ")).push_bind(id.to_sql()).push(") THEN 1 END) ");
            }
        }
        push_found(&mut query, project, condition);
        let (total, edge): (i64, i64) = query.build_query_as().fetch_one(&self.reader).await?;
        let count = |count: i64| usize::try_from(count).unwrap_or_default();
        Ok((count(total), count(edge)))
    }
}

fn count_to_sql(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
