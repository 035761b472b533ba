//! The fleet: people, their devices, and the releases that they use.

use mayday_event::Timestamp;

use crate::cli::dice::Dice;

/// People who use the app.
pub(super) const PEOPLE: u64 = 200_000;
/// Releases, the newest of the last two days.
pub(super) const RELEASES: usize = 60;
/// Days from one release to the next.
const RELEASE_DAYS: i64 = 2;
/// Kinds of devices.
pub(super) const ANDROID_DEVICES: usize = 280;
pub(super) const APPLE_DEVICES: usize = 120;

const BRANDS: [&str; 8] = ["samsung", "google", "Xiaomi", "OnePlus", "motorola", "OPPO", "HUAWEI", "realme"];
const ANDROID_VERSIONS: [&str; 6] = ["14", "15", "13", "12", "11", "10"];
const APPLE_VERSIONS: [&str; 6] = ["18.1", "17.6.1", "18.0.1", "17.5.1", "16.7.10", "15.8.3"];
const LOCALES: [&str; 8] = ["en_US", "de_DE", "en_GB", "fr_FR", "ja_JP", "pt_BR", "es_ES", "hi_IN"];

/// What a device runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    Android,
    Apple,
}

impl System {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Android => "Android",
            Self::Apple => "iOS",
        }
    }
}

/// Somebody with a device.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) number: u64,
    pub(super) system: System,
    pub(super) os_version: &'static str,
    pub(super) brand: &'static str,
    pub(super) family: String,
    pub(super) model: String,
    pub(super) locale: &'static str,
    pub(super) is_beta: bool,
    /// Of the flag `new_checkout`.
    pub(super) has_new_checkout: bool,
    /// How many releases behind the newest.
    lag: usize,
}

impl Person {
    /// The same number is the same person.
    pub(super) fn of(number: u64) -> Self {
        let mut dice = Dice::new(number.wrapping_mul(0x5851_f42d_4c95_7f2d));
        let system = if dice.below(10) < 6 { System::Android } else { System::Apple };
        let often = |dice: &mut Dice, of: usize| (dice.fraction().powi(2) * of as f64) as usize;
        let (brand, family, model, versions) = match system {
            System::Android => {
                let device = often(&mut dice, ANDROID_DEVICES);
                let brand = BRANDS[device % BRANDS.len()];
                (brand, format!("{brand} {}", device / 4), format!("M-{device:03}"), &ANDROID_VERSIONS)
            }
            System::Apple => {
                let device = often(&mut dice, APPLE_DEVICES);
                let family = if device % 5 == 4 { "iPad" } else { "iPhone" };
                let model = format!("{family}{},{}", 10 + device / 8, device % 8 + 1);
                ("Apple", family.to_owned(), model, &APPLE_VERSIONS)
            }
        };
        Self {
            number,
            system,
            os_version: versions[often(&mut dice, versions.len())],
            brand,
            family,
            model,
            locale: LOCALES[often(&mut dice, LOCALES.len())],
            is_beta: dice.below(25) == 0,
            has_new_checkout: dice.below(3) == 0,
            lag: (-dice.fraction().max(1e-6).ln() * 2.5) as usize,
        }
    }

    /// The release that they use at some time before `until`, when the newest is two days old.
    pub(super) fn release(&self, at: Timestamp, until: Timestamp) -> usize {
        let age_days = until.since_ms(at) / Timestamp::DAY_MS;
        let behind = usize::try_from(age_days / RELEASE_DAYS).unwrap_or(usize::MAX);
        (RELEASES - 1).saturating_sub(behind.saturating_add(self.lag))
    }

    pub(super) fn environment(&self) -> &'static str {
        if self.is_beta { "beta" } else { "production" }
    }
}

/// `5.12.1`
pub(super) fn version(release: usize) -> String {
    format!("5.{}.{}", release / 3, release % 3)
}

/// `5012`
pub(super) fn build(release: usize) -> String {
    (5000 + release).to_string()
}

/// `com.example.fleet@5.12.1+5012`
pub(super) fn release_name(release: usize) -> String {
    format!("com.example.fleet@{}+{}", version(release), build(release))
}
