//! The events that were sent, and which of them belong together: counted the slow way.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

/// An event as it was sent.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) id: Uuid,
    /// What decides which events are alike: the SDK's fingerprint, or that of the project's rule.
    pub(super) key: String,
    pub(super) user: String,
    pub(super) release: String,
    /// Milliseconds since 1970.
    pub(super) at: i64,
}

/// No issue's number.
const GONE: usize = 0;

/// All that the server must know by now.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) events: Vec<Sent>,
    /// The issue that a key leads to; numbers of the model's own.
    leads: BTreeMap<String, usize>,
    /// The issue that a key was first merged from.
    merged_from: BTreeMap<String, usize>,
    /// Where an issue went when it was merged; to [`GONE`] when it was deleted.
    redirects: BTreeMap<usize, usize>,
    issues: usize,
}

impl Model {
    pub(super) fn add(&mut self, event: Sent) {
        if !self.leads.contains_key(&event.key) {
            self.issues += 1;
            self.leads.insert(event.key.clone(), self.issues);
        }
        self.events.push(event);
    }

    /// Issues with their keys.
    pub(super) fn issues(&self) -> BTreeMap<usize, BTreeSet<&str>> {
        let mut issues = BTreeMap::<_, BTreeSet<_>>::new();
        for (key, &issue) in &self.leads {
            issues.entry(issue).or_default().insert(key.as_str());
        }
        issues
    }

    /// An issue's events.
    pub(super) fn of(&self, issue: usize) -> Vec<&Sent> {
        self.events.iter().filter(|event| self.leads.get(&event.key) == Some(&issue)).collect()
    }

    pub(super) fn merge(&mut self, from: usize, into: usize) {
        for (key, issue) in self.leads.iter_mut().filter(|(_, issue)| **issue == from) {
            self.merged_from.entry(key.clone()).or_insert(from);
            *issue = into;
        }
        self.redirects.values_mut().filter(|to| **to == from).for_each(|to| *to = into);
        self.redirects.insert(from, into);
    }

    /// A key goes back to the issue that it was merged from, if that is merged nowhere else by now; else to a new one.
    pub(super) fn part(&mut self, key: &str) {
        let leaves = self.leads.get(key).copied();
        let origin = self.merged_from.remove(key);
        let origin = origin.filter(|issue| self.redirects.get(issue).is_none_or(|to| Some(*to) == leaves));
        let to = origin.unwrap_or_else(|| {
            self.issues += 1;
            self.issues
        });
        self.redirects.remove(&to);
        self.leads.insert(key.to_owned(), to);
    }

    pub(super) fn delete_issue(&mut self, issue: usize) {
        let leads = &self.leads;
        self.events.retain(|event| leads.get(&event.key) != Some(&issue));
        self.merged_from.retain(|key, _| leads.get(key) != Some(&issue));
        self.leads.retain(|_, of| *of != issue);
        self.redirects.insert(issue, GONE);
    }

    pub(super) fn delete_user(&mut self, user: &str) {
        self.events.retain(|event| event.user != user);
    }
}
