//! Which values are suspects; pure.

use std::cmp::Reverse;

use mayday_store::queries::{
    suspects::RUN,
    voices::{Attributes, Sides},
};

use super::{
    MIN_USERS, Measured, Pair, Suspect,
    statistics::{Table, false_discovery_rates, stratified},
};

/// Of what is called a suspect, how much may be chance.
pub(crate) const FALSE_DISCOVERY_RATE: f64 = 0.05;
/// A value that fewer of the affected have explains little.
const MIN_SHARE: f64 = 0.1;
/// A suspect is so many times as frequent among the affected, or its share is by so much greater.
const MIN_LIFT: f64 = 1.5;
const MIN_DIFFERENCE: f64 = 0.2;
/// With stronger suspects held equal, the odds of a further one are still so much greater.
const MIN_ODDS_RATIO: f64 = 1.5;
/// Nearly all: who says the one says the other.
const IMPLIED: f64 = 0.99;
/// Suspects that are told.
const SUSPECTS: usize = 5;
/// A pair says so much more than the stronger of its values.
const PAIR_GAIN: f64 = 1.1;
const PAIRS: usize = 3;

/// Where several values say exactly the same, the first of these is told.
const PREFERRED: [&str; 11] = [
    "release",
    "os",
    "os.name",
    "os.version",
    "device.family",
    "device",
    "device.model",
    "device.brand",
    "app.version",
    "dist",
    "app.build",
];

/// A value that is over-represented, whatever the reason.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) key: String,
    pub(super) value: String,
    strength: f64,
    measured: Measured,
}

/// All values that are over-represented, the strongest first.
pub(super) fn candidates(found: &Attributes) -> Vec<Candidate> {
    let all = found.voices;
    if all.affected < MIN_USERS || all.others == 0 {
        return Vec::new();
    }
    let compared: Vec<_> = found
        .values
        .iter()
        .map(|value| (value, table(value.count, all)))
        .filter(|(value, table)| value.count.affected >= MIN_USERS && table.share() >= MIN_SHARE)
        .collect();
    let p_values: Vec<f64> = compared.iter().map(|(_, table)| tested(*table, found).p_value()).collect();
    let rates = false_discovery_rates(&p_values, compared.len());
    let mut candidates: Vec<Candidate> = compared
        .into_iter()
        .zip(p_values.into_iter().zip(rates))
        .filter(|((_, table), (_, rate))| *rate <= FALSE_DISCOVERY_RATE && matters(*table))
        .map(|((value, table), (p_value, rate))| Candidate {
            key: value.key.clone(),
            value: value.value.clone(),
            strength: table.strength(),
            measured: Measured::new(table, p_value, rate),
        })
        .collect();
    candidates.sort_by(|a, b| b.strength.total_cmp(&a.strength).then_with(|| order(a).cmp(&order(b))));
    candidates
}

fn order(candidate: &Candidate) -> (usize, &str, &str) {
    let place = PREFERRED.iter().position(|key| *key == candidate.key).unwrap_or(PREFERRED.len());
    (place, &candidate.key, &candidate.value)
}

fn matters(table: Table) -> bool {
    table.strength() > 0.0 && (table.lift() >= MIN_LIFT || table.share() - table.baseline() >= MIN_DIFFERENCE)
}

fn table(with: Sides, all: Sides) -> Table {
    Table {
        affected_with: with.affected,
        affected: all.affected,
        others_with: with.others,
        others: all.others,
    }
}

/// What is tested: of a sample, which is made of runs of neighbouring and so of similar events, a run counts as one
/// user. That is cautious: it finds less, never more.
fn tested(table: Table, found: &Attributes) -> Table {
    let shrunk = |with: u64, all: u64, step: u64, events: u64| {
        let runs = events.div_ceil(RUN);
        if step <= 1 || runs >= all {
            return (with, all);
        }
        ((with as f64 * runs as f64 / all as f64).round() as u64, runs)
    };
    let (affected_with, affected) =
        shrunk(table.affected_with, table.affected, found.sample.affected_step, found.events.affected);
    let (others_with, others) =
        shrunk(table.others_with, table.others, found.sample.others_step, found.events.others);
    Table { affected_with, affected, others_with, others }
}

