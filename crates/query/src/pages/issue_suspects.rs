//! Suspects as an issue's page shows them.

use std::sync::Arc;

use mayday_event::Timestamp;

use super::{
    issue_parts::Part,
    moment::{Moment, grouped},
};
use crate::read::suspects::{Measured, Suspects, percent};

/// What became of looking for suspects.
pub(super) enum Looked {
    Found(Arc<Suspects>),
    /// A page without suspects is better than none.
    Failed,
}

/// The table with the sentence under the title, or why there is neither.
pub(super) struct SuspectSection {
    sentence: String,
    pub(super) rows: Vec<SuspectRow>,
    /// Why there are no rows; else empty.
    pub(super) reason: &'static str,
    pub(super) since: Option<Moment>,
    pub(super) compared: String,
}

pub(super) struct SuspectRow {
    /// One attribute, or two that occur together.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) share: String,
    pub(super) baseline: String,
    pub(super) lift: String,
    pub(super) users: String,
    pub(super) p_value: String,
}

impl SuspectSection {
    /// What stands under the title; empty where nothing is suspected.
    pub(super) fn sentence(suspects: &Part<Self>) -> &str {
        match suspects {
            Part::Here(section) => &section.sentence,
            Part::Later(_) => "",
        }
    }

    pub(super) fn new(looked: &Looked, now: Timestamp) -> Self {
        match looked {
            Looked::Found(found) => Self {
                sentence: found.sentence.clone(),
                rows: rows(found),
                reason: found.reason,
                since: Some(Moment::ago(found.window.from, now)),
                compared: compared(found),
            },
            Looked::Failed => Self {
                sentence: String::new(),
                rows: Vec::new(),
                reason: "Suspects could not be looked for just now.",
                since: None,
                compared: String::new(),
            },
        }
    }
}

fn rows(found: &Suspects) -> Vec<SuspectRow> {
    let pairs = found.pairs.iter().map(|pair| row(pair.attributes.to_vec(), pair.measured));
    let singles = found
        .suspects
        .iter()
        .map(|suspect| row(vec![(suspect.key.clone(), suspect.value.clone())], suspect.measured));
    singles.chain(pairs).collect()
}

fn row(attributes: Vec<(String, String)>, measured: Measured) -> SuspectRow {
    SuspectRow {
        attributes,
        share: percent(measured.share),
        baseline: percent(measured.baseline),
        lift: format!("{:.1} ×", measured.lift),
        users: grouped(measured.users.affected),
        p_value: match measured.adjusted_p_value {
            p if p < 1e-6 => "< 0.000001".into(),
            p => format!("{p:.6}"),
        },
    }
}

/// `31 users compared with 1,204 others (a sample)`
fn compared(found: &Suspects) -> String {
    let sampled = if found.is_affected_sampled || found.is_others_sampled { " (a sample)" } else { "" };
    format!(
        "{} affected compared with {} other users{sampled}",
        grouped(found.users.affected),
        grouped(found.users.others)
    )
}
