//! Chance: fast, and the same again from the same seed.

/// SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The same numbers for the same seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Numbers that no other run had.
    pub(crate) fn fresh() -> anyhow::Result<Self> {
        Ok(Self(getrandom::u64().map_err(|error| anyhow::anyhow!("no randomness: {error}"))?))
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `count` - 1; 0 if `count` is 0.
    pub(crate) fn below(&mut self, count: u64) -> u64 {
        self.roll().checked_rem(count).unwrap_or(0)
    }

    /// 32 hexadecimal digits.
    pub(crate) fn id(&mut self) -> String {
        format!("{:016x}{:016x}", self.roll(), self.roll())
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len() as u64) as usize]
    }
}
