//! How many events an ignored issue may have in an hour before it escalates.

/// No issue escalates with fewer events in an hour: a handful says nothing about a rate.
const FLOOR: u64 = 20;
/// Of the hours of the last week this share, in percent, is taken to be usual; a burst that is over is not.
const USUAL_PERCENT: usize = 95;
/// How many times the busiest usual hour is still no escalation.
const MARGIN: u64 = 2;
/// With fewer hours than these, the busiest one is taken to be usual: there is no telling yet.
const ENOUGH_HOURS: usize = 24;

/// The most events that are forecast for an hour, from the events of each hour of its last week (of its life, if it is
/// younger).
pub(crate) fn forecast(hours: &[u64]) -> u64 {
    let mut sorted = hours.to_vec();
    sorted.sort_unstable();
    let usual = match sorted.len() {
        hours @ ENOUGH_HOURS.. => sorted.get((hours - 1) * USUAL_PERCENT / 100),
        _ => sorted.last(),
    };
    usual.map_or(FLOOR, |usual| usual.saturating_mul(MARGIN).max(FLOOR))
}

/// `1240` as `1,240`.
pub(crate) fn in_thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_may_double() {
        assert_eq!(forecast(&[40; 168]), 80);
        let nights_and_days: Vec<u64> = (0..168).map(|hour| if hour % 24 < 8 { 5 } else { 50 }).collect();
        assert_eq!(forecast(&nights_and_days), 100);
    }

    #[test]
    fn a_burst_that_is_over_raises_nothing() {
        let mut hours = vec![40; 168];
        hours[100..108].fill(10_000);
        assert_eq!(forecast(&hours), 80);
    }

    #[test]
    fn what_is_rare_or_young_needs_more_than_a_handful() {
        assert_eq!(forecast(&[]), FLOOR);
        assert_eq!(forecast(&[0; 168]), FLOOR);
        assert_eq!(forecast(&[0, 300, 1]), 600);
    }

    #[test]
    fn numbers_are_read_in_thousands() {
        assert_eq!([0, 999, 1240, 1_234_567].map(in_thousands), ["0", "999", "1,240", "1,234,567"]);
    }
}
