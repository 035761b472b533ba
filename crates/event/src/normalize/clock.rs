//! When it happened: clients' clocks are wrong, and their queues are long.

use super::{Arrival, place::Place};
use crate::{limits, time::Timestamp};

/// How far the client's clock is behind the server's, in milliseconds; 0 within what network and queueing
/// explain.
pub(super) fn drift_ms(arrival: &Arrival) -> i64 {
    let drift = arrival.sent_at.map_or(0, |sent_at| arrival.received.since_ms(sent_at));
    if drift.abs() >= limits::CLOCK_DRIFT_MS { drift } else { 0 }
}

/// The event's time by a clock that can be trusted: the client's, corrected by its drift; the arrival if it
/// gave none, or one that cannot be.
pub(super) fn event_time(sent: Option<Timestamp>, arrival: &Arrival, place: &Place<'_>) -> Timestamp {
    let Some(sent) = sent else {
        place.corrected(format_args!("no timestamp; time of arrival taken"));
        return arrival.received;
    };
    let drift = drift_ms(arrival);
    let time = sent.plus_ms(drift);
    if drift != 0 {
        place.corrected(format_args!("client's clock is off by {} s; was {sent}", drift / 1000));
    }
    let age = arrival.received.since_ms(time);
    if age < -limits::FUTURE_MS {
        place.corrected(format_args!("{time} is in the future; time of arrival taken"));
        return arrival.received;
    }
    if age > limits::EVENT_AGE_MS {
        place.corrected(format_args!("{time} is too long ago; time of arrival taken"));
        return arrival.received;
    }
    time
}
