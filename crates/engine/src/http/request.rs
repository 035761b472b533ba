//! What a request asks for: ClickHouse's URL parameters and headers, and its multipart form.

use actix_multipart::Multipart;
use actix_web::{
    FromRequest, HttpRequest,
    http::{Method, header},
    web::Payload,
};
use futures_util::StreamExt;
use subtle::ConstantTimeEq;

use super::exception::Own;

/// Longest SQL, with rows inline, bytes.
pub(super) const MAX_SQL: usize = 16 << 20;
/// Most settings and parameters in one request.
const MAX_NAMES: usize = 256;

/// A statement and how it is to be run.
#[derive(Debug, Default)]
pub(super) struct Ask {
    /// `?query=`, or the form's part of that name.
    pub(super) sql: String,
    pub(super) database: Option<String>,
    /// The format where the statement names none.
    pub(super) default_format: Option<String>,
    pub(super) settings: Vec<(String, String)>,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) query_id: String,
    /// Rows come in ClickHouse's compressed blocks.
    pub(super) decompress: bool,
    /// Answer only when all output is there, so that an exception has its own status.
    pub(super) wait_for_end: bool,
    user_password: Option<String>,
}

impl Ask {
    /// Reads URL and headers.
    pub(super) fn read(request: &HttpRequest) -> Result<Self, String> {
        let mut ask = Self::default();
        for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
            ask.take(&name, value.into_owned())?;
        }
        let header = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
        ask.database = ask.database.or_else(|| header("X-ClickHouse-Database"));
        ask.default_format = ask.default_format.or_else(|| header("X-ClickHouse-Format"));
        if ask.query_id.is_empty() || !ask.query_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            ask.query_id = uuid::Uuid::new_v4().to_string();
        }
        // As in ClickHouse: what must not change anything cannot.
        if *request.method() == Method::GET {
            ask.settings.push(("readonly".to_owned(), "2".to_owned()));
        }
        Ok(ask)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), String> {
        let on = value == "1" || value == "true";
        match name {
            "query" => self.sql = value,
            "database" => self.database = Some(value),
            "default_format" => self.default_format = Some(value),
            "query_id" => self.query_id = value,
            "decompress" => self.decompress = on,
            "wait_end_of_query" => self.wait_for_end = on,
            "password" => self.user_password = Some(value),
            "user" | "quota_key" | "buffer_size" | "stacktrace" | "client_protocol_version" => {}
            "compress" if !on => {}
            "compress" | "session_id" | "session_timeout" | "session_check" | "role" => {
                return Err(
                    Own::NotImplemented.text(&format!("{name} is not supported by the embedded engine"))
                );
            }
            _ => match name.strip_prefix("param_") {
                Some(parameter) => self.parameters.push((parameter.to_owned(), value)),
                None if is_name(name) => self.settings.push((name.to_owned(), value)),
                None => return Err(Own::BadArguments.text(&format!("{name:?} is no name of a setting"))),
            },
        }
        if self.parameters.len() + self.settings.len() > MAX_NAMES {
            return Err(Own::BadArguments.text(&format!("more than {MAX_NAMES} settings and parameters")));
        }
        Ok(())
    }

    /// Reads the parts of a form: `query` and `param_…`.
    pub(super) async fn read_form(&mut self, request: &HttpRequest, payload: Payload) -> Result<(), String> {
        let unreadable = |error: &dyn std::fmt::Display| {
            Own::BadArguments.text(&format!("the form cannot be read: {error}"))
        };
        let mut payload = payload.into_inner();
        let mut form =
            Multipart::from_request(request, &mut payload).await.map_err(|error| unreadable(&error))?;
        let mut length = 0;
        while let Some(part) = form.next().await {
            let mut part = part.map_err(|error| unreadable(&error))?;
            let name = part.name().unwrap_or_default().to_owned();
            let mut bytes = Vec::new();
            while let Some(piece) = part.next().await {
                let piece = piece.map_err(|error| unreadable(&error))?;
                length += piece.len();
                if length > MAX_SQL {
                    return Err(Own::TooLarge.text(&format!("the form is longer than {MAX_SQL} bytes")));
                }
                bytes.extend_from_slice(&piece);
            }
            let value = String::from_utf8(bytes).map_err(|_| unreadable(&"a part is not UTF-8"))?;
            self.take(&name, value)?;
        }
        Ok(())
    }

    /// Whether the request knows the secret: HTTP basic, ClickHouse's headers, or the URL.
    pub(super) fn knows(&self, request: &HttpRequest, secret: &str) -> bool {
        let given = self
            .user_password
            .clone()
            .or_else(|| Some(request.headers().get("X-ClickHouse-Key")?.to_str().ok()?.to_owned()))
            .or_else(|| basic_password(request.headers().get(header::AUTHORIZATION)?.to_str().ok()?));
        given.is_some_and(|given| given.as_bytes().ct_eq(secret.as_bytes()).into())
    }
}

fn basic_password(header: &str) -> Option<String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}

/// A setting's name: it goes into a statement as it is.
fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
