//! The issues that a batch touches: loaded once, changed in memory, stored once.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use mayday_event::{GroupHash, IssueId, ProjectId, Timestamp};
use serde_json::json;
use sqlx::{FromRow, QueryBuilder};

use crate::{
    CatalogError,
    alerts::TransitionKind,
    batch::Occurrence,
    connect::{Connection, Sequence},
    ignoring::IgnoredRow,
    issues::{IN_LIST, Status, push_list, search_text},
    regression::Fix,
    transitions::{NewTransition, has_regressed},
};

/// Rows in one insert of issues; times its columns this stays below what databases allow.
const INSERT_ROWS: usize = 200;

/// A batch's occurrences with the issues they belong to.
pub(crate) struct WorkingSet<'a> {
    occurrences: &'a [Occurrence],
    /// For each occurrence, its issue's place in `issues`.
    places: Vec<usize>,
    issues: Vec<WorkingIssue<'a>>,
    /// Hashes that come to lead to known issues: an earlier version's hash of the same event does.
    led: Vec<(ProjectId, GroupHash, usize)>,
}

struct WorkingIssue<'a> {
    id: IssueId,
    short_id: String,
    /// The event that makes it, if this batch does.
    made_by: Option<&'a Occurrence>,
    status: Status,
    regressed: bool,
    resolved: Option<Timestamp>,
    fix: Fix,
    /// Since when.
    ignored: Option<Timestamp>,
    ignore_events: Option<i64>,
    ignore_events_left: Option<i64>,
    first_seen: Timestamp,
    last_seen: Timestamp,
    first_release: Option<String>,
    last_release: Option<String>,
    /// The newest event, if the issue is to be described anew by it.
    newest: Option<&'a Occurrence>,
    changed: bool,
    /// Its status is to be written.
    reopened: bool,
}

