//! Who uses the demo's apps: devices, releases and people, picked with repeatable dice.

use mayday_event::{EventId, Timestamp};

/// A small repeatable source of chance (SplitMix64); nothing here needs to be secret.
#[derive(Debug)]
pub(super) struct Dice {
    state: u64,
    /// Makes the event ids of this run its own.
    run: u64,
}

impl Dice {
    /// The same seed rolls the same; only event ids differ from run to run.
    pub(super) fn new(seed: u64, now: Timestamp) -> Self {
        Self { state: seed, run: now.0.unsigned_abs() }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0.0 up to, not including, 1.0.
    pub(super) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// 0 up to, not including, `below`.
    pub(super) fn below(&mut self, below: usize) -> usize {
        (self.fraction() * below as f64) as usize
    }

    /// One of them, by weight.
    pub(super) fn weighted<'a, T>(&mut self, of: &'a [T], weight: impl Fn(&T) -> u32) -> &'a T {
        let total: u32 = of.iter().map(&weight).sum();
        let mut left = (self.fraction() * f64::from(total)) as u32;
        of.iter()
            .find(|item| {
                let hit = left < weight(item);
                left = left.saturating_sub(weight(item));
                hit
            })
            .unwrap_or(&of[0])
    }

    /// A version 4 UUID.
    pub(super) fn event_id(&mut self) -> EventId {
        let high = self.next() ^ self.run.rotate_left(32);
        let low = self.next();
        let bits = (u128::from(high) << 64) | u128::from(low);
        EventId(uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid())
    }
}

/// A phone on the market.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) weight: u32,
    pub(super) family: &'static str,
    pub(super) model: &'static str,
    pub(super) brand: &'static str,
    pub(super) os: &'static str,
    pub(super) os_version: &'static str,
    pub(super) arch: &'static str,
}

const fn device(
    weight: u32,
    brand: &'static str,
    family: &'static str,
    model: &'static str,
    os: &'static str,
    os_version: &'static str,
) -> Device {
    Device { weight, family, model, brand, os, os_version, arch: "arm64-v8a" }
}

/// Android phones.
pub(super) const ANDROID: &[Device] = &[
    device(22, "samsung", "SM-S918B", "SM-S918B", "Android", "14"),
    device(17, "samsung", "SM-A546B", "SM-A546B", "Android", "14"),
    device(12, "google", "Pixel 8", "Pixel 8", "Android", "15"),
    device(9, "Xiaomi", "Redmi Note 12", "23021RAAEG", "Android", "13"),
    device(7, "google", "Pixel 6a", "Pixel 6a", "Android", "14"),
    device(5, "OnePlus", "CPH2449", "CPH2449", "Android", "14"),
    device(4, "motorola", "moto g54", "moto g54 5G", "Android", "13"),
];

/// iPhones and an iPad.
pub(super) const APPLE: &[Device] = &[
    device(20, "Apple", "iPhone", "iPhone15,2", "iOS", "17.6.1"),
    device(15, "Apple", "iPhone", "iPhone16,1", "iOS", "18.1"),
    device(12, "Apple", "iPhone", "iPhone14,5", "iOS", "17.6.1"),
    device(6, "Apple", "iPhone", "iPhone12,8", "iOS", "16.7.10"),
    device(4, "Apple", "iPad", "iPad13,1", "iPadOS", "17.6.1"),
];

/// Versions with build numbers, oldest first; one every few days.
pub(super) const RELEASES: &[(&str, &str)] =
    &[("4.10.0", "4100"), ("4.10.1", "4101"), ("4.11.0", "4110"), ("4.11.1", "4111"), ("4.12.0", "4120")];

/// Languages of the phones.
pub(super) const LOCALES: &[&str] = &["en_US", "en_GB", "de_DE", "fr_FR", "ja_JP", "pt_BR", "es_ES"];

/// People who use the apps.
pub(super) const USERS: usize = 900;
