//! Repeatable chance for made-up data.

/// A small source of chance (SplitMix64); nothing here needs to be secret.
#[derive(Debug, Clone)]
pub(super) struct Dice {
    state: u64,
}

impl Dice {
    /// The same seed rolls the same.
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A version 4 UUID; another one for another run.
    pub(super) fn uuid(&mut self, run: u64) -> uuid::Uuid {
        let high = self.next() ^ run.rotate_left(32);
        let bits = (u128::from(high) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }

    /// 0.0 up to, not including, 1.0.
    pub(super) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// 0 up to, not including, `below`.
    pub(super) fn below(&mut self, below: usize) -> usize {
        (self.fraction() * below as f64) as usize
    }
}
