//! What other rules would make of the newest events: which issues would merge, which would split.
//!
//! Stored events stay where they are whatever rules say; the newest ones stand for those to come.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use mayday_catalog::{issues::Issue, projects::Project};
use mayday_event::{Event, EventId, GroupHash, IssueId, grouping::GroupingSettings};
use mayday_grouping::{Rules, group};
use mayday_store::queries::newest::NewestEvent;

use crate::{Query, QueryError};

/// Most events that are replayed.
pub(crate) const MOST_EVENTS: usize = 2000;
/// Events that are replayed if nobody says how many.
pub(crate) const DEFAULT_EVENTS: usize = 500;
/// Events that are grouped at a time.
const SLICE: usize = 100;
/// Bytes of payloads after which no more events are replayed.
const PAYLOAD_BYTES: usize = 128 << 20;
/// Most merges, and splits, that are told in full.
const EXAMPLES: usize = 10;
/// Most issues of a merge, or parts of a split, that are told.
const PARTS: usize = 10;

/// What would change.
#[derive(Debug, Default)]
pub(crate) struct Preview {
    /// Events that were grouped again.
    pub(crate) replayed: usize,
    /// Events that cannot be: their payloads are not kept.
    pub(crate) skipped: usize,
    /// Events that would have another fingerprint.
    pub(crate) changed: usize,
    /// Issues that the replayed events are in, and would be in.
    pub(crate) issues_now: usize,
    pub(crate) issues_then: usize,
    /// How many issues would become one with others, and how many would come apart.
    pub(crate) merging: usize,
    pub(crate) splitting: usize,
    /// Issues that would end where they are, all their events going to one new issue.
    pub(crate) renewed: usize,
    /// The largest.
    pub(crate) merges: Vec<Change>,
    pub(crate) splits: Vec<Change>,
}

/// A merge: one issue and those that would become it. A split: one issue and what it would become.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) one: Part,
    pub(crate) others: Vec<Part>,
}

/// Some events of an issue.
#[derive(Debug)]
pub(crate) struct Part {
    /// `None`: it would be a new issue.
    pub(crate) issue: Option<Issue>,
    pub(crate) events: usize,
    /// One of the events, and its title.
    pub(crate) example: EventId,
    pub(crate) title: String,
}

/// An issue that is, or one that would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    Known(IssueId),
    New(GroupHash),
}

struct Replayed {
    event_id: EventId,
    title: String,
    stored: GroupHash,
    before: GroupHash,
    after: GroupHash,
}

/// The events that go from one place to another.
struct Flow<'r> {
    events: usize,
    first: &'r Replayed,
}

type Flows<'r> = BTreeMap<(Place, Place), Flow<'r>>;

/// Groups the newest `events` of a project once by its own rules and once by others. Refuses rules that cannot be read.
pub(crate) async fn preview(
    query: &Query,
    project: &Project,
    settings: GroupingSettings,
    events: usize,
) -> Result<Preview, QueryError> {
    if !(1..=MOST_EVENTS).contains(&events) {
        return Err(QueryError::Invalid(format!("events: is {events}, must be 1 to {MOST_EVENTS}")));
    }
    let after = off_thread(move || Rules::compile(&settings)).await?.map_err(QueryError::Rule)?;
    let rules = Arc::new((query.catalog.grouping_rules(project.id), after));
    let (replayed, skipped) = replay(query, project, &rules, events).await?;
    let hashes: HashSet<GroupHash> = replayed.iter().flat_map(|event| [event.stored, event.after]).collect();
    let hashes: Vec<GroupHash> = hashes.into_iter().collect();
    let issues = query.catalog.issues_of_hashes(project.id, &hashes).await?;
    let flows = flows(&replayed, &issues);
    let mut preview = count(&flows);
    (preview.replayed, preview.skipped) = (replayed.len(), skipped);
    preview.changed = replayed.iter().filter(|event| event.before != event.after).count();
    tell(query, project, &flows, &mut preview).await?;
    Ok(preview)
}

