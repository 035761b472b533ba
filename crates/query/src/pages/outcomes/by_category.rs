//! A category's outcomes: a chart, and the reasons with what they mean.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::names::{self, OUTCOMES};
use crate::{
    pages::{
        moment::{Count, grouped},
        stacked_chart::{Layer, StackedChart},
    },
    read::{
        outcomes::{CLIENT_DISCARD, Counted, GroupKey, Outcomes},
        reasons::explained,
    },
};

/// Most reasons of a category that are shown; clients choose their own.
const REASONS: usize = 30;

/// One category.
#[derive(Debug, Clone)]
pub(crate) struct CategoryView {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `1,204 received · 98.3 % accepted`
    pub(crate) summary: String,
    pub(crate) chart: StackedChart,
    /// What the colours mean.
    pub(crate) legend: Vec<(&'static str, String)>,
    pub(crate) reasons: Vec<ReasonRow>,
    /// Reasons that are not shown.
    pub(crate) more: usize,
}

/// How often something happened, and why.
#[derive(Debug, Clone)]
pub(crate) struct ReasonRow {
    pub(crate) outcome: String,
    pub(crate) outcome_name: String,
    pub(crate) reason: String,
    pub(crate) explanation: &'static str,
    pub(crate) quantity: Count,
    /// Of what was received.
    pub(crate) share: String,
}

pub(super) fn by_category(outcomes: &Outcomes) -> Vec<CategoryView> {
    let all = outcomes.received.keys().chain(outcomes.outcomes.keys());
    let mut categories: Vec<&str> =
        all.map(|key| key.category.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let rank = |category: &str| {
        names::FIRST.iter().position(|first| *first == category).unwrap_or(names::FIRST.len())
    };
    categories.sort_by_key(|category| (rank(category), *category));
    categories.into_iter().map(|category| CategoryView::new(category, outcomes)).collect()
}

impl CategoryView {
    fn new(category: &str, outcomes: &Outcomes) -> Self {
        let points = outcomes.starts.len();
        let of = |all: &'_ BTreeMap<GroupKey, Counted>, outcome: &str| {
            let counted = all.iter().filter(|(key, _)| key.category == category && key.outcome == outcome);
            Counted::sum(counted.map(|(_, counted)| counted), points)
        };
        let received = of(&outcomes.received, "").total;
        let layers: Vec<(Layer, u64)> = OUTCOMES
            .into_iter()
            .map(|outcome| {
                let Counted { total, series } = of(&outcomes.outcomes, outcome.id);
                (Layer { class: outcome.id, name: outcome.name.into(), counts: series }, total)
            })
            .filter(|(_, total)| *total > 0)
            .collect();
        let accepted =
            layers.iter().find(|(layer, _)| layer.class == "accepted").map_or(0, |(_, total)| *total);
        let name = names::of_category(category);
        let summary = format!("{} received · {} accepted", grouped(received), share(accepted, received));
        let (layers, totals): (Vec<Layer>, Vec<u64>) = layers.into_iter().unzip();
        let words: Vec<String> = layers
            .iter()
            .zip(totals)
            .map(|(layer, total)| format!("{} {}", grouped(total), layer.name))
            .collect();
        let mut reasons = reasons(category, received, outcomes);
        let more = reasons.len().saturating_sub(REASONS);
        reasons.truncate(REASONS);
        Self {
            id: category.to_owned(),
            chart: StackedChart::new(&outcomes.starts, &layers, format!("{name}: {}", words.join(", "))),
            legend: layers.iter().map(|layer| (layer.class, layer.name.clone())).collect(),
            name,
            summary,
            reasons,
            more,
        }
    }
}

/// The most frequent first.
fn reasons(category: &str, received: u64, outcomes: &Outcomes) -> Vec<ReasonRow> {
    let mut totals: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (key, counted) in outcomes.outcomes.iter().filter(|(key, _)| key.category == category) {
        *totals.entry((&key.outcome, &key.reason)).or_default() += counted.total;
    }
    let mut totals: Vec<_> = totals.into_iter().collect();
    totals.sort_by_key(|(_, total)| Reverse(*total));
    let row = |((outcome, reason), total): ((&str, &str), u64)| ReasonRow {
        outcome: outcome.to_owned(),
        outcome_name: names::of_outcome(outcome),
        reason: reason.to_owned(),
        explanation: if outcome == "accepted" { "Stored and counted." } else { explained(outcome, reason) },
        quantity: total.into(),
        // What a client dropped was not received.
        share: if outcome == CLIENT_DISCARD { String::new() } else { share(total, received) },
    };
    totals.into_iter().map(row).collect()
}

/// `98.3 %`
fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "–".to_owned(),
        _ => format!("{:.1} %", part as f64 * 100.0 / whole as f64),
    }
}
