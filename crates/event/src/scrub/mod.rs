//! Scrubbing: what must not be stored is taken out of an event, and the event says by which rule.
//!
//! Looked through is every text that an app or a person may have written. Names of modules and files are where they
//! hold a URL; those of functions and binaries only by a project's own rules; and identifiers (release, environment,
//! SDK, addresses, debug ids, module versions) not at all. Keys of objects stay as they are. Scrubbing what is scrubbed changes nothing, and apart from a rule's hash
//! of a whole value no text becomes longer.

mod findings;
mod keys;
mod mark;
mod memory;
mod path;
mod rule;
mod settings;
#[cfg(test)]
mod tests;
mod text;
mod walk;

use std::borrow::Cow;

pub use self::settings::{Action, CustomRule, Emails, IpAddresses, PrivacySettings};
use self::{
    findings::Findings,
    rule::Rule,
    text::{Kind, TextScrubber},
    walk::Walk,
};
use crate::{entry::Feedback, filter, model::Event, settings::RuleError};

/// Scrubbing rules, ready to be applied.
///
/// The default is that of the default settings.
#[derive(Debug, Clone, Default)]
pub struct Scrubber {
    text: TextScrubber,
    rules: Vec<Rule>,
    hash_salt: String,
}

impl Scrubber {
    /// Checks and compiles.
    pub fn compile(settings: &PrivacySettings) -> Result<Self, RuleError> {
        if settings.hash_salt.len() > filter::PATTERN_BYTES {
            let problem = format!("is longer than {} bytes", filter::PATTERN_BYTES);
            return Err(RuleError { place: "privacy.hash_salt".to_owned(), problem });
        }
        Ok(Self {
            text: TextScrubber::compile(settings)?,
            rules: rule::compiled(&settings.rules)?,
            hash_salt: settings.hash_salt.clone(),
        })
    }

    /// Takes out of every string of the event what the rules name; notes on the event say what and by which rule.
    pub fn scrub(&self, event: &mut Event) {
        let mut findings = Findings::default();
        Walk { scrubber: self, findings: &mut findings }.event(event);
        findings.note_on(event);
    }

    /// Takes out of what a user said what the rules name, as if it were the event that newer SDKs send it in:
    /// `contexts.feedback` with `name`, `contact_email`, `message` and `url`. Whom to answer stays as an event's user does.
    pub fn scrub_feedback(&self, feedback: &mut Feedback) {
        Walk { scrubber: self, findings: &mut Findings::default() }.feedback(feedback);
    }

    /// Free text from elsewhere (attachment names), scrubbed by the same patterns.
    pub fn scrub_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.text.scrubbed(text, Kind::Text, "") {
            Some((scrubbed, _)) => Cow::Owned(scrubbed),
            None => Cow::Borrowed(text),
        }
    }
}
