//! A part of too many rows: every nth run of neighbours, the same ones as long as the same parts are stored.

use std::fmt::Display;

/// Of how many runs one is read, so that no more than `most` of the events are, about; 1: all of them.
pub(super) fn step(events: u64, most: u64) -> u64 {
    events.div_ceil(most).max(1)
}

/// The condition for rows of every nth run of `run` neighbours; `step` may be a parameter.
pub(super) fn every_nth(run: u64, step: impl Display) -> String {
    format!("intDiv(_part_offset, {run}) % {step} = 0")
}
