//! What is scrubbed, as people write it.

use serde::{Deserialize, Serialize};

/// What is scrubbed, as people write it.
///
/// By default everything that is never needed to understand a crash goes: values of sensitive keys, credentials,
/// private keys, card numbers and IBANs, and e-mail addresses in texts. IP addresses are truncated to their network.
/// What the app says on purpose of its user (`user.id`, `user.email`, `user.username`) stays: it is how a team finds
/// the person who asked for help. Each list has at most 100 entries; keys and salt have at most 200 bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrivacySettings {
    /// Values whose key says that they are secret (`password`, `X-Api-Key`, `authToken` …), also in JSON, forms,
    /// headers and URLs that are text. `PWD` with an absolute path is no password but a shell's working directory.
    pub sensitive_keys: bool,
    /// More such keys; case, `-`, `_` and spaces do not matter.
    pub more_keys: Vec<String>,
    /// Keys that are never taken for sensitive.
    pub safe_keys: Vec<String>,
    /// `user:password@` in URLs, `Bearer …`, `Basic …`, JSON web tokens.
    pub credentials: bool,
    /// Private keys in PEM.
    pub private_keys: bool,
    /// Payment cards: known length and prefix, right check digit.
    pub card_numbers: bool,
    /// Bank accounts: known country and length, right check digits.
    pub ibans: bool,
    /// All text in the stack memory that is kept of a native crash: nothing there says what is secret. Its length and the
    /// addresses around it stay.
    pub memory_text: bool,
    pub emails: Emails,
    pub ip_addresses: IpAddresses,
    /// Applied before all of the above, in this order.
    pub rules: Vec<CustomRule>,
    /// Goes into the hashes of rules with [`Action::Hash`], so that nobody can look common values up.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hash_salt: String,
}

impl Default for PrivacySettings {
    fn default() -> Self {
        Self {
            sensitive_keys: true,
            more_keys: Vec::new(),
            safe_keys: Vec::new(),
            credentials: true,
            private_keys: true,
            card_numbers: true,
            ibans: true,
            memory_text: true,
            emails: Emails::default(),
            ip_addresses: IpAddresses::default(),
            rules: Vec::new(),
            hash_salt: String::new(),
        }
    }
}

/// What becomes of e-mail addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Emails {
    Keep,
    /// Taken out of texts; kept where the app said who its user is.
    #[default]
    RemoveFromText,
    /// Taken out of texts, and hashed in `user`: users are still told apart.
    RemoveAll,
}

/// What becomes of IP addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IpAddresses {
    Keep,
    /// To the network: 24 bits of IPv4, 48 bits of IPv6.
    #[default]
    Truncate,
    Remove,
}

/// A project's own rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomRule {
    /// Where, in dots, with `*` for anything in one step and `**` for any number of steps: `extra.**`,
    /// `contexts.device.name`, `breadcrumbs.*.data.url`, `**.token`, `user.email`. What is inside is meant, too.
    pub path: String,
    /// What of the text; all of it without one. At most 1,000 bytes, in the syntax of Rust's `regex`, which takes time
    /// linear in the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    pub action: Action,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// `[Filtered]` stands in its place, or `*` where that would be longer; fields of `user` go.
    Remove,
    /// Each letter and digit becomes `*`.
    Mask,
    /// `#` and the first 16 hexadecimal digits of the SHA-256 of salt, NUL and text; with a regex, only as many as
    /// fit in place of what it found. The same text has the same hash: a pseudonym, which who knows the salt can
    /// look up again.
    Hash,
}

impl Action {
    /// For people: what was done.
    pub(super) fn done(self) -> &'static str {
        match self {
            Self::Remove => "removed",
            Self::Mask => "masked",
            Self::Hash => "hashed",
        }
    }
}
