//! Pairs of events: together or apart, as people put them and as mayday does.

use std::collections::{BTreeMap, BTreeSet};

use mayday_event::GroupHash;

use super::labelled::Labelled;

/// Counts of pairs within a family of platforms.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Score {
    pub(super) together: usize,
    pub(super) wrongly_together: usize,
    pub(super) wrongly_apart: usize,
}

impl Score {
    pub(super) fn precision(self) -> f64 {
        ratio(self.together, self.wrongly_together)
    }

    pub(super) fn recall(self) -> f64 {
        ratio(self.together, self.wrongly_apart)
    }

    /// The harmonic mean of both.
    pub(super) fn f1(self) -> f64 {
        ratio(2 * self.together, self.wrongly_together + self.wrongly_apart)
    }
}

fn ratio(right: usize, wrong: usize) -> f64 {
    if right + wrong == 0 { 1.0 } else { right as f64 / (right + wrong) as f64 }
}

/// How all events fare.
pub(super) struct Scores {
    pub(super) total: Score,
    /// A pair wrongly together counts in the theme of each of its two events.
    pub(super) by_theme: BTreeMap<String, Score>,
    /// How many groups people made.
    pub(super) groups: usize,
    /// How many of them are one issue that holds nothing else.
    pub(super) exact: usize,
    /// For people: what was split or merged.
    pub(super) mistakes: Vec<String>,
}

impl Scores {
    pub(super) fn of(events: &[Labelled]) -> Self {
        let mut total = Score::default();
        let mut by_theme = BTreeMap::<String, Score>::new();
        let pairs = events
            .iter()
            .enumerate()
            .flat_map(|(at, one)| events.iter().skip(at + 1).map(move |other| (one, other)));
        for (one, other) in pairs.filter(|(one, other)| one.family == other.family) {
            let themes = BTreeSet::from([&one.theme, &other.theme]);
            let same_group = one.group == other.group;
            let same_issue = hash(one) == hash(other);
            let mut count = |add: fn(&mut Score)| {
                add(&mut total);
                themes.iter().for_each(|theme| add(by_theme.entry((*theme).clone()).or_default()));
            };
            match (same_group, same_issue) {
                (true, true) => count(|score| score.together += 1),
                (false, true) => count(|score| score.wrongly_together += 1),
                (true, false) => count(|score| score.wrongly_apart += 1),
                (false, false) => {}
            }
        }
        let (groups, exact, mistakes) = partition(events);
        Self { total, by_theme, groups, exact, mistakes }
    }
}

fn hash(event: &Labelled) -> GroupHash {
    event.grouped.grouping.hash
}

fn partition(events: &[Labelled]) -> (usize, usize, Vec<String>) {
    let mut issues_of = BTreeMap::<(&str, &str), BTreeSet<GroupHash>>::new();
    let mut groups_of = BTreeMap::<(&str, GroupHash), BTreeSet<&str>>::new();
    for event in events {
        issues_of.entry((&event.family, &event.group)).or_default().insert(hash(event));
        groups_of.entry((&event.family, hash(event))).or_default().insert(&event.group);
    }
    let alone = |family: &str, issues: &BTreeSet<GroupHash>| {
        issues.iter().all(|issue| groups_of.get(&(family, *issue)).is_some_and(|groups| groups.len() == 1))
    };
    let exact = issues_of.iter().filter(|((family, _), issues)| issues.len() == 1 && alone(family, issues));
    let split = issues_of.iter().filter(|(_, issues)| issues.len() > 1);
    let split =
        split.map(|((family, group), issues)| format!("split into {}: {family} {group}", issues.len()));
    let merged = groups_of.iter().filter(|(_, groups)| groups.len() > 1);
    let merged = merged.map(|((family, _), groups)| {
        format!("merged: {family} {}", groups.iter().copied().collect::<Vec<_>>().join(" "))
    });
    (issues_of.len(), exact.count(), split.chain(merged).collect())
}
