//! Two proportions compared; pure.
//!
//! A table is `affected` of `all affected` beside `others` of `all others`. Where the smallest expected count is
//! five or more, the p-value is that of Pearson's chi-squared test with Yates' correction, else Fisher's exact one.

use libm::{erfc, exp, lgamma, log, sqrt};

/// How many of how many have a property, on two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Table {
    /// Have it, of `affected`.
    pub(crate) affected_with: u64,
    pub(crate) affected: u64,
    /// Have it, of `others`.
    pub(crate) others_with: u64,
    pub(crate) others: u64,
}

/// Smallest expected count of the chi-squared test: Cochran's rule.
const ENOUGH: f64 = 5.0;

impl Table {
    /// Share of the affected, 0 to 1.
    pub(crate) fn share(self) -> f64 {
        ratio(self.affected_with as f64, self.affected as f64)
    }

    /// Share of the others, 0 to 1.
    pub(crate) fn baseline(self) -> f64 {
        ratio(self.others_with as f64, self.others as f64)
    }

    /// The baseline as it is estimated: (k + ½) / (n + 1), never 0 or 1 (the Jeffreys prior's mean).
    fn estimated_baseline(self) -> f64 {
        (self.others_with as f64 + 0.5) / (self.others as f64 + 1.0)
    }

    /// How many times as frequent it is among the affected; finite, as of the estimated baseline.
    pub(crate) fn lift(self) -> f64 {
        self.share() / self.estimated_baseline()
    }

    /// How much it tells the affected from the others: the Kullback–Leibler divergence of both shares, in bits for
    /// each of the affected; 0 where it is not more frequent among them.
    pub(crate) fn strength(self) -> f64 {
        let (share, baseline) = (self.share(), self.estimated_baseline());
        if share <= baseline {
            return 0.0;
        }
        let part = |p: f64, q: f64| if p > 0.0 { p * log(p / q) } else { 0.0 };
        (part(share, baseline) + part(1.0 - share, 1.0 - baseline)) / std::f64::consts::LN_2
    }

    /// Probability (two-sided) of shares at least as far apart, were there no difference.
    pub(crate) fn p_value(self) -> f64 {
        if self.affected == 0 || self.others == 0 {
            return 1.0;
        }
        let [[a, b], [c, d]] = self.cells();
        let all = a + b + c + d;
        let least = (a + b).min(c + d) * (a + c).min(b + d) / all;
        if least >= ENOUGH { self.chi_squared_p(all) } else { self.fisher_p() }
    }

    /// With and without it: of the affected, of the others.
    fn cells(self) -> [[f64; 2]; 2] {
        let with = |with: u64, all: u64| [with.min(all) as f64, all.saturating_sub(with) as f64];
        [with(self.affected_with, self.affected), with(self.others_with, self.others)]
    }

    fn chi_squared_p(self, all: f64) -> f64 {
        let [[a, b], [c, d]] = self.cells();
        let distance = ((a * d - b * c).abs() - all / 2.0).max(0.0);
        let chi_squared = all * distance * distance / ((a + b) * (c + d) * (a + c) * (b + d));
        tail(chi_squared)
    }

    /// The sum of the probabilities of all tables with the same margins that are no more likely than this one.
    fn fisher_p(self) -> f64 {
        let [[a, b], [c, d]] = self.cells();
        let (affected, others, with) = (a + b, c + d, a + c);
        let all = ln_choose(affected + others, with);
        let ln_probability = |a: f64| ln_choose(affected, a) + ln_choose(others, with - a) - all;
        // Rounding must not tell tables apart that are equally likely.
        let limit = ln_probability(a) + 1e-7;
        let (lowest, highest) = ((with - others).max(0.0), with.min(affected));
        let mode =
            ((affected + 1.0) * (with + 1.0) / (affected + others + 2.0)).floor().clamp(lowest, highest);
        let up = probabilities(mode, highest, 1.0, &ln_probability, limit);
        let down =
            if mode > lowest { probabilities(mode - 1.0, lowest, -1.0, &ln_probability, limit) } else { 0.0 };
        (up + down).min(1.0)
    }
}

/// The sum of probabilities up to `limit` from `from` to `to`; they fall, so it ends where they no longer count.
fn probabilities(from: f64, to: f64, step: f64, ln_probability: &dyn Fn(f64) -> f64, limit: f64) -> f64 {
    let (mut sum, mut at) = (0.0, from);
    while (to - at) * step >= 0.0 {
        let ln = ln_probability(at);
        if ln <= limit {
            sum += exp(ln);
            if ln < limit - 40.0 {
                break;
            }
        }
        at += step;
    }
    sum
}

/// ln(n over k)
fn ln_choose(n: f64, k: f64) -> f64 {
    lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0)
}

/// The chi-squared distribution's upper tail, one degree of freedom.
fn tail(chi_squared: f64) -> f64 {
    erfc(sqrt(chi_squared / 2.0))
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// What several tables say together: the Cochran–Mantel–Haenszel test, with a continuity correction of ½.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stratified {
    /// Two-sided.
    pub(crate) p_value: f64,
    /// Mantel–Haenszel's common odds ratio; infinite where one side has none without.
    pub(crate) odds_ratio: f64,
}

