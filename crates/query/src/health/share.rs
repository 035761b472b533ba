//! Shares of a count, and how far they may be off.

use serde::Serialize;

/// Standard deviations of a normal distribution that 95 % lie within.
const Z_95: f64 = 1.959_963_984_540_054;

/// A share from 0 to 1 with its 95 % confidence interval (Wilson score), as if all that is counted were independent
/// of each other: sessions of one user are not quite, so theirs is a little too narrow.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Share {
    pub(crate) rate: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Share {
    /// `None` where there is nothing to have a share of. Estimates may differ by a little: a part is never more than
    /// the whole.
    pub(crate) fn of(part: u64, whole: u64) -> Option<Self> {
        if whole == 0 {
            return None;
        }
        let n = whole as f64;
        let rate = part.min(whole) as f64 / n;
        let z2 = Z_95 * Z_95;
        let center = (rate + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z_95 * (rate * (1.0 - rate) / n + z2 / (4.0 * n * n)).sqrt() / (1.0 + z2 / n);
        // At the ends the formula is exact but for rounding.
        let low = if part == 0 { 0.0 } else { (center - half).max(0.0) };
        let high = if part >= whole { 1.0 } else { (center + half).min(1.0) };
        Some(Self { rate, low, high })
    }

    /// Of what is not of the part: crash-free, from how many crashed.
    pub(crate) fn without(part: u64, whole: u64) -> Option<Self> {
        Self::of(whole.saturating_sub(part), whole)
    }
}

/// How many standard deviations the first share is above the second, by the two-proportion test with pooled variance;
/// 0 where there is nothing to compare.
pub(super) fn z_score((part, whole): (u64, u64), (base_part, base_whole): (u64, u64)) -> f64 {
    let (n, m) = (whole as f64, base_whole as f64);
    let (x, y) = (part.min(whole) as f64, base_part.min(base_whole) as f64);
    let pooled = (x + y) / (n + m);
    let deviation = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    let z = (x / n - y / m) / deviation;
    if z.is_finite() { z } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rounded(share: Share) -> [f64; 3] {
        [share.rate, share.low, share.high].map(|value| (value * 1e4).round() / 1e4)
    }

    #[test]
    fn intervals_are_those_of_the_textbook() {
        // Computed by hand, and as R's `binom::binom.wilson` has them.
        assert_eq!(rounded(Share::of(5, 10).unwrap()), [0.5, 0.2366, 0.7634]);
        assert_eq!(rounded(Share::of(0, 10).unwrap()), [0.0, 0.0, 0.2775]);
        assert_eq!(rounded(Share::without(0, 10).unwrap()), [1.0, 0.7225, 1.0]);
        assert_eq!(rounded(Share::of(15, 1000).unwrap()), [0.015, 0.0091, 0.0246]);
        assert_eq!(Share::of(0, 0), None);
        assert_eq!(Share::without(3, 2).unwrap().rate, 0.0);
    }

    #[test]
    fn a_difference_counts_by_how_sure_it_is() {
        assert_eq!((z_score((30, 1000), (10, 1000)) * 100.0).round(), 319.0);
        assert_eq!(z_score((10, 1000), (10, 1000)), 0.0);
        assert_eq!(z_score((0, 10), (0, 10)), 0.0);
        assert_eq!(z_score((1, 0), (1, 0)), 0.0);
    }

    proptest! {
        #[test]
        fn an_interval_is_around_its_rate(part in any::<u64>(), whole in any::<u64>()) {
            if let Some(Share { rate, low, high }) = Share::of(part, whole) {
                prop_assert!(0.0 <= low && low <= rate && rate <= high && high <= 1.0, "{low} {rate} {high}");
            }
        }
    }
}