/// The candidates that stand on their own, and pairs of them; `overlap` counts each combination of candidates.
pub(super) fn suspects(
    candidates: Vec<Candidate>,
    overlap: &[(u64, Sides)],
    found: &Attributes,
) -> (Vec<Suspect>, Vec<Pair>) {
    let overlap = Overlap { counts: overlap, found };
    let mut taken: Vec<(usize, &Candidate)> = Vec::new();
    for (bit, candidate) in candidates.iter().enumerate() {
        let explained = taken.iter().any(|(stronger, by)| {
            family(&by.key) == family(&candidate.key) && overlap.implies(*stronger, bit)
        });
        if taken.is_empty() || !explained && overlap.stands_beside(bit, &taken) {
            taken.push((bit, candidate));
        }
        if taken.len() == SUSPECTS {
            break;
        }
    }
    let pairs = pairs(&taken, &overlap);
    let suspect = |(_, it): (usize, &Candidate)| Suspect {
        key: it.key.clone(),
        value: it.value.clone(),
        measured: it.measured,
    };
    (taken.into_iter().map(suspect).collect(), pairs)
}

fn pairs(taken: &[(usize, &Candidate)], overlap: &Overlap<'_>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (place, (first_bit, first)) in taken.iter().enumerate() {
        for (second_bit, second) in taken.iter().skip(place + 1) {
            let table = overlap.with((1 << first_bit) | (1 << second_bit));
            let gains = table.strength() >= first.strength.max(second.strength) * PAIR_GAIN;
            if family(&first.key) == family(&second.key) || !gains || table.affected_with < MIN_USERS {
                continue;
            }
            pairs.push((table, [first, second].map(|it| (it.key.clone(), it.value.clone()))));
        }
    }
    let p_values: Vec<f64> = pairs.iter().map(|(table, _)| tested(*table, overlap.found).p_value()).collect();
    let rates = false_discovery_rates(&p_values, p_values.len());
    let mut pairs: Vec<(f64, Pair)> = pairs
        .into_iter()
        .zip(p_values.into_iter().zip(rates))
        .filter(|(_, (_, rate))| *rate <= FALSE_DISCOVERY_RATE)
        .map(|((table, attributes), (p_value, rate))| {
            (table.strength(), Pair { attributes, measured: Measured::new(table, p_value, rate) })
        })
        .collect();
    pairs.sort_by(|a, b| {
        b.0.total_cmp(&a.0).then_with(|| Reverse(&b.1.attributes).cmp(&Reverse(&a.1.attributes)))
    });
    pairs.truncate(PAIRS);
    pairs.into_iter().map(|(_, pair)| pair).collect()
}

/// What speaks of the same thing: an operating system, a device, a build.
fn family(key: &str) -> &str {
    match key {
        "release" | "dist" => "app",
        _ => key.split('.').next().unwrap_or(key),
    }
}

/// How often which candidates occur together.
struct Overlap<'a> {
    counts: &'a [(u64, Sides)],
    found: &'a Attributes,
}

impl Overlap<'_> {
    /// Voices with all these bits.
    fn count(&self, bits: u64) -> Sides {
        let mut sum = Sides::default();
        for (_, count) in self.counts.iter().filter(|(mask, _)| mask & bits == bits) {
            sum.affected += count.affected;
            sum.others += count.others;
        }
        sum
    }

    fn with(&self, bits: u64) -> Table {
        table(self.count(bits), self.found.voices)
    }

    /// Whether nearly all who have the one have the other, on both sides.
    fn implies(&self, one: usize, other: usize) -> bool {
        let (one, both) = (self.count(1 << one), self.count((1 << one) | (1 << other)));
        let nearly_all = |both: u64, one: u64| both as f64 >= one as f64 * IMPLIED;
        nearly_all(both.affected, one.affected) && nearly_all(both.others, one.others)
    }

    /// Whether it is over-represented among those who are alike in all that is taken.
    fn stands_beside(&self, bit: usize, taken: &[(usize, &Candidate)]) -> bool {
        let held = taken.iter().fold(0_u64, |bits, (bit, _)| bits | (1 << bit));
        let mut strata: Vec<(u64, Table)> = Vec::new();
        for (mask, count) in self.counts {
            let place = match strata.iter().position(|(of, _)| *of == mask & held) {
                Some(place) => place,
                None => {
                    strata.push((mask & held, table(Sides::default(), Sides::default())));
                    strata.len() - 1
                }
            };
            let Some((_, table)) = strata.get_mut(place) else { continue };
            let has_it = mask >> bit & 1;
            table.affected += count.affected;
            table.others += count.others;
            table.affected_with += count.affected * has_it;
            table.others_with += count.others * has_it;
        }
        let tables: Vec<Table> = strata.into_iter().map(|(_, table)| tested(table, self.found)).collect();
        let together = stratified(&tables);
        together.p_value <= FALSE_DISCOVERY_RATE && together.odds_ratio >= MIN_ODDS_RATIO
    }
}