async fn replay(
    query: &Query,
    project: &Project,
    rules: &Arc<(Arc<Rules>, Rules)>,
    events: usize,
) -> Result<(Vec<Replayed>, usize), QueryError> {
    let mut cursor = query.store.newest_events(project.id, events)?;
    let (mut replayed, mut seen, mut skipped, mut bytes) = (Vec::new(), HashSet::new(), 0, 0);
    loop {
        let mut slice = Vec::with_capacity(SLICE);
        while slice.len() < SLICE && bytes <= PAYLOAD_BYTES {
            let Some(event) = cursor.next().await? else { break };
            bytes += event.payload.len();
            if seen.insert(event.event_id) {
                slice.push(event);
            }
        }
        if slice.is_empty() {
            return Ok((replayed, skipped));
        }
        let (count, rules) = (slice.len(), Arc::clone(rules));
        let done = off_thread(move || -> Vec<Replayed> {
            slice.into_iter().filter_map(|event| regroup(event, &rules.0, &rules.1)).collect()
        });
        let done = done.await?;
        skipped += count - done.len();
        replayed.extend(done);
    }
}

/// `None` of an event whose payload is not kept.
fn regroup(stored: NewestEvent, before: &Rules, after: &Rules) -> Option<Replayed> {
    let event: Event = serde_json::from_str(&stored.payload).ok()?;
    let before = group(event, before);
    let before_hash = before.grouping.hash;
    let after = group(before.event, after).grouping.hash;
    let NewestEvent { event_id, hash, title, .. } = stored;
    Some(Replayed { event_id, title, stored: hash, before: before_hash, after })
}

/// An event that the rules do not change stays in its issue, however that came to be.
fn flows<'r>(replayed: &'r [Replayed], issues: &HashMap<GroupHash, IssueId>) -> Flows<'r> {
    let place = |hash: GroupHash| issues.get(&hash).map_or(Place::New(hash), |issue| Place::Known(*issue));
    let mut flows = Flows::new();
    for event in replayed {
        let now = place(event.stored);
        let then = if event.before == event.after { now } else { place(event.after) };
        flows.entry((now, then)).or_insert(Flow { events: 0, first: event }).events += 1;
    }
    flows
}

fn count(flows: &Flows<'_>) -> Preview {
    let sources = by(flows, |(now, _)| *now);
    let targets = by(flows, |(_, then)| *then);
    let merging: HashSet<Place> =
        targets.values().filter(|from| from.len() > 1).flatten().map(|(now, _)| *now).collect();
    let renewed = flows.keys().filter(|(now, then)| {
        let alone =
            |ends: &BTreeMap<Place, Vec<(Place, Place)>>, place| ends.get(place).map_or(0, Vec::len) == 1;
        now != then && matches!(then, Place::New(_)) && alone(&sources, now) && alone(&targets, then)
    });
    Preview {
        issues_now: sources.len(),
        issues_then: targets.len(),
        merging: merging.len(),
        splitting: sources.values().filter(|to| to.len() > 1).count(),
        renewed: renewed.count(),
        ..Preview::default()
    }
}

/// The flows by one of their ends.
fn by(flows: &Flows<'_>, end: impl Fn(&(Place, Place)) -> Place) -> BTreeMap<Place, Vec<(Place, Place)>> {
    let mut ends: BTreeMap<Place, Vec<(Place, Place)>> = BTreeMap::new();
    for flow in flows.keys() {
        ends.entry(end(flow)).or_default().push(*flow);
    }
    ends
}

