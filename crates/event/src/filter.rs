//! A project's filters: which events it does not want.

mod glob;
mod sample;
#[cfg(test)]
mod tests;
mod version;

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::glob::Glob;
pub use self::sample::SampleRate;
use self::{sample::Sampler, version::Version};
use crate::{
    model::{Event, Exception},
    settings::RuleError,
};

/// Most entries of a list of rules.
pub(crate) const RULES: usize = 100;
/// Longest pattern, version or address of a rule, bytes.
pub(crate) const PATTERN_BYTES: usize = 200;

/// Filters as people write them; each drop is an outcome. None by default.
///
/// A pattern's `*` stands for any text, also none; a pattern fits all of a text, in either case. Each list has at most
/// 100 entries, and each pattern and version at most 200 bytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FilterSettings {
    /// Patterns of releases that are not wanted. `1.2.*` fits `com.example.shop@1.2.3+45`, too: the version alone may fit.
    pub releases: Vec<String>,
    /// Patterns of errors that are not wanted: of `Type: value`, of the value alone, or of the log message.
    pub error_messages: Vec<String>,
    /// Addresses or networks (`203.0.113.0/24`, `2001:db8::/32`): of the sender, or of the event's user.
    pub ip_addresses: Vec<String>,
    /// Older versions of the app are not wanted. Events whose version nobody can read are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_app_version: Option<String>,
    /// The same for one operating system or platform (`android`, `ios`, `cocoa` …), where it counts instead.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub minimum_app_version_of: BTreeMap<String, String>,
    /// How much is kept; the first that fits an event counts, and what none fits is kept.
    pub sample_rates: Vec<SampleRate>,
}

/// Filters, ready to be applied.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    releases: Vec<Glob>,
    error_messages: Vec<Glob>,
    networks: Vec<(IpNet, String)>,
    minimum: Option<Minimum>,
    /// Names in lower case.
    minimum_of: Vec<(String, Minimum)>,
    samplers: Vec<Sampler>,
}

/// The oldest version that is wanted, and as the settings have it.
#[derive(Debug, Clone)]
struct Minimum {
    version: Version,
    text: String,
}

/// An event that a filter drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The outcome's stable reason: `filter_release`, `filter_message`, `filter_ip`, `filter_app_version`, `filter_sample`.
    pub reason: &'static str,
    /// The rule as the settings have it, for people.
    pub rule: String,
}

impl Filters {
    /// Checks and compiles.
    pub fn compile(settings: &FilterSettings) -> Result<Self, RuleError> {
        let minimum_of = settings.minimum_app_version_of.iter().map(|(name, text)| {
            let place = format!("filters.minimum_app_version_of.{name}");
            Ok((name.to_lowercase(), Minimum::compile(text, place)?))
        });
        bounded(settings.minimum_app_version_of.len(), "filters.minimum_app_version_of")?;
        Ok(Self {
            releases: compiled(&settings.releases, "filters.releases", |pattern| glob(pattern))?,
            error_messages: compiled(&settings.error_messages, "filters.error_messages", |pattern| {
                glob(pattern)
            })?,
            networks: compiled(&settings.ip_addresses, "filters.ip_addresses", network)?,
            minimum: settings
                .minimum_app_version
                .as_deref()
                .map(|text| Minimum::compile(text, "filters.minimum_app_version".to_owned()))
                .transpose()?,
            minimum_of: minimum_of.collect::<Result<_, _>>()?,
            samplers: compiled(&settings.sample_rates, "filters.sample_rates", Sampler::compile)?,
        })
    }

    /// Whether a filter drops this event, sent from `address`. The same for the same event, always.
    pub fn verdict(&self, event: &Event, address: Option<IpAddr>) -> Option<Dropped> {
        self.by_release(event)
            .or_else(|| self.by_message(event))
            .or_else(|| self.by_address(event, address))
            .or_else(|| self.by_app_version(event))
            .or_else(|| self.by_sample(event))
    }

    fn by_release(&self, event: &Event) -> Option<Dropped> {
        let release = event.release.as_deref().filter(|_| !self.releases.is_empty())?.to_lowercase();
        let glob = self.releases.iter().find(|glob| fits_release(glob, &release))?;
        Some(Dropped { reason: "filter_release", rule: glob.to_string() })
    }

    fn by_message(&self, event: &Event) -> Option<Dropped> {
        if self.error_messages.is_empty() {
            return None;
        }
        let fits = |text: &str| {
            let text = text.to_lowercase();
            self.error_messages.iter().find(|glob| glob.fits(&text))
        };
        let of_exception = |exception: &Exception| {
            let value = exception.value.as_deref();
            fits(&titled(exception)).or_else(|| value.and_then(&fits))
        };
        let logged = event.logentry.as_ref().and_then(|entry| entry.formatted.as_deref());
        let glob = event.exception.iter().rev().find_map(of_exception).or_else(|| logged.and_then(&fits))?;
        Some(Dropped { reason: "filter_message", rule: glob.to_string() })
    }

