//! Several counts over time in one bar chart, one upon the other, drawn on the server.

use askama::{Template, filters::HtmlSafe};
use mayday_event::Timestamp;

use super::{chart::bucket_name, moment::grouped};

/// Width of a bar and the gap behind it, in the chart's own units.
const BAR: u32 = 6;
const GAP: u32 = 2;
/// Of what a bar is scaled to; above it is room for the layers that are drawn larger than they are.
const HEIGHT: u32 = 90;
const ROOM: u32 = 10;
/// The least height of a layer that is not empty: one lost event in a million is seen.
const THINNEST: u32 = 2;

/// What is counted, in its own colour.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    /// Class in the sheet.
    pub(crate) class: &'static str,
    pub(crate) name: String,
    pub(crate) counts: Vec<u64>,
}

/// A chart whose bars say what they are made of, with its ends below.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/stacked_chart.html")]
pub(crate) struct StackedChart {
    width: u32,
    height: u32,
    bars: Vec<Bar>,
    /// Its first and its last bar; empty of a chart without bars.
    from: String,
    to: String,
    summary: String,
}

impl HtmlSafe for StackedChart {}

#[derive(Debug, Clone)]
struct Bar {
    x: u32,
    width: u32,
    label: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    class: &'static str,
    y: u32,
    height: u32,
}

impl StackedChart {
    /// The first layer is at the bottom; `summary` says all of it in words.
    pub(crate) fn new(starts: &[Timestamp], layers: &[Layer], summary: String) -> Self {
        let at = |layer: &Layer, place: usize| layer.counts.get(place).copied().unwrap_or_default();
        let sum = |place: usize| layers.iter().map(|layer| at(layer, place)).sum::<u64>();
        let peak = (0..starts.len()).map(sum).max().unwrap_or_default().max(1);
        let bar = |(place, start): (usize, &Timestamp)| {
            let filled: Vec<(&Layer, u64)> = layers
                .iter()
                .map(|layer| (layer, at(layer, place)))
                .filter(|(_, count)| *count > 0)
                .collect();
            Bar {
                x: place as u32 * (BAR + GAP),
                width: BAR,
                label: label(&bucket_name(starts, *start), &filled),
                parts: parts(&filled, peak),
            }
        };
        let end =
            |start: Option<&Timestamp>| start.map(|start| bucket_name(starts, *start)).unwrap_or_default();
        Self {
            from: end(starts.first()),
            to: end(starts.last()),
            width: (starts.len() as u32 * (BAR + GAP)).saturating_sub(GAP).max(1),
            height: HEIGHT + ROOM,
            bars: starts.iter().enumerate().map(bar).collect(),
            summary,
        }
    }
}

fn parts(filled: &[(&Layer, u64)], peak: u64) -> Vec<Part> {
    let mut top = HEIGHT + ROOM;
    let mut parts = Vec::with_capacity(filled.len());
    for (layer, count) in filled {
        let share = u128::from(*count) * u128::from(HEIGHT) / u128::from(peak);
        let height = u32::try_from(share).unwrap_or(HEIGHT).max(THINNEST).min(top);
        top -= height;
        parts.push(Part { class: layer.class, y: top, height });
    }
    parts
}

/// `2026-11-24 03:00 UTC: 1,200 accepted, 3 invalid`
fn label(bucket: &str, filled: &[(&Layer, u64)]) -> String {
    let counts: Vec<String> =
        filled.iter().map(|(layer, count)| format!("{} {}", grouped(*count), layer.name)).collect();
    match counts.len() {
        0 => format!("{bucket}: nothing"),
        _ => format!("{bucket}: {}", counts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::now;

    #[test]
    fn layers_lie_upon_each_other_and_none_is_too_thin_to_see() {
        let starts = [now().hour(), now().hour().plus_ms(Timestamp::HOUR_MS)];
        let layers = [
            Layer { class: "accepted", name: "accepted".into(), counts: vec![1_000_000, 0] },
            Layer { class: "invalid", name: "invalid".into(), counts: vec![1, 0] },
        ];
        let chart = StackedChart::new(&starts, &layers, "In words".into());
        insta::assert_snapshot!(chart.to_string(), @r#"
        <svg class="chart stacked" viewBox="0 0 14 100" preserveAspectRatio="none" role="img" aria-label="In words"><g><title>2026-11-24 04:00 UTC: 1,000,000 accepted, 1 invalid</title><rect class="hit" x="0" y="0" width="6" height="100"/><rect class="accepted" x="0" y="11" width="6" height="89"/><rect class="invalid" x="0" y="9" width="6" height="2"/></g><g><title>2026-11-24 05:00 UTC: nothing</title><rect class="hit" x="8" y="0" width="6" height="100"/><rect class="base" x="8" y="99" width="6" height="1"/></g></svg>
        <p class="axis" aria-hidden="true"><span>2026-11-24 04:00 UTC</span><span>2026-11-24 05:00 UTC</span></p>
        "#);
        assert!(StackedChart::new(&[], &layers, String::new()).bars.is_empty());
    }
}