impl<'a> WorkingSet<'a> {
    /// Finds each occurrence's issue, or gives it an id where there is none yet.
    pub(crate) async fn load(
        tx: &mut Connection,
        occurrences: &'a [Occurrence],
    ) -> Result<Self, CatalogError> {
        let places = Vec::with_capacity(occurrences.len());
        let mut set = Self { occurrences, places, issues: Vec::new(), led: Vec::new() };
        let mut place_of_hash = set.load_known(tx).await?;
        for occurrence in occurrences {
            let (project, hash) = (occurrence.project_id, occurrence.hash);
            let mut before = occurrence.previous.iter();
            let before = before.find_map(|hash| place_of_hash.get(&(project, *hash)).copied());
            let place = match place_of_hash.entry((project, hash)) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(unknown) => {
                    let place = before.unwrap_or(set.issues.len());
                    match before {
                        Some(_) => set.led.push((project, hash, place)),
                        None => set.issues.push(WorkingIssue::made_by(occurrence)),
                    }
                    *unknown.insert(place)
                }
            };
            set.places.push(place);
        }
        set.give_ids(tx).await?;
        Ok(set)
    }

    async fn load_known(
        &mut self,
        tx: &mut Connection,
    ) -> Result<HashMap<(ProjectId, GroupHash), usize>, CatalogError> {
        let mut hashes: BTreeMap<ProjectId, Vec<i64>> = BTreeMap::new();
        for occurrence in self.occurrences {
            let all = occurrence.previous.iter().chain([&occurrence.hash]);
            hashes.entry(occurrence.project_id).or_default().extend(all.map(|hash| hash.to_sql()));
        }
        let mut place_of_hash = HashMap::new();
        let mut place_of_issue: HashMap<i64, usize> = HashMap::new();
        for (project, hashes) in &mut hashes {
            hashes.sort_unstable();
            hashes.dedup();
            for hashes in hashes.chunks(IN_LIST) {
                for row in select_known(tx, *project, hashes).await? {
                    let hash = GroupHash::from_sql(row.hash);
                    let place = match place_of_issue.entry(row.id) {
                        Entry::Occupied(place) => *place.get(),
                        Entry::Vacant(unknown) => {
                            self.issues.push(WorkingIssue::try_from(row)?);
                            *unknown.insert(self.issues.len() - 1)
                        }
                    };
                    place_of_hash.insert((*project, hash), place);
                }
            }
        }
        Ok(place_of_hash)
    }

    /// Ids and short ids for the issues that this batch makes, in the order of their first events.
    async fn give_ids(&mut self, tx: &mut Connection) -> Result<(), CatalogError> {
        let mut made: BTreeMap<ProjectId, Vec<usize>> = BTreeMap::new();
        for (place, issue) in self.issues.iter().enumerate() {
            if let Some(occurrence) = issue.made_by {
                made.entry(occurrence.project_id).or_default().push(place);
            }
        }
        for (project, places) in made {
            let count = i64::try_from(places.len()).unwrap_or(i64::MAX);
            let (slug, last_number): (String, i64) = sqlx::query_as(
                "UPDATE projects SET last_issue_number = last_issue_number + $1 WHERE id = $2
                 RETURNING slug, last_issue_number",
            )
            .bind(count)
            .bind(project.to_sql())
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(CatalogError::NotFound("project"))?;
            let prefix = slug.to_uppercase();
            let first_id = Sequence::Issue.reserve(tx, count).await?;
            let numbers = last_number - count + 1..;
            for ((place, id), number) in places.into_iter().zip(first_id..).zip(numbers) {
                self.issues[place].id = IssueId::from_sql(id);
                self.issues[place].short_id = format!("{prefix}-{number}");
            }
        }
        Ok(())
    }

    /// Applies each occurrence to its issue, in order; gives the transitions this makes. Events that a replayed batch
    /// has were counted when it was begun.
    pub(crate) async fn apply(
        &mut self,
        tx: &mut Connection,
        replayed: bool,
    ) -> Result<Vec<NewTransition>, CatalogError> {
        let mut transitions = Vec::new();
        for (occurrence, &place) in self.occurrences.iter().zip(&self.places) {
            let issue = &mut self.issues[place];
            let made = issue.made_by.is_some_and(|first| std::ptr::eq(first, occurrence));
            let changed = if made {
                Some((TransitionKind::New, reason_new(occurrence), json!({})))
            } else if let Some(resolved) = issue.is_reopened_by(tx, occurrence).await? {
                let reason = reason_regressed(occurrence, &issue.fix, resolved);
                issue.reopen(true);
                Some((TransitionKind::Regressed, reason, json!({ "version": occurrence.release })))
            } else if !replayed && let Some(events) = issue.counts_down(occurrence) {
                issue.reopen(false);
                let reason = format!("{events} more events since it was ignored");
                Some((TransitionKind::Unignored, reason.clone(), json!({ "reason": reason })))
            } else {
                None
            };
            issue.observe(occurrence);
            transitions.extend(changed.map(|(kind, reason, data)| NewTransition {
                project_id: occurrence.project_id,
                issue_id: issue.id,
                kind,
                event_id: occurrence.event_id,
                shown_event_id: None,
                reason,
                data,
            }));
        }
        Ok(transitions)
    }

    /// Writes the issues back.
    pub(crate) async fn store(&self, tx: &mut Connection) -> Result<(), CatalogError> {
        let (made, known): (Vec<_>, Vec<_>) = self.issues.iter().partition(|issue| issue.made_by.is_some());
        for issues in made.chunks(INSERT_ROWS) {
            insert_issues(tx, issues).await?;
        }
        for led in self.led.chunks(INSERT_ROWS) {
            let rows = led.iter().map(|(project, hash, place)| (*project, *hash, self.issues[*place].id));
            insert_hashes(tx, rows).await?;
        }
        for issue in known {
            match issue.newest {
                Some(newest) => update_described(tx, issue, newest).await?,
                None if issue.changed => update_seen(tx, issue).await?,
                None => {}
            }
        }
        Ok(())
    }

    /// The occurrences in order, each with its issue.
    pub(crate) fn occurrences(&self) -> impl Iterator<Item = (IssueId, &'a Occurrence)> {
        self.places.iter().map(|&place| self.issues[place].id).zip(self.occurrences)
    }
}

impl<'a> WorkingIssue<'a> {
    fn made_by(occurrence: &'a Occurrence) -> Self {
        Self {
            id: IssueId(0),
            short_id: String::new(),
            made_by: Some(occurrence),
            status: Status::Unresolved,
            regressed: false,
            resolved: None,
            fix: Fix::AtOnce,
            ignored: None,
            ignore_events: None,
            ignore_events_left: None,
            first_seen: occurrence.timestamp,
            last_seen: occurrence.timestamp,
            first_release: occurrence.release.clone(),
            last_release: occurrence.release.clone(),
            newest: Some(occurrence),
            changed: true,
            reopened: false,
        }
    }

