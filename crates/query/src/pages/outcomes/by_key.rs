//! Each DSN key's part in what was received.

use std::{cmp::Reverse, collections::BTreeMap};

use mayday_catalog::projects::DsnKey;

use crate::{
    pages::moment::Count,
    read::outcomes::{CLIENT_DISCARD, Outcomes},
};

/// What was sent with one key.
#[derive(Debug, Clone)]
pub(crate) struct KeyRow {
    pub(crate) name: String,
    /// Empty where it could not be told.
    pub(crate) public_key: String,
    pub(crate) received: Count,
    pub(crate) accepted: Count,
    pub(crate) lost: Count,
    pub(crate) discarded: Count,
}

#[derive(Default)]
struct Sums {
    received: u64,
    accepted: u64,
    lost: u64,
    discarded: u64,
}

/// Those that most was received with first.
pub(super) fn by_key(outcomes: &Outcomes, keys: &[DsnKey]) -> Vec<KeyRow> {
    let mut sums: BTreeMap<i64, Sums> = BTreeMap::new();
    for (key, counted) in &outcomes.received {
        sums.entry(key.key_id).or_default().received += counted.total;
    }
    for (key, counted) in &outcomes.outcomes {
        let sums = sums.entry(key.key_id).or_default();
        match key.outcome.as_str() {
            "accepted" => sums.accepted += counted.total,
            CLIENT_DISCARD => sums.discarded += counted.total,
            _ => sums.lost += counted.total,
        }
    }
    let mut sums: Vec<(i64, Sums)> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sums)| Reverse(sums.received));
    sums.into_iter().map(|(id, sums)| row(keys.iter().find(|key| key.id == id), id, &sums)).collect()
}

fn row(key: Option<&DsnKey>, id: i64, sums: &Sums) -> KeyRow {
    let name = match key {
        Some(key) => key.label.clone(),
        None if id == 0 => "No key that could be told".to_owned(),
        None => "A key that was deleted".to_owned(),
    };
    KeyRow {
        name,
        public_key: key.map_or_else(String::new, |key| key.public_key.to_string()),
        received: sums.received.into(),
        accepted: sums.accepted.into(),
        lost: sums.lost.into(),
        discarded: sums.discarded.into(),
    }
}