/// Whether affected and others differ within strata, that is with what the strata stand for held equal.
pub(crate) fn stratified(strata: &[Table]) -> Stratified {
    let (mut excess, mut variance, mut up, mut down) = (0.0, 0.0, 0.0, 0.0);
    for table in strata {
        let [[a, b], [c, d]] = table.cells();
        let all = a + b + c + d;
        if all < 2.0 {
            continue;
        }
        excess += a - (a + b) * (a + c) / all;
        variance += (a + b) * (c + d) * (a + c) * (b + d) / (all * all * (all - 1.0));
        up += a * d / all;
        down += b * c / all;
    }
    if variance <= 0.0 {
        return Stratified { p_value: 1.0, odds_ratio: 1.0 };
    }
    let distance = (excess.abs() - 0.5).max(0.0);
    let odds_ratio = if down > 0.0 { up / down } else { f64::INFINITY };
    Stratified { p_value: tail(distance * distance / variance), odds_ratio }
}

/// Benjamini–Hochberg: for each p-value the least rate of false discoveries at which it is one. `tests` is how many
/// were made, at least as many as are given.
pub(crate) fn false_discovery_rates(p_values: &[f64], tests: usize) -> Vec<f64> {
    let tests = tests.max(p_values.len()) as f64;
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    let p_value = |at: usize| p_values.get(at).copied().unwrap_or(1.0);
    order.sort_by(|a, b| p_value(*a).total_cmp(&p_value(*b)));
    let mut rates = vec![1.0; p_values.len()];
    let mut least: f64 = 1.0;
    for (rank, at) in order.into_iter().enumerate().rev() {
        least = least.min(p_value(at) * tests / (rank + 1) as f64);
        if let Some(rate) = rates.get_mut(at) {
            *rate = least;
        }
    }
    rates
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table([affected_with, without, others_with, others_without]: [u64; 4]) -> Table {
        let (affected, others) = (affected_with + without, others_with + others_without);
        Table { affected_with, affected, others_with, others }
    }

    fn close(value: f64, expected: f64) -> bool {
        (value - expected).abs() <= expected.abs() * 1e-6 + 1e-300
    }

    /// Reference: SciPy 1.17, `fisher_exact` and `chi2_contingency`.
    #[test]
    fn p_values_are_those_of_a_reference() {
        for (cells, expected) in [
            ([8, 2, 1, 5], 0.034965034965034975),
            ([3, 0, 0, 300], 2.178387736025588e-07),
            ([10, 10, 10, 10], 1.0),
            ([5, 95, 1, 999], 3.151040092260627e-05),
            ([0, 5, 3, 7], 0.5054945054945055),
            ([97, 3, 120, 880], 2.726974665755641e-73),
        ] {
            let p_value = table(cells).fisher_p();
            assert!(close(p_value, expected), "{cells:?}: {p_value}");
        }
        for (cells, expected) in
            [([600, 400, 5000, 5000], 1.9969840810312273e-09), ([97, 3, 120, 880], 4.8962596642574685e-91)]
        {
            let p_value = table(cells).p_value();
            assert!(close(p_value, expected), "{cells:?}: {p_value}");
        }
        assert_eq!(table([970, 30, 1200, 8800]).p_value(), 0.0);
    }

    #[test]
    fn small_tables_are_tested_exactly() {
        let small = table([8, 2, 1, 5]);
        assert_eq!(small.p_value(), small.fisher_p());
        assert_eq!(table([0, 0, 3, 7]).p_value(), 1.0);
        assert_eq!(table([4, 1, 0, 0]).p_value(), 1.0);
    }

    /// Worked by hand: share 0.97, estimated baseline 120.5 / 1001.
    #[test]
    fn lift_and_strength_say_how_far_shares_are_apart() {
        let far = table([97, 3, 120, 880]);
        assert!(close(far.lift(), 0.97 / (120.5 / 1001.0)), "{}", far.lift());
        assert!((far.strength() - 2.7738).abs() < 1e-3, "{}", far.strength());
        assert_eq!(table([1, 9, 5, 5]).strength(), 0.0);
        assert!(table([10, 0, 0, 10]).lift().is_finite());
    }

    /// Reference: `scipy.stats.chi2.sf` of the formula.
    #[test]
    fn strata_are_tested_together() {
        let both = stratified(&[table([10, 20, 5, 40]), table([30, 10, 20, 30])]);
        assert!(close(both.p_value, 0.00010633893588776156), "{both:?}");
        assert!(close(both.odds_ratio, 4.3125), "{both:?}");
        assert_eq!(stratified(&[table([10, 0, 20, 0])]).p_value, 1.0);
    }

    /// Reference: `scipy.stats.false_discovery_control`.
    #[test]
    fn false_discoveries_are_controlled() {
        let rates = false_discovery_rates(&[0.01, 0.04, 0.03, 0.005, 0.8], 5);
        let expected = [0.025, 0.05, 0.05, 0.025, 0.8];
        assert!(rates.iter().zip(expected).all(|(rate, expected)| close(*rate, expected)), "{rates:?}");
        assert_eq!(false_discovery_rates(&[0.01], 10), [0.1]);
        assert_eq!(false_discovery_rates(&[], 10), [0.0; 0]);
    }

    proptest! {
        #[test]
        fn p_values_are_probabilities_and_both_tests_agree(cells in prop::array::uniform4(0_u64..400)) {
            let table = table(cells);
            let (p_value, exact) = (table.p_value(), table.fisher_p());
            prop_assert!((0.0..=1.0).contains(&p_value), "{p_value}");
            prop_assert!(table.strength() >= 0.0);
            if table.affected > 0 && table.others > 0 {
                // Both are tests of the same: neither calls clear what the other calls chance.
                prop_assert!(!(p_value < 1e-6 && exact > 1e-2 || p_value > 0.2 && exact < 1e-3), "{p_value} {exact}");
            }
        }
    }
}
