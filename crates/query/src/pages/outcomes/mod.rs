//! What a project received and what became of it.

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::projects::{DsnKey, Project};
use mayday_event::Timestamp;
use mayday_store::queries::Window;
use serde::Deserialize;

use self::{
    by_category::{CategoryView, by_category},
    by_key::{KeyRow, by_key},
};
use super::{
    answer,
    error::PageError,
    moment::grouped,
    path::with_query,
    shell::{NavLink, Section, Shell},
    visit::{ProjectPath, Visit},
};
use crate::read::{
    self,
    outcomes::{Buckets, Dimension, Imbalance, Outcomes},
};

mod by_category;
mod by_key;
mod names;

/// A span of time to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    value: &'static str,
    name: &'static str,
    length_ms: i64,
    width_ms: i64,
}

const SPANS: [Span; 4] = [
    Span { value: "1h", name: "1 h", length_ms: Timestamp::HOUR_MS, width_ms: 60_000 },
    Span { value: "24h", name: "24 h", length_ms: Timestamp::DAY_MS, width_ms: Timestamp::HOUR_MS },
    Span { value: "14d", name: "14 d", length_ms: 14 * Timestamp::DAY_MS, width_ms: Timestamp::DAY_MS },
    Span { value: "30d", name: "30 d", length_ms: 30 * Timestamp::DAY_MS, width_ms: Timestamp::DAY_MS },
];
const DEFAULT_SPAN: Span = SPANS[1];

#[derive(Template)]
#[template(path = "outcomes.html")]
struct OutcomesPage {
    shell: Shell,
    issues_path: String,
    searched: &'static str,
    spans: Vec<NavLink>,
    /// What does not add up, a sentence each.
    unbalanced: Vec<String>,
    categories: Vec<CategoryView>,
    keys: Vec<KeyRow>,
}

#[derive(Deserialize)]
pub(crate) struct OutcomesQuery {
    #[serde(default, rename = "statsPeriod")]
    period: String,
}

/// `GET /projects/{organization}/{project}/outcomes/`
pub(crate) async fn show(
    visit: Visit,
    path: web::Path<ProjectPath>,
    asked: web::Query<OutcomesQuery>,
) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    let span = SPANS.into_iter().find(|span| span.value == asked.period).unwrap_or(DEFAULT_SPAN);
    let window = Window { from: visit.now.plus_ms(-span.length_ms), to: visit.now };
    let buckets = Buckets::with_width(window, span.width_ms);
    let by = [Dimension::Category, Dimension::Reason, Dimension::Key];
    let outcomes = read::outcomes::list(&visit.query, &project, buckets, &by).await?;
    let keys = read::projects::keys(&visit.query, &project).await?;
    let title = format!("Outcomes · {}", project.name);
    let shell = visit.project_shell(title, &project, Section::Outcomes).await?;
    answer::page(&OutcomesPage::new(shell, &project, span, &outcomes, &keys))
}

impl OutcomesPage {
    fn new(shell: Shell, project: &Project, span: Span, outcomes: &Outcomes, keys: &[DsnKey]) -> Self {
        let path = Section::Outcomes.path(project);
        let link = |other: Span| NavLink {
            name: other.name.into(),
            href: with_query(&path, &[("statsPeriod", other.value)]),
            current: other == span,
        };
        Self {
            shell,
            issues_path: Section::Issues.path(project),
            searched: "",
            spans: SPANS.into_iter().map(link).collect(),
            unbalanced: outcomes.unbalanced.iter().map(imbalance).collect(),
            categories: by_category(outcomes),
            keys: by_key(outcomes, keys),
        }
    }
}

fn imbalance(it: &Imbalance) -> String {
    format!(
        "{}: {} received, {} accounted for",
        names::of_category(&it.category),
        grouped(it.received),
        grouped(it.accounted)
    )
}

#[cfg(test)]
mod tests {
    use mayday_event::{ProjectId, PublicKey};
    use mayday_store::queries::outcomes::OutcomeCount;

    use super::*;
    use crate::{
        fixture::{main_part, now},
        pages::sample,
    };

    fn rendered(counts: Vec<OutcomeCount>, unbalanced: Vec<Imbalance>) -> String {
        let window = Window { from: now().plus_ms(-Timestamp::HOUR_MS), to: now() };
        let outcomes = Outcomes::new(Buckets::with_width(window, Timestamp::HOUR_MS), counts, unbalanced);
        let key = DsnKey {
            id: 3,
            project_id: ProjectId(1),
            public_key: PublicKey::from_bytes([7; 16]),
            label: "Default".into(),
            active: true,
            rate_limit: None,
            created: now(),
        };
        let page = OutcomesPage::new(sample::shell(), &sample::project(), SPANS[1], &outcomes, &[key]);
        main_part(&page.render().unwrap()).to_owned()
    }

    #[test]
    fn outcomes_are_shown_by_category_with_what_their_reasons_mean() {
        let count = |category: &str, outcome: &str, reason: &str, key_id, quantity| OutcomeCount {
            start: now().hour(),
            outcome: outcome.into(),
            category: category.into(),
            reason: reason.into(),
            key_id,
            quantity,
        };
        let counts = vec![
            count("error", "received", "", 3, 1200),
            count("error", "accepted", "", 3, 1000),
            count("error", "filtered", "duplicate", 3, 150),
            count("error", "rate_limited", "key_rate_limit", 3, 50),
            count("error", "client_discard", "queue_<overflow>", 3, 7),
            count("session", "received", "", 0, 10),
            count("session", "accepted", "", 0, 9),
        ];
        let lost =
            Imbalance { project_id: ProjectId(1), category: "session".into(), received: 10, accounted: 9 };
        insta::assert_snapshot!(rendered(counts, vec![lost]));
    }

    #[test]
    fn where_nothing_was_received_the_page_says_so() {
        let page = rendered(Vec::new(), Vec::new());
        assert!(page.contains("no-outcomes") && !page.contains("unbalanced"), "{page}");
    }
}
