//! Counts over time as a small bar chart, drawn on the server.

use askama::{Template, filters::HtmlSafe};
use mayday_event::Timestamp;

use super::moment::{absolute, counted};

/// Width of a bar and the gap behind it, in the chart's own units.
const BAR: u32 = 6;
const GAP: u32 = 2;
/// The shortest bar that is not empty.
const SHORTEST: u32 = 2;

/// A chart without words, for a row of a list.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/sparkline.html")]
pub(crate) struct Sparkline {
    width: u32,
    height: u32,
    bars: Vec<Bar>,
    summary: String,
}

impl HtmlSafe for Sparkline {}

#[derive(Debug, Clone)]
struct Bar {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
    empty: bool,
}

impl Sparkline {
    /// `period` names the span in words: `24 hours`.
    pub(crate) fn new(series: &[(Timestamp, u64)], period: &str) -> Self {
        let height = 28;
        Self { width: width(series), height, bars: bars(series, height), summary: summary(series, period) }
    }
}

fn width(series: &[(Timestamp, u64)]) -> u32 {
    (series.len() as u32 * (BAR + GAP)).saturating_sub(GAP).max(1)
}

fn bars(series: &[(Timestamp, u64)], height: u32) -> Vec<Bar> {
    let peak = series.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let bar = |(at, &(_, count)): (usize, &(Timestamp, u64))| {
        let share = u128::from(count) * u128::from(height) / u128::from(peak);
        let tall = if count == 0 { 1 } else { u32::try_from(share).unwrap_or(height).max(SHORTEST) };
        Bar { x: at as u32 * (BAR + GAP), y: height - tall, width: BAR, height: tall, empty: count == 0 }
    };
    series.iter().enumerate().map(bar).collect()
}

/// A bucket's name: `2026-11-24` for a day, `2026-11-24 03:00 UTC` for anything shorter.
pub(super) fn bucket_name(starts: &[Timestamp], start: Timestamp) -> String {
    let daily = match starts {
        [first, second, ..] => second.since_ms(*first) >= Timestamp::DAY_MS,
        _ => false,
    };
    let text = absolute(start);
    match text.split_once(' ') {
        Some((day, _)) if daily => day.into(),
        _ => text.replace(":00 UTC", " UTC"),
    }
}

fn bucket(series: &[(Timestamp, u64)], start: Timestamp) -> String {
    let starts: Vec<Timestamp> = series.iter().take(2).map(|(start, _)| *start).collect();
    bucket_name(&starts, start)
}

fn summary(series: &[(Timestamp, u64)], period: &str) -> String {
    let total: u64 = series.iter().map(|(_, count)| count).sum();
    let events = counted(total, "event", "events");
    match series.iter().max_by_key(|(_, count)| *count) {
        Some((start, most)) if *most > 0 => {
            format!("{events} in the last {period}, most of them {} ({most})", bucket(series, *start))
        }
        _ => format!("No events in the last {period}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(counts: &[u64]) -> Vec<(Timestamp, u64)> {
        let start = Timestamp::parse("2026-11-22T00:00:00Z").unwrap();
        counts
            .iter()
            .enumerate()
            .map(|(n, count)| (start.plus_ms(n as i64 * Timestamp::DAY_MS), *count))
            .collect()
    }

    #[test]
    fn a_chart_says_what_it_shows() {
        let chart = Sparkline::new(&days(&[0, 1, 1000]), "3 days");
        assert_eq!(chart.summary, "1,001 events in the last 3 days, most of them 2026-11-24 (1000)");
        assert_eq!(chart.bars.iter().map(|bar| bar.height).collect::<Vec<_>>(), [1, 2, 28]);
        assert_eq!(Sparkline::new(&days(&[0, 0]), "2 days").summary, "No events in the last 2 days");
        assert_eq!(Sparkline::new(&[], "2 days").width, 1);
    }

    #[test]
    fn hours_are_named_to_the_minute() {
        let start = Timestamp::parse("2026-11-22T00:00:00Z").unwrap();
        let series = [(start, 1), (start.plus_ms(Timestamp::HOUR_MS), u64::MAX / 2)];
        assert_eq!(bucket(&series, start), "2026-11-22 00:00 UTC");
        assert_eq!(bars(&series, 28)[1].height, 28);
    }
}