    /// When the issue was resolved, if this event reopens it.
    async fn is_reopened_by(
        &self,
        tx: &mut Connection,
        occurrence: &Occurrence,
    ) -> Result<Option<Timestamp>, CatalogError> {
        let Some(resolved) = self.resolved else { return Ok(None) };
        if occurrence.received <= resolved {
            return Ok(None);
        }
        let release = occurrence.release.as_deref();
        if self.fix.is_missing_in(tx, occurrence.project_id, release, resolved).await? {
            return Ok(None);
        }
        // A replay under a clock that went back: the event has done so before the issue was resolved again.
        Ok(if has_regressed(tx, self.id, occurrence.event_id).await? { None } else { Some(resolved) })
    }

    /// Counts an event of an ignored issue; how many were to be ignored, if it is the last of them.
    fn counts_down(&mut self, occurrence: &Occurrence) -> Option<i64> {
        let left = self.ignore_events_left?;
        if occurrence.received <= self.ignored? {
            return None;
        }
        self.ignore_events_left = Some(left - 1);
        self.changed = true;
        if left > 1 { None } else { self.ignore_events }
    }

    fn reopen(&mut self, regressed: bool) {
        self.status = Status::Unresolved;
        self.regressed |= regressed;
        self.resolved = None;
        self.fix = Fix::AtOnce;
        (self.ignored, self.ignore_events, self.ignore_events_left) = (None, None, None);
        (self.changed, self.reopened) = (true, true);
    }

    fn observe(&mut self, occurrence: &'a Occurrence) {
        if occurrence.timestamp < self.first_seen {
            self.first_seen = occurrence.timestamp;
            self.first_release.clone_from(&occurrence.release);
            self.changed = true;
        }
        if occurrence.timestamp > self.last_seen {
            self.last_seen = occurrence.timestamp;
            self.newest = Some(occurrence);
            self.changed = true;
            if occurrence.release.is_some() {
                self.last_release.clone_from(&occurrence.release);
            }
        }
    }
}

#[derive(FromRow)]
struct KnownRow {
    hash: i64,
    id: i64,
    short_id: String,
    status: String,
    regressed: bool,
    resolved: Option<i64>,
    resolved_in_next_release: bool,
    resolved_in_release: Option<String>,
    resolved_after_release: Option<String>,
    ignored: Option<i64>,
    ignore_events: Option<i64>,
    ignore_events_left: Option<i64>,
    first_seen: i64,
    last_seen: i64,
    first_release: Option<String>,
    last_release: Option<String>,
}

impl TryFrom<KnownRow> for WorkingIssue<'_> {
    type Error = CatalogError;

    fn try_from(row: KnownRow) -> Result<Self, CatalogError> {
        Ok(Self {
            id: IssueId::from_sql(row.id),
            short_id: row.short_id,
            made_by: None,
            status: Status::from_sql(&row.status)?,
            regressed: row.regressed,
            resolved: row.resolved.map(Timestamp),
            fix: match (row.resolved_in_release, row.resolved_in_next_release) {
                (Some(release), _) => Fix::In(release),
                (None, true) => Fix::After(row.resolved_after_release),
                (None, false) => Fix::AtOnce,
            },
            ignored: row.ignored.map(Timestamp),
            ignore_events: row.ignore_events,
            ignore_events_left: row.ignore_events_left,
            first_seen: Timestamp(row.first_seen),
            last_seen: Timestamp(row.last_seen),
            first_release: row.first_release,
            last_release: row.last_release,
            newest: None,
            changed: false,
            reopened: false,
        })
    }
}

async fn select_known(
    tx: &mut Connection,
    project: ProjectId,
    hashes: &[i64],
) -> Result<Vec<KnownRow>, CatalogError> {
    let mut query = QueryBuilder::new(
        "SELECT h.hash, i.id, i.short_id, i.status, i.regressed, i.resolved, i.resolved_in_next_release,
                i.resolved_in_release, i.resolved_after_release, i.ignored, i.ignore_events,
                i.ignore_events_left, i.first_seen, i.last_seen, i.first_release, i.last_release
         FROM issue_hashes h JOIN issues i ON i.id = h.issue_id WHERE h.project_id = ",
    );
    query.push_bind(project.to_sql()).push(" AND h.hash IN ");
    push_list(&mut query, hashes.iter().copied());
    Ok(query.build_query_as().fetch_all(tx).await?)
}

