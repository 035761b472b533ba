//! The server's own account of what it received and what became of it, from `/metrics`.

use std::collections::BTreeMap;

/// Sums over all projects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// By category.
    pub(crate) received: BTreeMap<String, u64>,
    /// By project; under the empty name what belongs to none.
    pub(crate) received_by_project: BTreeMap<String, u64>,
    /// By category, outcome and reason.
    pub(crate) outcomes: BTreeMap<(String, String, String), u64>,
    /// Records of the journal that wait for the worker.
    pub(crate) backlog: u64,
}

impl Ledger {
    /// Reads Prometheus' text format.
    pub(crate) fn parse(text: &str) -> Self {
        let mut ledger = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let value = value.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let label = |name: &str| label(labels, name);
            match name {
                "mayday_received_total" => {
                    *ledger.received.entry(label("category")).or_default() += value;
                    *ledger.received_by_project.entry(label("project")).or_default() += value;
                }
                "mayday_outcomes_total" => {
                    let key = (label("category"), label("outcome"), label("reason"));
                    *ledger.outcomes.entry(key).or_default() += value;
                }
                "mayday_journal_backlog_records" => ledger.backlog = value,
                _ => {}
            }
        }
        ledger
    }

    /// What has an outcome, by category.
    pub(crate) fn settled(&self) -> BTreeMap<String, u64> {
        self.outcomes.iter().fold(BTreeMap::new(), |mut sums, ((category, ..), count)| {
            *sums.entry(category.clone()).or_default() += count;
            sums
        })
    }

    /// How often something of any category came to this outcome, for this reason.
    pub(crate) fn count(&self, outcome: &str, reason: &str) -> u64 {
        let matches = |(_, o, r): &(String, String, String)| o == outcome && r == reason;
        self.outcomes.iter().filter(|(key, _)| matches(key)).map(|(_, count)| count).sum()
    }

    /// Says what is out of balance, if anything is.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.backlog == 0 && self.received == self.settled() {
            return Ok(());
        }
        Err(format!("the ledger does not balance: {self:#?}"))
    }
}

fn label(labels: &str, name: &str) -> String {
    let opening = format!("{name}=\"");
    let found = labels
        .trim_end_matches('}')
        .split(',')
        .find_map(|label| label.strip_prefix(&opening)?.strip_suffix('"'));
    found.unwrap_or_else(|| panic!("no label {name} in {labels}")).to_owned()
}
