//! One text: what may be in it is found out cheaply, and only that is looked for.

mod credentials;
mod email;
mod finance;
pub(super) mod ip;
mod pairs;
mod summary;

use std::borrow::Cow;

use self::summary::Summary;
use super::{
    findings::{Found, FoundSet},
    keys::SensitiveKeys,
    mark::{self, Spans},
    settings::{Emails, IpAddresses, PrivacySettings},
};
use crate::{filter, settings::RuleError};

/// What is taken out may bring together what stood apart: a text is looked through until nothing is found, but not
/// more often than this.
const ROUNDS: usize = 4;

/// What a text is, and with that what may be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An app or a person wrote it.
    Text,
    /// A name of code; like text where it is a URL.
    Code,
    /// A line of source: `token = next()` is no secret.
    Source,
    /// What an app calls its user: its e-mail address stays, and so does a number.
    User,
    /// A number, written out.
    Number,
    /// A function, a binary: only a project's own rules may touch it.
    RulesOnly,
}

/// The built-in rules.
#[derive(Debug, Clone)]
pub(super) struct TextScrubber {
    keys: Option<SensitiveKeys>,
    credentials: bool,
    private_keys: bool,
    card_numbers: bool,
    ibans: bool,
    pub(super) memory_text: bool,
    pub(super) emails: Emails,
    pub(super) ip_addresses: IpAddresses,
}

impl Default for TextScrubber {
    fn default() -> Self {
        Self::of(&PrivacySettings::default())
    }
}

impl TextScrubber {
    pub(super) fn compile(settings: &PrivacySettings) -> Result<Self, RuleError> {
        let check = |keys: &[String], place: &str| {
            filter::compiled(keys, place, |key| match super::keys::normal(key).as_str() {
                "" => Err("has no letter or digit".to_owned()),
                _ if key.len() > filter::PATTERN_BYTES => Err("is too long".to_owned()),
                _ => Ok(()),
            })
        };
        check(&settings.more_keys, "privacy.more_keys")?;
        check(&settings.safe_keys, "privacy.safe_keys")?;
        Ok(Self::of(settings))
    }

    fn of(settings: &PrivacySettings) -> Self {
        let keys = || SensitiveKeys::new(&settings.more_keys, &settings.safe_keys);
        Self {
            keys: settings.sensitive_keys.then(keys),
            credentials: settings.credentials,
            private_keys: settings.private_keys,
            card_numbers: settings.card_numbers,
            ibans: settings.ibans,
            memory_text: settings.memory_text,
            emails: settings.emails,
            ip_addresses: settings.ip_addresses,
        }
    }

    pub(super) fn is_sensitive(&self, key: &str) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.is_sensitive(key))
    }

    /// Whether this value of the key is secret.
    pub(super) fn is_secret(&self, key: &str, value: &str) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.is_secret(key, value))
    }

    pub(super) fn is_email(&self, text: &str) -> bool {
        matches!(email::spans(text).as_slice(), [(range, _)] if *range == (0..text.len()))
    }

    /// The text without what was found in it, and what that was; `None` if that was nothing. `name` is the key that
    /// it has.
    pub(super) fn scrubbed(&self, text: &str, kind: Kind, name: &str) -> Option<(String, FoundSet)> {
        if kind == Kind::RulesOnly || (kind == Kind::Code && !is_url(text)) {
            return None;
        }
        let mut pass = Pass { text: Cow::Borrowed(text), found: FoundSet::default(), changed: false };
        for _ in 0..ROUNDS {
            let summary = Summary::of(pass.text.as_bytes());
            if !summary.is_interesting() {
                break;
            }
            self.look(&mut pass, &summary, kind, name);
            if !std::mem::take(&mut pass.changed) {
                break;
            }
        }
        match pass.text {
            Cow::Owned(text) => Some((text, pass.found)),
            Cow::Borrowed(_) => None,
        }
    }

    fn look(&self, pass: &mut Pass<'_>, summary: &Summary, kind: Kind, name: &str) {
        let is_text = matches!(kind, Kind::Text | Kind::Code);
        if self.private_keys && summary.dashes >= 10 {
            pass.replace(Found::PrivateKey, credentials::private_keys);
        }
        if let Some(keys) = self.keys.as_ref().filter(|_| is_text && summary.may_have_pairs()) {
            pass.replace(Found::SensitiveKey, |text| pairs::spans(text, keys));
        }
        if self.credentials {
            if summary.may_have_email() {
                pass.replace(Found::Credentials, credentials::in_urls);
            }
            if is_text && summary.may_have_token() {
                pass.replace(Found::Credentials, credentials::tokens);
            }
        }
        if self.emails != Emails::Keep && kind != Kind::User && summary.may_have_email() {
            pass.replace(Found::Email, email::spans);
        }
        if self.card_numbers && kind != Kind::User && summary.digits >= 12 {
            pass.replace(Found::Card, finance::cards);
        }
        if self.ibans && summary.digits >= 8 {
            pass.replace(Found::Iban, finance::ibans);
        }
        let found = match self.ip_addresses {
            IpAddresses::Keep => return,
            IpAddresses::Truncate => Found::IpTruncated,
            IpAddresses::Remove => Found::IpRemoved,
        };
        if summary.may_have_ip() {
            pass.replace(found, |text| match ip::is_of_version(name) {
                true => Spans::new(),
                false => ip::spans(text, self.ip_addresses),
            });
        }
    }
}

/// A text on its way through the rules.
struct Pass<'t> {
    text: Cow<'t, str>,
    found: FoundSet,
    changed: bool,
}

impl Pass<'_> {
    fn replace(&mut self, found: Found, look: impl FnOnce(&str) -> Spans) {
        let spans = look(&self.text);
        if !spans.is_empty() {
            self.text = Cow::Owned(mark::replaced(&self.text, &spans));
            self.found.add(found);
            self.changed = true;
        }
    }
}

fn is_url(text: &str) -> bool {
    let mut colons = memchr::memchr_iter(b':', text.as_bytes());
    colons.any(|at| text.as_bytes().get(at..at + 3) == Some(b"://"))
}

/// Whether a token may begin or end beside this byte.
fn is_word(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii())
}

/// The byte before `at`.
fn before(bytes: &[u8], at: usize) -> Option<&u8> {
    at.checked_sub(1).and_then(|before| bytes.get(before))
}
