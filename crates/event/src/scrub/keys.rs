//! Keys whose values are secret, whatever they are.

use std::{collections::HashSet, sync::LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Anywhere in a key, once case and separators are gone.
#[rustfmt::skip]
const CONTAINED: [&str; 43] = [
    "password", "passwd", "passphrase", "passcode", "passwort", "secret", "apikey", "apitoken", "privatekey",
    "accesskey", "signingkey", "encryptionkey", "masterkey", "serverkey", "subscriptionkey", "licensekey",
    "credential", "authorization", "authentication", "authkey", "authtoken", "authheader", "accesstoken",
    "refreshtoken", "idtoken", "devicetoken", "pushtoken", "bearer", "cookie", "sessionid", "sessionkey",
    "sessiontoken", "sessid", "csrf", "xsrf", "pincode", "cardnumber", "creditcard", "debitcard", "ccnumber",
    "mnemonic", "seedphrase", "socialsecurity",
];
/// One of a key's words.
#[rustfmt::skip]
const WORDS: [&str; 14] = [
    "token", "tokens", "auth", "oauth", "pwd", "otp", "totp", "cvv", "cvc", "ssn", "jwt", "pass", "xauth",
    "iban",
];
/// The whole key.
const WHOLE: [&str; 3] = ["pin", "sid", "sig"];
/// Last words of keys that tell something about a secret, not the secret.
#[rustfmt::skip]
const DESCRIBING: [&str; 18] = [
    "count", "length", "len", "size", "type", "status", "state", "expires", "expiry", "expiration", "expired",
    "ttl", "valid", "limit", "enabled", "required", "changed", "missing",
];
/// One of these is in every key that the lists above fit.
#[rustfmt::skip]
const STEMS: [&str; 26] = [
    "pass", "pwd", "secret", "token", "auth", "cookie", "credential", "key", "sess", "sid", "csrf", "xsrf",
    "jwt", "bearer", "pin", "otp", "cvv", "cvc", "ssn", "card", "number", "sig", "phrase", "mnemonic", "iban",
    "social",
];
/// What follows such a key in a header is secret to the end of the line.
const HEADERS: [&str; 4] = ["authorization", "proxyauthorization", "cookie", "setcookie"];
/// Longer keys are no names of anything.
const KEY_BYTES: usize = 100;

/// Tells which keys are sensitive.
#[derive(Debug, Clone)]
pub(super) struct SensitiveKeys {
    more: HashSet<String>,
    safe: HashSet<String>,
}

impl SensitiveKeys {
    pub(super) fn new(more: &[String], safe: &[String]) -> Self {
        let normal = |keys: &[String]| keys.iter().map(|key| normal(key)).collect();
        Self { more: normal(more), safe: normal(safe) }
    }

    pub(super) fn is_sensitive(&self, key: &str) -> bool {
        let possible = !self.more.is_empty() || has_stem(key);
        possible && key.len() <= KEY_BYTES && self.is_listed(key)
    }

    /// Whether this value of the key is secret: `PWD` is also what shells call the working directory.
    pub(super) fn is_secret(&self, key: &str, value: &str) -> bool {
        self.is_sensitive(key) && (key != "PWD" || self.more.contains("pwd") || !is_absolute_path(value))
    }

    fn is_listed(&self, key: &str) -> bool {
        let normal = normal(key);
        if self.safe.contains(&normal) {
            return false;
        }
        if self.more.contains(&normal) {
            return true;
        }
        let words = words(key);
        if words.last().is_some_and(|last| DESCRIBING.contains(&last.as_str())) {
            return false;
        }
        WHOLE.contains(&normal.as_str())
            || CONTAINED.iter().any(|part| normal.contains(part))
            || words.iter().any(|word| WORDS.contains(&word.as_str()))
    }
}

/// `/srv/shop`, `C:\shop`.
fn is_absolute_path(value: &str) -> bool {
    let on_drive = |value: &str| {
        let mut start = value.chars();
        let (drive, colon, slash) = (start.next(), start.next(), start.next());
        drive.is_some_and(|drive| drive.is_ascii_alphabetic())
            && colon == Some(':')
            && matches!(slash, Some('\\' | '/'))
    };
    value.starts_with('/') || on_drive(value)
}

/// The cheap first question: most keys have none.
fn has_stem(key: &str) -> bool {
    static ANY: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(STEMS).ok()
    });
    ANY.as_ref().is_none_or(|any| any.is_match(key))
}

/// Whether a header of this name is secret to the end of its line.
pub(super) fn is_secret_header(key: &str) -> bool {
    HEADERS.contains(&normal(key).as_str())
}

/// In lower case, letters and digits only.
pub(super) fn normal(key: &str) -> String {
    key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// `X-Api-Key`, `x_api_key`, `xApiKey` and `XAPIKey` all have words; in lower case.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    let mut characters = key.chars().peekable();
    while let Some(c) = characters.next() {
        let next_is_lower = characters.peek().is_some_and(|next| next.is_lowercase());
        let starts_word = c.is_uppercase() && (before.is_lowercase() || next_is_lower);
        if !c.is_alphanumeric() || starts_word {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> SensitiveKeys {
        SensitiveKeys::new(&["National ID".to_owned()], &["csrf_page".to_owned()])
    }

    #[test]
    fn every_listed_key_has_a_stem() {
        let keys = SensitiveKeys::new(&[], &[]);
        for key in CONTAINED.iter().chain(&WORDS).chain(&WHOLE) {
            assert!(keys.is_sensitive(key), "{key}");
        }
    }

    #[test]
    fn spelling_does_not_matter() {
        for key in [
            "password",
            "PASSWORD",
            "user_password",
            "newPassword",
            "X-Api-Key",
            "apiKey",
            "APIKEY",
            "api key",
            "access-token",
            "pushToken",
            "Authorization",
            "Set-Cookie",
            "JSESSIONID",
            "PHPSESSID",
            "session_id",
            "client_secret",
            "privateKey",
            "AWS_SECRET_ACCESS_KEY",
            "auth",
            "oauth_verifier",
            "db.pwd",
            "userPass",
            "cvv",
            "XAuthToken",
            "nationalId",
            "NATIONAL-ID",
        ] {
            assert!(keys().is_sensitive(key), "{key}");
        }
    }

    #[test]
    fn the_working_directory_of_a_shell_is_no_password() {
        for path in ["/srv/shop", "/", "C:\\shop", "d:/shop"] {
            assert!(!keys().is_secret("PWD", path), "{path}");
        }
        // ODBC calls a password so, and `pwd` is one whatever it looks like.
        for (key, value) in [("PWD", "hunter2"), ("PWD", ""), ("pwd", "/srv/shop"), ("DB_PWD", "/srv/shop")] {
            assert!(keys().is_secret(key, value), "{key}={value}");
        }
        assert!(SensitiveKeys::new(&["PWD".to_owned()], &[]).is_secret("PWD", "/srv/shop"));
    }

    #[test]
    fn what_only_sounds_like_a_secret_stays() {
        for key in [
            "author",
            "authenticated",
            "passenger",
            "compass",
            "keyboard",
            "key",
            "tokenizer",
            "token_count",
            "passwordLength",
            "session",
            "pinned",
            "side",
            "design",
            "authorizationStatus",
            "discard",
            "csrfPage",
            "surpass",
            "expires",
            "monkey",
        ] {
            assert!(!keys().is_sensitive(key), "{key}");
        }
    }
}
