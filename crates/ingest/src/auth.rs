//! Who sends: the DSN key of a request, in all the ways that SDKs give it.
//!
//! Source: <https://develop.sentry.dev/sdk/foundations/transport/authentication/>. Where a request gives several, the
//! first counts: header, query, HTTP basic, and at last the `dsn` of an envelope's header.

use actix_web::{HttpRequest, http::header};
use mayday_catalog::keys::KeyInfo;
use mayday_event::{ProjectId, PublicKey};

use crate::{Ingest, error::Refused};

/// Newest version of Sentry's protocol.
const PROTOCOL_VERSION: u32 = 7;
/// Longest name of a client that is kept, bytes.
const CLIENT_BYTES: usize = 200;

/// What a request says about its sender, before its body is read.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    key: Option<String>,
    version: Option<String>,
    client: Option<String>,
}

impl Credentials {
    /// Reads headers and query.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let mut credentials = Self::default();
        for name in ["X-Sentry-Auth", "Authorization"] {
            if let Some(value) = request.headers().get(name).and_then(|value| value.to_str().ok()) {
                credentials.read_header(value);
            }
        }
        for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
            credentials.take(&name, &value);
        }
        let user_agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        credentials.client = credentials.client.or_else(|| user_agent.map(short));
        credentials
    }

    /// The client as it names itself.
    pub(crate) fn client(&self) -> Option<String> {
        self.client.clone()
    }

    /// Whether a key was given; else an envelope may still have one in its header.
    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// `Sentry sentry_key=…, sentry_version=7, …`, or HTTP basic with the key as user.
    fn read_header(&mut self, value: &str) {
        let (scheme, rest) = value.trim().split_once(' ').unwrap_or(("", value));
        if scheme.eq_ignore_ascii_case("basic") {
            self.key = self.key.take().or_else(|| basic_user(rest));
        } else if scheme.eq_ignore_ascii_case("sentry") || scheme.starts_with("sentry_") || scheme.is_empty()
        {
            let parts = if scheme.eq_ignore_ascii_case("sentry") { rest } else { value };
            for (name, value) in parts.split([',', ' ']).filter_map(|part| part.trim().split_once('=')) {
                self.take(name.trim(), value.trim().trim_matches('"'));
            }
        }
    }

    fn take(&mut self, name: &str, value: &str) {
        let field = match name {
            "sentry_key" => &mut self.key,
            "sentry_version" => &mut self.version,
            "sentry_client" => &mut self.client,
            _ => return,
        };
        if field.is_none() && !value.is_empty() {
            *field = Some(short(value));
        }
    }

    /// What the given key admits to.
    pub(crate) fn admit(&self, ingest: &Ingest, project: ProjectId) -> Result<KeyInfo, Refused> {
        if let Some(version) = &self.version {
            let known = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
            if known.is_none_or(|version| version > PROTOCOL_VERSION) {
                return Err(Refused::Version { found: version.clone() });
            }
        }
        let key = self.key.as_deref().ok_or(Refused::NoKey)?;
        admit_key(ingest, project, key)
    }
}

/// What the DSN in an envelope's header admits to: `https://KEY@HOST/PROJECT`.
pub(crate) fn admit_dsn(ingest: &Ingest, project: ProjectId, dsn: &str) -> Result<KeyInfo, Refused> {
    let url = url::Url::parse(dsn).map_err(|_| Refused::NoKey)?;
    admit_key(ingest, project, url.username())
}

/// The key in a request of a protocol that has no place of its own for one: header `X-Mayday-Key`, or
/// `Authorization: Bearer`, or any way in which Sentry's SDKs give theirs.
pub(crate) fn any_key(request: &HttpRequest) -> Option<String> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let bearer = || {
        let (scheme, key) = header("Authorization")?.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| short(key.trim()))
    };
    header("X-Mayday-Key").map(short).or_else(bearer).or_else(|| Credentials::of(request).key)
}

/// What a key alone admits to, in protocols whose paths name no project.
pub(crate) fn admit_any(ingest: &Ingest, key: &str) -> Result<KeyInfo, Refused> {
    let key: PublicKey = key.trim().parse().map_err(|_| Refused::KeyFormat)?;
    let keys = ingest.catalog.keys();
    let info = keys.keys.get(&key).ok_or(Refused::UnknownKey)?;
    if info.active { Ok(info.clone()) } else { Err(Refused::DisabledKey) }
}

fn admit_key(ingest: &Ingest, project: ProjectId, key: &str) -> Result<KeyInfo, Refused> {
    let info = admit_any(ingest, key);
    match info {
        Ok(info) if info.project_id != project => Err(Refused::OtherProject { project }),
        info => info,
    }
}

fn basic_user(credentials: &str) -> Option<String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    decoded.split(':').next().map(short)
}

fn short(value: &str) -> String {
    value.chars().take(CLIENT_BYTES).collect()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn key_of(request: TestRequest) -> Option<String> {
        Credentials::of(&request.to_http_request()).key
    }

    #[test]
    fn a_key_is_found_wherever_sdks_put_it() {
        let header = format!("Sentry sentry_version=7, sentry_client=sentry.java/8.1, sentry_key={KEY}");
        let requests = [
            TestRequest::default().insert_header(("X-Sentry-Auth", header.as_str())),
            TestRequest::default().insert_header(("Authorization", header.as_str())),
            TestRequest::default()
                .insert_header(("X-Sentry-Auth", format!("sentry_key={KEY},sentry_version=5"))),
            TestRequest::with_uri(&format!("/?sentry_key={KEY}&sentry_version=7")),
            TestRequest::default()
                .insert_header(("Authorization", "Basic MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY6")),
        ];
        for request in requests {
            assert_eq!(key_of(request).as_deref(), Some(KEY));
        }
        assert_eq!(key_of(TestRequest::with_uri("/?sentry_key=")), None);
    }

    #[test]
    fn protocols_without_a_place_for_a_key_take_it_from_a_header_of_ours_or_a_bearer() {
        for request in [
            TestRequest::default().insert_header(("X-Mayday-Key", KEY)),
            TestRequest::default().insert_header(("Authorization", format!("Bearer {KEY}"))),
            TestRequest::with_uri(&format!("/v1/logs?sentry_key={KEY}")),
        ] {
            assert_eq!(any_key(&request.to_http_request()).as_deref(), Some(KEY));
        }
        assert_eq!(any_key(&TestRequest::default().to_http_request()), None);
    }

    #[test]
    fn the_client_s_name_is_its_own_word_before_its_user_agent() {
        let request = TestRequest::with_uri("/?sentry_client=sentry.cocoa%2F8.1")
            .insert_header(("User-Agent", "App/1"));
        assert_eq!(Credentials::of(&request.to_http_request()).client().as_deref(), Some("sentry.cocoa/8.1"));
        let request = TestRequest::default().insert_header(("User-Agent", "App/1"));
        assert_eq!(Credentials::of(&request.to_http_request()).client().as_deref(), Some("App/1"));
    }
}
