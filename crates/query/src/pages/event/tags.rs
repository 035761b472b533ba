//! Tags of an issue's events with their shares.

use askama::{Template, filters::HtmlSafe};
use mayday_store::queries::{events::EventSummary, tags::TagFacet};

use crate::pages::{moment::Count, path::with_query};

/// The tags of an issue.
pub(crate) struct TagSection {
    /// Those that tell events apart first.
    pub(crate) tags: Vec<TagView>,
    /// Whose shares they are.
    pub(crate) share_of: String,
    /// Of a part of the events.
    pub(crate) are_estimated: bool,
}

/// A tag and its most frequent values.
#[derive(Debug, Clone)]
pub(crate) struct TagView {
    pub(crate) key: String,
    pub(crate) top: ValueView,
    pub(crate) others: Vec<ValueView>,
    /// How many values there are beyond those shown.
    pub(crate) more: u64,
    /// What the event that is shown has, if it is not the most frequent.
    pub(crate) of_event: Option<String>,
}

/// A value and its share of the events that have the tag.
#[derive(Debug, Clone)]
pub(crate) struct ValueView {
    pub(crate) value: String,
    pub(crate) count: Count,
    pub(crate) percent: u64,
    pub(crate) bar: Share,
    /// Finds issues with this value, where the search can.
    pub(crate) href: Option<String>,
}

/// A bar that is as long as a share.
#[derive(Debug, Clone, Template)]
#[template(
    source = r#"<svg class="share" aria-hidden="true"><rect class="track" width="100%" height="4" rx="2"/><rect class="part" width="{{ percent }}%" height="4" rx="2"/></svg>"#,
    ext = "html"
)]
pub(crate) struct Share {
    percent: u64,
}

impl HtmlSafe for Share {}

/// Tags that say the same as another part of the page.
const SHOWN_ELSEWHERE: [&str; 1] = ["level"];

impl TagSection {
    /// `event`: the one that is shown beside them.
    pub(crate) fn new(
        facets: &[TagFacet],
        event: Option<&EventSummary>,
        issues_path: &str,
        share_of: String,
    ) -> Self {
        let shown = facets.iter().filter(|facet| !SHOWN_ELSEWHERE.contains(&facet.key.as_str()));
        Self {
            tags: shown.filter_map(|facet| view(facet, event, issues_path)).collect(),
            share_of,
            are_estimated: facets.iter().any(|facet| facet.step > 1),
        }
    }
}

fn view(facet: &TagFacet, event: Option<&EventSummary>, issues_path: &str) -> Option<TagView> {
    let mut values = facet.top.iter().map(|value| {
        let percent = (value.count * 100).checked_div(facet.total).unwrap_or(0).min(100);
        ValueView {
            value: value.value.clone(),
            count: value.count.into(),
            percent,
            bar: Share { percent: percent.max(1) },
            href: link(&facet.key, &value.value, issues_path),
        }
    });
    let top = values.next()?;
    let others: Vec<ValueView> = values.collect();
    let of_event = event.and_then(|event| event.tags.iter().find(|(key, _)| *key == facet.key));
    let of_event = of_event.map(|(_, value)| value).filter(|value| **value != top.value);
    Some(TagView {
        key: facet.key.clone(),
        more: facet.distinct.saturating_sub(1 + others.len() as u64),
        of_event: of_event.cloned(),
        top,
        others,
    })
}

fn link(key: &str, value: &str, issues_path: &str) -> Option<String> {
    let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
    let search = match key {
        "release" | "environment" => format!("is:unresolved {key}:\"{quoted}\""),
        _ => return None,
    };
    Some(with_query(issues_path, &[("query", &search)]))
}