async fn insert_issues(tx: &mut Connection, issues: &[&WorkingIssue<'_>]) -> Result<(), CatalogError> {
    let rows = || issues.iter().filter_map(|issue| Some((issue, issue.made_by?, issue.newest?)));
    QueryBuilder::new(
        "INSERT INTO issues (id, project_id, short_id, status, regressed, resolved_in_next_release, level,
         platform, title, culprit, error_type, error_value, filename, function, search_text, first_seen,
         last_seen, first_release, last_release) ",
    )
    .push_values(rows(), |mut row, (issue, made_by, newest)| {
        row.push_bind(issue.id.to_sql())
            .push_bind(made_by.project_id.to_sql())
            .push_bind(issue.short_id.clone())
            .push_bind(issue.status.name())
            .push_bind(issue.regressed)
            .push_bind(false)
            .push_bind(newest.level.name())
            .push_bind(newest.platform.clone())
            .push_bind(newest.title.clone())
            .push_bind(newest.culprit.clone())
            .push_bind(newest.error_type.clone())
            .push_bind(newest.error_value.clone())
            .push_bind(newest.filename.clone())
            .push_bind(newest.function.clone())
            .push_bind(search_text(&newest.title, &newest.culprit, &issue.short_id))
            .push_bind(issue.first_seen.0)
            .push_bind(issue.last_seen.0)
            .push_bind(issue.first_release.clone())
            .push_bind(issue.last_release.clone());
    })
    .build()
    .execute(&mut *tx)
    .await?;
    let hashes = rows().map(|(issue, made_by, _)| (made_by.project_id, made_by.hash, issue.id));
    insert_hashes(tx, hashes).await
}

async fn insert_hashes(
    tx: &mut Connection,
    hashes: impl Iterator<Item = (ProjectId, GroupHash, IssueId)>,
) -> Result<(), CatalogError> {
    QueryBuilder::new("INSERT INTO issue_hashes (project_id, hash, issue_id) ")
        .push_values(hashes, |mut row, (project, hash, issue)| {
            row.push_bind(project.to_sql()).push_bind(hash.to_sql()).push_bind(issue.to_sql());
        })
        .build()
        .execute(tx)
        .await?;
    Ok(())
}

async fn update_seen(tx: &mut Connection, issue: &WorkingIssue<'_>) -> Result<(), CatalogError> {
    if issue.reopened {
        sqlx::query(
            "UPDATE issues SET status = $1, regressed = $2, resolved = NULL, resolved_in_next_release = $3,
             resolved_in_release = NULL, resolved_after_release = NULL WHERE id = $4",
        )
        .bind(issue.status.name())
        .bind(issue.regressed)
        .bind(false)
        .bind(issue.id.to_sql())
        .execute(&mut *tx)
        .await?;
        IgnoredRow::default().store(tx, issue.id).await?;
    }
    sqlx::query(
        "UPDATE issues SET first_seen = $1, first_release = $2, ignore_events_left = $3 WHERE id = $4",
    )
    .bind(issue.first_seen.0)
    .bind(&issue.first_release)
    .bind(issue.ignore_events_left)
    .bind(issue.id.to_sql())
    .execute(tx)
    .await?;
    Ok(())
}

async fn update_described(
    tx: &mut Connection,
    issue: &WorkingIssue<'_>,
    newest: &Occurrence,
) -> Result<(), CatalogError> {
    update_seen(tx, issue).await?;
    sqlx::query(
        "UPDATE issues SET last_seen = $1, last_release = $2, level = $3, platform = $4, title = $5,
         culprit = $6, error_type = $7, error_value = $8, filename = $9, function = $10, search_text = $11
         WHERE id = $12",
    )
    .bind(issue.last_seen.0)
    .bind(&issue.last_release)
    .bind(newest.level.name())
    .bind(&newest.platform)
    .bind(&newest.title)
    .bind(&newest.culprit)
    .bind(&newest.error_type)
    .bind(&newest.error_value)
    .bind(&newest.filename)
    .bind(&newest.function)
    .bind(search_text(&newest.title, &newest.culprit, &issue.short_id))
    .bind(issue.id.to_sql())
    .execute(tx)
    .await?;
    Ok(())
}

fn reason_new(occurrence: &Occurrence) -> String {
    match &occurrence.release {
        Some(release) => format!("first event of this issue, in release {release}"),
        None => "first event of this issue".to_owned(),
    }
}

fn reason_regressed(occurrence: &Occurrence, fix: &Fix, resolved: Timestamp) -> String {
    let release =
        occurrence.release.as_ref().map_or_else(String::new, |release| format!(" in release {release}"));
    format!("came back{release} after it was resolved {}", fix.words(resolved))
}
