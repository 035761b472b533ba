//! Which issues a search finds, and how many of their events match.
//!
//! The catalog is asked for each alternative of the search; ClickHouse for every hash of the project only where events
//! decide: a condition on them, a window of time, or an order by their number. What asks nothing of events is counted
//! from the projections, whatever else is asked beside it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use mayday_catalog::{
    access::Principal,
    issues::{IssueCondition, IssueKey},
    projects::Project,
};
use mayday_event::{GroupHash, IssueId};
use mayday_store::queries::{Condition, Window, issues::GroupStats, search::Matches};

use super::{issue_counts::Asked, issue_list::MAX_ISSUES};
use crate::{
    Query, QueryError,
    search::{
        Search,
        plan::{Alternative, Context, MAX_RELEASES, Releases},
    },
};

/// The issues that the catalog finds, before events are looked at.
pub(super) struct Candidates {
    alternatives: Vec<Alternative>,
    /// Alternatives that ask nothing of events, a bit each.
    bare: u32,
    /// Each with the alternatives that find it.
    pub(super) issues: Vec<(IssueKey, u32)>,
}

/// Events that match, by hash.
#[derive(Debug, Default)]
pub(super) struct Counts {
    bare: HashMap<GroupHash, GroupStats>,
    /// With the alternatives whose conditions the events meet.
    conditional: HashMap<GroupHash, Vec<Matches>>,
}

/// The ways in which an issue is found.
pub(super) async fn plan(
    query: &Query,
    principal: &Principal,
    project: &Project,
    search: &Search,
) -> Result<Vec<Alternative>, QueryError> {
    let releases = match search.needs_releases() {
        true => Releases(query.catalog.release_versions(project.id, MAX_RELEASES).await?),
        false => Releases::default(),
    };
    let context = Context { principal, now: query.clock.now(), releases: &releases };
    Ok(search.plan(&context)?)
}

/// What is asked of issues, if that is all that is asked.
pub(super) fn of_issues_alone(alternatives: &[Alternative]) -> Option<IssueCondition> {
    let is_bare = |way: &Alternative| way.events().is_none() && way.counts.is_empty();
    let conditions = || alternatives.iter().map(Alternative::issues).collect();
    alternatives.iter().all(is_bare).then(|| IssueCondition::Any(conditions()))
}

/// What the catalog finds; only what was made after `after`, if that is given.
pub(super) async fn candidates(
    query: &Query,
    project: &Project,
    alternatives: Vec<Alternative>,
    after: Option<IssueId>,
) -> Result<Candidates, QueryError> {
    let lifetime = lifetime(query, project, &alternatives).await?;
    let mut found: BTreeMap<IssueId, (IssueKey, u32)> = BTreeMap::new();
    for (bit, alternative) in alternatives.iter().enumerate() {
        let made_after = after.map(IssueCondition::MadeAfter);
        let condition = IssueCondition::All([alternative.issues()].into_iter().chain(made_after).collect());
        for key in query.catalog.issue_keys(project.id, &condition, MAX_ISSUES).await? {
            let stats = sum(key.hashes.iter().filter_map(|hash| lifetime.get(hash).copied()));
            if alternative.counts.iter().all(|count| count.holds(stats.events, stats.users)) {
                found.entry(key.id).or_insert((key, 0)).1 |= 1 << bit;
            }
        }
    }
    let bare = (0..).zip(&alternatives).filter(|(_, alternative)| alternative.events().is_none());
    let bare = bare.map(|(bit, _)| 1_u32 << bit).sum();
    Ok(Candidates { alternatives, bare, issues: found.into_values().collect() })
}

/// All that is kept, if any alternative asks for it.
async fn lifetime(
    query: &Query,
    project: &Project,
    alternatives: &[Alternative],
) -> Result<HashMap<GroupHash, GroupStats>, QueryError> {
    let mut counts = alternatives.iter().flat_map(|alternative| &alternative.counts).peekable();
    if counts.peek().is_none() {
        return Ok(HashMap::new());
    }
    let with_users = counts.any(|count| count.is_of_users());
    all_of(query, project, Window::ALL, with_users).await
}

async fn all_of(
    query: &Query,
    project: &Project,
    window: Window,
    with_users: bool,
) -> Result<HashMap<GroupHash, GroupStats>, QueryError> {
    let counted = counted(query, project, window, Vec::new(), with_users).await?;
    Ok(counted.iter().map(|of| (of.hash, GroupStats { events: of.events, users: of.users })).collect())
}