    fn by_address(&self, event: &Event, sender: Option<IpAddr>) -> Option<Dropped> {
        if self.networks.is_empty() {
            return None;
        }
        let users = event.user.as_ref().and_then(|user| user.ip_address.as_deref()?.parse::<IpAddr>().ok());
        let addresses = [sender, users].map(|address| address.map(|address| address.to_canonical()));
        let within = |network: &IpNet| addresses.iter().flatten().any(|address| network.contains(address));
        let (_, text) = self.networks.iter().find(|(network, _)| within(network))?;
        Some(Dropped { reason: "filter_ip", rule: text.clone() })
    }

    fn by_app_version(&self, event: &Event) -> Option<Dropped> {
        let minimum = self.minimum(event)?;
        let version = app_version(event)?;
        let is_older = Version::parse(&version)? < minimum.version;
        is_older.then(|| Dropped {
            reason: "filter_app_version",
            rule: format!("{version} is older than {}", minimum.text),
        })
    }

    fn minimum(&self, event: &Event) -> Option<&Minimum> {
        if self.minimum_of.is_empty() {
            return self.minimum.as_ref();
        }
        let system = context_text(event, "os", "name").map(str::to_lowercase);
        let names = [system.as_deref(), Some(event.platform.as_str())];
        let of = |name: &str| self.minimum_of.iter().find(|(of, _)| of == name).map(|(_, minimum)| minimum);
        names.into_iter().flatten().find_map(of).or(self.minimum.as_ref())
    }

    fn by_sample(&self, event: &Event) -> Option<Dropped> {
        let sampler = self.samplers.iter().find(|sampler| sampler.fits(event))?;
        let rule = || Dropped { reason: "filter_sample", rule: sampler.to_string() };
        (!sampler.keeps(event.event_id)).then(rule)
    }
}

impl Minimum {
    fn compile(text: &str, place: String) -> Result<Self, RuleError> {
        let version = Some(text).filter(|text| text.len() <= PATTERN_BYTES).and_then(Version::parse);
        let problem = || format!("{text:?} is no version such as 4.2.0");
        let version = version.ok_or_else(|| RuleError { place, problem: problem() })?;
        Ok(Self { version, text: text.to_owned() })
    }
}

/// `name@version+build`, or its version with or without the build.
fn fits_release(glob: &Glob, release: &str) -> bool {
    let version = release.rsplit_once('@').map(|(_, version)| version);
    let without_build = version.and_then(|version| version.split_once('+')).map(|(version, _)| version);
    [Some(release), version, without_build].into_iter().flatten().any(|text| glob.fits(text))
}

/// `Type: value`, as issues are titled.
fn titled(exception: &Exception) -> Cow<'_, str> {
    match (exception.ty.as_deref(), exception.value.as_deref()) {
        (Some(ty), Some(value)) => format!("{ty}: {value}").into(),
        (Some(text), None) | (None, Some(text)) => text.into(),
        (None, None) => "".into(),
    }
}

/// As the app says, else as its release says.
fn app_version(event: &Event) -> Option<Cow<'_, str>> {
    if let Some(version) = context_text(event, "app", "app_version") {
        return Some(version.into());
    }
    let release = event.release.as_deref()?;
    Some(release.rsplit_once('@').map_or(release, |(_, version)| version).into())
}

fn context_text<'e>(event: &'e Event, context: &str, field: &str) -> Option<&'e str> {
    event.contexts.get(context)?.get(field).and_then(Value::as_str)
}

/// Each entry of a list, its place named when it cannot be used.
pub(crate) fn compiled<S, T>(
    settings: &[S],
    place: &str,
    compile: impl Fn(&S) -> Result<T, String>,
) -> Result<Vec<T>, RuleError> {
    bounded(settings.len(), place)?;
    let compile = |(at, setting): (usize, &S)| {
        compile(setting).map_err(|problem| RuleError { place: format!("{place}[{at}]"), problem })
    };
    settings.iter().enumerate().map(compile).collect()
}

fn bounded(entries: usize, place: &str) -> Result<(), RuleError> {
    let error = || RuleError { place: place.to_owned(), problem: format!("more than {RULES} entries") };
    if entries > RULES { Err(error()) } else { Ok(()) }
}

fn glob(pattern: &str) -> Result<Glob, String> {
    if !pattern.is_empty() && pattern.chars().all(|c| c == '*') {
        return Err("fits everything; disable the project's keys instead".to_owned());
    }
    Glob::compile(pattern)
}

fn network(text: &String) -> Result<(IpNet, String), String> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network =
        network.map_err(|_| format!("{text:?} is no address and no network such as 203.0.113.0/24"))?;
    Ok((network, text.clone()))
}
