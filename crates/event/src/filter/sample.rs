//! Keeping a share of the events.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Glob, fits_release};
use crate::{ids::EventId, model::Event};

/// The share of events of a release and environment that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleRate {
    /// 0 (none is kept) to 1 (all).
    pub rate: f64,
    /// A pattern, as in [`FilterSettings::releases`](super::FilterSettings::releases); without one, of any release or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// A pattern; without one, of any environment or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Sampler {
    rate: f64,
    release: Option<Glob>,
    environment: Option<Glob>,
}

impl Sampler {
    pub(super) fn compile(setting: &SampleRate) -> Result<Self, String> {
        if !(0.0..=1.0).contains(&setting.rate) {
            return Err(format!("rate is {}, must be 0 to 1", setting.rate));
        }
        let glob = |name: &str, pattern: &Option<String>| {
            let glob = pattern.as_deref().map(Glob::compile).transpose();
            glob.map_err(|problem| format!("{name} {problem}"))
        };
        Ok(Self {
            rate: setting.rate,
            release: glob("release", &setting.release)?,
            environment: glob("environment", &setting.environment)?,
        })
    }

    pub(super) fn fits(&self, event: &Event) -> bool {
        let lower = |text: &Option<String>| text.as_deref().unwrap_or_default().to_lowercase();
        self.release.as_ref().is_none_or(|glob| fits_release(glob, &lower(&event.release)))
            && self.environment.as_ref().is_none_or(|glob| glob.fits(&lower(&event.environment)))
    }

    /// Decided by the id, so that it is the same wherever and whenever it is asked.
    pub(super) fn keeps(&self, id: EventId) -> bool {
        let (high, low) = id.0.as_u64_pair();
        let share = (scattered(high ^ scattered(low)) >> 11) as f64 / (1_u64 << 53) as f64;
        share < self.rate
    }
}

/// Ids may start with a time: the bits are mixed (the finalizer of splitmix64).
fn scattered(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl fmt::Display for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sample rate {}", self.rate)?;
        for (name, glob) in [("release", &self.release), ("environment", &self.environment)] {
            if let Some(glob) = glob {
                write!(f, ", {name} {glob}")?;
            }
        }
        Ok(())
    }
}