async fn counted(
    query: &Query,
    project: &Project,
    window: Window,
    conditions: Vec<Condition>,
    with_users: bool,
) -> Result<Arc<Vec<Matches>>, QueryError> {
    let asked = Asked { project: project.id, window: window.in_whole_hours(), conditions, with_users };
    let store = query.store.clone();
    let count = |asked: Asked| async move { asked.count(&store).await };
    Ok(query.kept.counts.get(asked, &query.clock, count).await?)
}

impl Candidates {
    /// Whether an issue is there whatever its events are.
    pub(super) fn is_bare(&self, found_by: u32) -> bool {
        self.bare & found_by != 0
    }

    /// Whether some issue must have events that match.
    pub(super) fn ask_events(&self) -> bool {
        self.issues.iter().any(|(_, found_by)| !self.is_bare(*found_by))
    }

    /// Matching events in the window.
    pub(super) async fn count(
        &self,
        query: &Query,
        project: &Project,
        window: Window,
        with_users: bool,
    ) -> Result<Counts, QueryError> {
        let bare = async {
            match self.issues.iter().any(|(_, found_by)| self.is_bare(*found_by)) {
                true => all_of(query, project, window, with_users).await,
                false => Ok(HashMap::new()),
            }
        };
        let (bare, conditional) =
            tokio::try_join!(bare, self.count_conditional(query, project, window, with_users))?;
        Ok(Counts { bare, conditional })
    }

    async fn count_conditional(
        &self,
        query: &Query,
        project: &Project,
        window: Window,
        with_users: bool,
    ) -> Result<HashMap<GroupHash, Vec<Matches>>, QueryError> {
        let (bits, conditions): (Vec<u32>, Vec<Condition>) = self.conditional().unzip();
        let mut counts: HashMap<GroupHash, Vec<Matches>> = HashMap::new();
        if conditions.is_empty() || !self.ask_events() {
            return Ok(counts);
        }
        for met in counted(query, project, window, conditions, with_users).await?.iter() {
            let own = (0..).zip(&bits).filter(|(place, _)| met.alternatives & (1 << place) != 0);
            let alternatives = own.map(|(_, bit)| 1_u32 << bit).sum();
            counts.entry(met.hash).or_default().push(Matches { alternatives, ..*met });
        }
        Ok(counts)
    }

    /// The alternatives that ask something of events, each with its bit.
    fn conditional(&self) -> impl Iterator<Item = (u32, Condition)> {
        (0..).zip(&self.alternatives).filter_map(|(bit, alternative)| Some((bit, alternative.events()?)))
    }

    /// The events of an issue that match.
    pub(super) fn stats(&self, key: &IssueKey, found_by: u32, counts: &Counts) -> GroupStats {
        if self.is_bare(found_by) {
            return sum(key.hashes.iter().filter_map(|hash| counts.bare.get(hash).copied()));
        }
        let matches = key.hashes.iter().filter_map(|hash| counts.conditional.get(hash)).flatten();
        let own = matches.filter(|matches| matches.alternatives & found_by != 0);
        sum(own.map(|matches| GroupStats { events: matches.events, users: matches.users }))
    }

    /// Which events of these issues match.
    pub(super) fn condition(&self, ids: &[IssueId]) -> Condition {
        let of_page = || self.issues.iter().filter(|(key, _)| ids.contains(&key.id));
        if of_page().all(|(_, found_by)| self.is_bare(*found_by)) {
            return Condition::default();
        }
        if let ([only], true) = (self.alternatives.as_slice(), self.bare == 0) {
            return Condition::All(only.events().into_iter().collect());
        }
        let hashes = |chosen: &dyn Fn(u32) -> bool| {
            let issues = of_page().filter(|(_, found_by)| chosen(*found_by));
            Condition::Hashes(issues.flat_map(|(key, _)| key.hashes.iter().copied()).collect())
        };
        let of_bare = hashes(&|found_by| self.is_bare(found_by));
        let of_others = self.conditional().map(|(bit, condition)| {
            let own = hashes(&|found_by| !self.is_bare(found_by) && found_by & (1 << bit) != 0);
            Condition::All(vec![own, condition])
        });
        Condition::Any(std::iter::once(of_bare).chain(of_others).collect())
    }
}

fn sum(stats: impl Iterator<Item = GroupStats>) -> GroupStats {
    stats.fold(GroupStats::default(), |sum, stats| GroupStats {
        events: sum.events + stats.events,
        users: sum.users + stats.users,
    })
}
