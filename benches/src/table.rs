//! The table of results.

use std::fmt::{self, Write};

/// What was measured, in order.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    measure: String,
    result: String,
    goal: Option<Goal>,
}

/// What was wanted, and whether it was reached.
#[derive(Debug)]
pub(crate) struct Goal {
    text: String,
    met: bool,
}

impl Goal {
    pub(crate) fn new(text: impl Into<String>, met: bool) -> Self {
        Self { text: text.into(), met }
    }
}

impl Table {
    /// Adds a row, and tells whoever waits.
    pub(crate) fn add(&mut self, measure: impl Into<String>, result: impl Into<String>, goal: Option<Goal>) {
        let row = Row { measure: measure.into(), result: result.into(), goal };
        crate::note(&format!("{}: {}", row.measure, row.result));
        self.rows.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("| measure | result | goal | met |\n| --- | --- | --- | --- |\n")?;
        for Row { measure, result, goal } in &self.rows {
            let (text, met) =
                goal.as_ref().map_or(("", ""), |goal| (goal.text.as_str(), yes_or_no(goal.met)));
            writeln!(f, "| {measure} | {result} | {text} | {met} |")?;
        }
        Ok(())
    }
}

fn yes_or_no(met: bool) -> &'static str {
    if met { "yes" } else { "**no**" }
}

/// Median, least and greatest of some measurements.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
}

impl Spread {
    /// Of at least one measurement.
    pub(crate) fn of(mut values: Vec<f64>) -> anyhow::Result<Self> {
        values.sort_by(f64::total_cmp);
        let (Some(&least), Some(&greatest)) = (values.first(), values.last()) else {
            anyhow::bail!("nothing was measured");
        };
        Ok(Self { median: values[values.len() / 2], least, greatest })
    }

    /// `median (least to greatest)` with so many digits behind the point.
    pub(crate) fn show(&self, digits: usize) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        write!(text, "{:.digits$} ({:.digits$} to {:.digits$})", self.median, self.least, self.greatest).ok();
        text
    }
}