/// Adds the largest merges and splits.
async fn tell(
    query: &Query,
    project: &Project,
    flows: &Flows<'_>,
    preview: &mut Preview,
) -> Result<(), QueryError> {
    let merges = largest(flows, by(flows, |(_, then)| *then));
    let splits = largest(flows, by(flows, |(now, _)| *now));
    let places = merges.iter().chain(&splits).flat_map(|(place, ends)| {
        [*place].into_iter().chain(ends.iter().flat_map(|(now, then)| [*now, *then]))
    });
    let ids: HashSet<IssueId> =
        places.filter_map(|place| if let Place::Known(id) = place { Some(id) } else { None }).collect();
    let ids: Vec<IssueId> = ids.into_iter().collect();
    let issues = query.catalog.issues(project.organization_id, &ids).await?;
    let issues: HashMap<IssueId, Issue> = issues.into_iter().map(|issue| (issue.id, issue)).collect();
    let change = |(place, ends): &(Place, Vec<(Place, Place)>), other: fn(&(Place, Place)) -> Place| {
        let part = |place: Place, of: &[(Place, Place)]| part(flows, &issues, place, of);
        let others = ends.iter().take(PARTS).filter_map(|end| part(other(end), &[*end]));
        Some(Change { one: part(*place, ends)?, others: others.collect() })
    };
    preview.merges = merges.iter().filter_map(|merge| change(merge, |(now, _)| *now)).collect();
    preview.splits = splits.iter().filter_map(|split| change(split, |(_, then)| *then)).collect();
    Ok(())
}

/// The places with the most events, of those with more than one flow; each one's largest flows first.
fn largest(
    flows: &Flows<'_>,
    ends: BTreeMap<Place, Vec<(Place, Place)>>,
) -> Vec<(Place, Vec<(Place, Place)>)> {
    let events = |flow: &(Place, Place)| flows.get(flow).map_or(0, |flow| flow.events);
    let mut ends: Vec<_> = ends.into_iter().filter(|(_, flows)| flows.len() > 1).collect();
    for (_, of_place) in &mut ends {
        of_place.sort_by_key(|flow| std::cmp::Reverse(events(flow)));
    }
    ends.sort_by_key(|(_, of_place)| std::cmp::Reverse(of_place.iter().map(events).sum::<usize>()));
    ends.truncate(EXAMPLES);
    ends
}

fn part(
    flows: &Flows<'_>,
    issues: &HashMap<IssueId, Issue>,
    place: Place,
    of: &[(Place, Place)],
) -> Option<Part> {
    let of: Vec<&Flow<'_>> = of.iter().filter_map(|flow| flows.get(flow)).collect();
    let first = of.first()?.first;
    let issue = match place {
        Place::Known(id) => issues.get(&id).cloned(),
        Place::New(_) => None,
    };
    let events = of.iter().map(|flow| flow.events).sum();
    Some(Part { issue, events, example: first.event_id, title: first.title.clone() })
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, QueryError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| QueryError::Internal(error.into()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn event(id: u128, stored: u64, after: u64) -> Replayed {
        Replayed {
            event_id: EventId(Uuid::from_u128(id)),
            title: format!("event {id}"),
            stored: GroupHash(stored),
            before: GroupHash(stored),
            after: GroupHash(after),
        }
    }

    #[test]
    fn merges_splits_and_renewals_are_counted() {
        let issues: HashMap<GroupHash, IssueId> = [(1, 1), (10, 1), (2, 2), (3, 3), (4, 4), (5, 5)]
            .map(|(hash, id)| (GroupHash(hash), IssueId(id)))
            .into();
        // 1 and 2 merge into a new one, 3 splits, 4 is renewed, 5 stays; 10 leads to 1 by a person's merge.
        let replayed = [
            event(1, 1, 99),
            event(2, 10, 99),
            event(3, 2, 99),
            event(4, 3, 3),
            event(5, 3, 33),
            event(6, 4, 44),
            event(7, 5, 5),
        ];
        let flows = flows(&replayed, &issues);
        let preview = count(&flows);
        assert_eq!((preview.issues_now, preview.issues_then), (5, 5));
        assert_eq!((preview.merging, preview.splitting, preview.renewed), (2, 1, 1));
        let merges = largest(&flows, by(&flows, |(_, then)| *then));
        assert_eq!(merges.len(), 1);
        assert_eq!(merges[0].0, Place::New(GroupHash(99)));
        assert_eq!(merges[0].1[0].0, Place::Known(IssueId(1)));
    }
}
