//! What voices say, counted; pure. What only the others say is not kept: it is over-represented nowhere.

use std::{cmp::Reverse, collections::HashMap};

use super::{stored_tags::BETWEEN, suspects::Sample};

/// Values that are compared.
pub const MAX_VALUES: usize = 1000;
/// Values that [`Voices::overlap`] looks at together.
pub const MAX_TOGETHER: usize = 12;
/// Different things that are remembered. Voices come in no order: what a tenth of them say is among the first.
const MAX_SAID: usize = 100_000;

/// How many voices there are on both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sides {
    /// Of the hashes' events.
    pub affected: u64,
    /// Of the project's other events.
    pub others: u64,
}

/// A value of an attribute, and how many voices name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeCount {
    pub key: String,
    pub value: String,
    pub count: Sides,
}

/// All values that enough of the affected name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    pub voices: Sides,
    pub sample: Sample,
    /// Rows that were read.
    pub events: Sides,
    pub values: Vec<AttributeCount>,
}

/// Voices with what each says.
#[derive(Debug, Clone, Default)]
pub struct Voices {
    sample: Sample,
    voices: Sides,
    events: Sides,
    /// Key, a line's end and value, each with its place in `counts`.
    places: HashMap<Box<str>, u32>,
    counts: Vec<Sides>,
    /// What is said, by places, voice after voice …
    said: Vec<u32>,
    /// … and each voice's side and how many of these are its.
    each: Vec<(bool, usize)>,
}

impl Sides {
    fn add(&mut self, affected: bool, count: u64) {
        *(if affected { &mut self.affected } else { &mut self.others }) += count;
    }
}

impl Voices {
    pub(super) fn new(sample: Sample) -> Self {
        Self { sample, ..Self::default() }
    }

    /// One more voice, which speaks for so many events; the affected come first. `without`: keys that are left out.
    pub(super) fn hear(&mut self, affected: bool, events: u64, said: &str, without: &[&str]) {
        self.voices.add(affected, 1);
        self.events.add(affected, events);
        let before = self.said.len();
        for pair in said.split(BETWEEN) {
            let Some(place) = self.place(affected, pair, without) else { continue };
            if let Some(count) = usize::try_from(place).ok().and_then(|place| self.counts.get_mut(place)) {
                count.add(affected, 1);
                self.said.push(place);
            }
        }
        self.each.push((affected, self.said.len() - before));
    }

    fn place(&mut self, affected: bool, pair: &str, without: &[&str]) -> Option<u32> {
        if let Some(place) = self.places.get(pair) {
            return Some(*place);
        }
        let (key, value) = pair.split_once('\n')?;
        if !affected || value.is_empty() || without.contains(&key) || self.counts.len() == MAX_SAID {
            return None;
        }
        let place = u32::try_from(self.counts.len()).ok()?;
        self.counts.push(Sides::default());
        self.places.insert(pair.into(), place);
        Some(place)
    }

    /// The values that most of the affected name, the most frequent first.
    pub fn attributes(&self) -> Attributes {
        let mut all: Vec<(Sides, &str)> = self
            .places
            .iter()
            .filter_map(|(pair, place)| {
                Some((*self.counts.get(usize::try_from(*place).ok()?)?, pair.as_ref()))
            })
            .collect();
        all.sort_unstable_by_key(|(count, pair)| (Reverse(count.affected), *pair));
        let values = all.into_iter().take(MAX_VALUES).filter_map(|(count, pair)| {
            let (key, value) = pair.split_once('\n')?;
            Some(AttributeCount { key: key.to_owned(), value: value.to_owned(), count })
        });
        Attributes { voices: self.voices, sample: self.sample, events: self.events, values: values.collect() }
    }

    /// How often each combination of a few values ([`MAX_TOGETHER`] at most) occurs: bit n says that the nth is there.
    pub fn overlap(&self, values: &[(&str, &str)]) -> Vec<(u64, Sides)> {
        let mut bits: HashMap<u32, u64> = HashMap::new();
        for (bit, (key, value)) in values.iter().take(MAX_TOGETHER).enumerate() {
            if let Some(place) = self.places.get(format!("{key}\n{value}").as_str()) {
                *bits.entry(*place).or_default() |= 1 << bit;
            }
        }
        let mut counts = vec![Sides::default(); 1 << values.len().min(MAX_TOGETHER)];
        let mut said = self.said.as_slice();
        for (affected, length) in &self.each {
            let (own, others) = said.split_at_checked(*length).unwrap_or_default();
            said = others;
            let mask = own.iter().filter_map(|place| bits.get(place)).fold(0, |mask, bit| mask | bit);
            if let Some(count) = usize::try_from(mask).ok().and_then(|mask| counts.get_mut(mask)) {
                count.add(*affected, 1);
            }
        }
        (0..).zip(counts).filter(|(_, count)| *count != Sides::default()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_affected_say_is_counted_on_both_sides() {
        let mut voices = Voices::new(Sample::default());
        let said = "os\niOS 18\u{1}url\n\u{1}user\nid:7\u{1}theme\ndark\u{1}\u{1}no pair";
        voices.hear(true, 5, said, &["user"]);
        voices.hear(true, 1, "", &[]);
        voices.hear(false, 2, "os\niOS 18\u{1}theme\nlight", &[]);
        let found = voices.attributes();
        assert_eq!(found.voices, Sides { affected: 2, others: 1 });
        assert_eq!(found.events, Sides { affected: 6, others: 2 });
        let count = |key: &str, value: &str, others| AttributeCount {
            key: key.into(),
            value: value.into(),
            count: Sides { affected: 1, others },
        };
        assert_eq!(found.values, [count("os", "iOS 18", 1), count("theme", "dark", 0)]);
        let [none, one] = [0, 1].map(|others| Sides { affected: 1, others });
        let overlap = [(0, none), (1, Sides { affected: 0, others: 1 }), (3, none)];
        assert_eq!(voices.overlap(&[("os", "iOS 18"), ("theme", "dark")]), overlap);
        assert_eq!(voices.overlap(&[("theme", "light")]), [(0, Sides { affected: 2, others: one.others })]);
        assert_eq!(voices.overlap(&[]), [(0, found.voices)]);
    }
}