#[cfg(test)]
mod tests {
    use mayday_store::queries::{suspects::Sample, voices::AttributeCount};

    use super::*;

    fn found(voices: [u64; 2], values: &[(&str, &str, u64, u64)]) -> Attributes {
        let value = |&(key, value, affected, others): &(&str, &str, u64, u64)| AttributeCount {
            key: key.into(),
            value: value.into(),
            count: Sides { affected, others },
        };
        let voices = Sides { affected: voices[0], others: voices[1] };
        Attributes {
            voices,
            events: voices,
            sample: Sample { affected_step: 1, others_step: 1 },
            values: values.iter().map(value).collect(),
        }
    }

    fn names(candidates: &[Candidate]) -> Vec<&str> {
        candidates.iter().map(|it| it.value.as_str()).collect()
    }

    #[test]
    fn what_is_as_frequent_elsewhere_is_no_candidate() {
        let found = found(
            [100, 1000],
            &[
                ("os", "Android 14", 97, 120),
                ("locale", "de_DE", 30, 300),
                ("network", "wifi", 100, 990),
                ("screen", "Rare", 2, 0),
                ("theme", "dark", 9, 0),
            ],
        );
        assert_eq!(names(&candidates(&found)), ["Android 14"]);
    }

    #[test]
    fn a_few_voices_are_no_pattern() {
        assert!(candidates(&found([2, 1000], &[("os", "Android 14", 2, 0)])).is_empty());
        assert!(candidates(&found([50, 0], &[("os", "Android 14", 50, 0)])).is_empty());
    }

    #[test]
    fn a_sample_is_tested_by_its_runs() {
        let mut sampled = found([1000, 100_000], &[("os", "Android 14", 300, 25_000)]);
        assert_eq!(candidates(&sampled).len(), 0, "30 % beside 25 % does not matter");
        sampled.values[0].count.others = 18_000;
        assert_eq!(candidates(&sampled).len(), 1);
        sampled.sample.others_step = 100;
        sampled.events.others = 100 * RUN;
        sampled.values[0].count = Sides { affected: 300, others: 19_900 };
        let runs = tested(table(sampled.values[0].count, sampled.voices), &sampled);
        assert_eq!((runs.others_with, runs.others, runs.affected), (20, 100, 1000));
    }

    /// `Android 14` explains that `Android` and API level 34 are frequent, not that `Samsung` is.
    #[test]
    fn what_a_stronger_suspect_implies_is_left_out() {
        let found = found(
            [100, 1000],
            &[
                ("os", "Android 14", 100, 120),
                ("os.version", "14", 100, 120),
                ("os.name", "Android", 100, 600),
                ("device.family", "Samsung", 90, 300),
                ("api_level", "34", 95, 130),
            ],
        );
        let candidates = candidates(&found);
        assert_eq!(names(&candidates), ["Android 14", "14", "34", "Samsung", "Android"]);
        // Bits in that order.
        let overlap = [
            (0b11111, Sides { affected: 85, others: 30 }),
            (0b11011, Sides { affected: 5, others: 0 }),
            (0b10111, Sides { affected: 10, others: 84 }),
            (0b10011, Sides { affected: 0, others: 6 }),
            (0b11000, Sides { affected: 0, others: 270 }),
            (0b10000, Sides { affected: 0, others: 210 }),
            (0b00100, Sides { affected: 0, others: 16 }),
            (0b00000, Sides { affected: 0, others: 384 }),
        ];
        let (suspects, pairs) = suspects(candidates, &overlap, &found);
        let values: Vec<&str> = suspects.iter().map(|suspect| suspect.value.as_str()).collect();
        assert_eq!(values, ["Android 14", "Samsung"]);
        assert_eq!(pairs.len(), 1);
        assert_eq!(pairs[0].measured.users, Sides { affected: 90, others: 30 });
        assert!(pairs[0].measured.lift > 20.0);
    }
}
