//! Who uses the demo's apps: devices, releases and people, picked with repeatable dice.

use mayday_event::{EventId, Timestamp};

use crate::cli::dice;

/// Chance that is the same for the same seed; only event ids differ from run to run.
#[derive(Debug)]
pub(super) struct Dice {
    dice: dice::Dice,
    /// Makes the event ids of this run its own.
    run: u64,
}

impl Dice {
    pub(super) fn new(seed: u64, now: Timestamp) -> Self {
        Self { dice: dice::Dice::new(seed), run: now.0.unsigned_abs() }
    }

    pub(super) fn fraction(&mut self) -> f64 {
        self.dice.fraction()
    }

    pub(super) fn below(&mut self, below: usize) -> usize {
        self.dice.below(below)
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
        EventId(self.dice.uuid(self.run))
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

/// People who see crashes.
pub(super) const USERS: usize = 900;
