//! Suspects as an issue's page shows them.

use std::{sync::Arc, time::Duration};

use mayday_catalog::issues::Issue;
use mayday_event::Timestamp;

use super::{
    issue_time::{Chosen, issue_path},
    moment::{Moment, grouped},
    path::with_query,
};
use crate::{
    Query,
    read::suspects::{self, Measured, Suspects, percent},
};

/// The page waits no longer for them, unless it is asked to.
const PATIENCE: Duration = Duration::from_millis(300);

/// What became of looking for suspects.
pub(super) enum Looked {
    Found(Arc<Suspects>),
    /// They take longer than a page should.
    Slow,
    /// It failed: a page without suspects is better than none.
    Failed,
}

/// The table, the sentence under the title, or why there is neither.
pub(super) struct SuspectSection {
    pub(super) sentence: String,
    pub(super) rows: Vec<SuspectRow>,
    /// Why there are no rows; else empty.
    pub(super) reason: &'static str,
    pub(super) since: Option<Moment>,
    pub(super) compared: String,
    /// Leads to the page that waits for them.
    pub(super) slow_href: Option<String>,
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

/// Looks for an issue's suspects, as long as a page may.
pub(super) async fn look(query: &Query, issue: &Issue, chosen: &Chosen) -> Looked {
    let filter = chosen.filter();
    let looking = suspects::of_issue(query, issue, None, &filter);
    let found = if chosen.waits {
        looking.await
    } else {
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(found) => found,
            Err(_) => return Looked::Slow,
        }
    };
    match found {
        Ok(found) => Looked::Found(found),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "suspects cannot be found");
            Looked::Failed
        }
    }
}

impl SuspectSection {
    pub(super) fn new(looked: &Looked, issue: &Issue, chosen: &Chosen, now: Timestamp) -> Option<Self> {
        let nothing = Self {
            sentence: String::new(),
            rows: Vec::new(),
            reason: "",
            since: None,
            compared: String::new(),
            slow_href: None,
        };
        match looked {
            Looked::Failed => None,
            Looked::Slow => {
                let href = with_query(
                    &issue_path(issue),
                    &[("suspects", "wait"), ("environment", chosen.environment())],
                );
                Some(Self { slow_href: Some(href), ..nothing })
            }
            Looked::Found(found) => Some(Self {
                sentence: found.sentence.clone(),
                rows: rows(found),
                reason: found.reason,
                since: Some(Moment::ago(found.window.from, now)),
                compared: compared(found),
                slow_href: None,
            }),
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
