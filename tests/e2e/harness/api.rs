//! The server's API, as a program with a token sees it.

use std::{sync::Once, time::Duration};

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;

use super::{Bootstrap, Ledger};

/// A client of one project's API. Whatever it is not asked to expect makes it panic.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    http: Client,
    url: String,
    token: String,
    /// `/api/0/projects/ORGANIZATION/PROJECT`.
    pub(crate) project: String,
}

impl Api {
    pub(crate) fn new(bootstrap: &Bootstrap) -> Self {
        Self {
            http: http_client(),
            url: bootstrap.url.clone(),
            token: bootstrap.api_token.clone(),
            project: format!("/api/0/projects/{}/{}", bootstrap.organization, bootstrap.project),
        }
    }

    /// Answers may be of any status.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) };
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        json(path, self.send(Method::GET, path, None).await).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Value {
        json(path, self.send(Method::PUT, path, Some(body)).await).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        json(path, self.send(Method::POST, path, Some(body)).await).await
    }

    /// Every row of a list, over all its pages.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let response = self.send(Method::GET, &path, None).await;
            next = next_page(&response);
            match json(&path, response).await {
                Value::Array(page) => rows.extend(page),
                other => panic!("{path}: not a list: {other}"),
            }
        }
        rows
    }

    /// The project's issues of any status, each with its 24 hours' series.
    pub(crate) async fn issues(&self) -> Vec<Value> {
        self.all(&format!("{}/issues/?query=&statsPeriod=24h&limit=100", self.project)).await
    }

    /// An issue's latest event with all its parts.
    pub(crate) async fn latest_event(&self, issue: &Value) -> Value {
        self.get(&format!("/api/0/issues/{}/events/latest/", text(&issue["id"]))).await
    }

    /// Status and body of `/readyz`; `None` if nobody answers.
    pub(crate) async fn ready(&self) -> Option<(StatusCode, Value)> {
        let response = self.http.get(format!("{}/readyz", self.url)).send().await.ok()?;
        let status = response.status();
        Some((status, response.json().await.ok()?))
    }

    pub(crate) async fn ledger(&self) -> Ledger {
        let response = self.send(Method::GET, "/metrics", None).await;
        Ledger::parse(&response.text().await.expect("/metrics: a body"))
    }
}

/// A JSON string.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}

/// One that gives up rather than hangs.
pub(crate) fn http_client() -> Client {
    static TLS: Once = Once::new();
    TLS.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().expect("the first TLS provider");
    });
    Client::builder().timeout(Duration::from_secs(15)).build().expect("an HTTP client")
}

async fn json(path: &str, response: Response) -> Value {
    let status = response.status();
    let body = response.text().await.unwrap_or_else(|error| panic!("{path}: {error}"));
    assert!(status.is_success(), "{path}: {status}: {body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
}

/// `Link: <URL>; rel="next"; results="true"; …`, as Sentry pages its lists.
fn next_page(response: &Response) -> Option<String> {
    let link = response.headers().get("link")?.to_str().ok()?;
    let next =
        link.split(", <").find(|part| part.contains("rel=\"next\"") && part.contains("results=\"true\""))?;
    Some(next.split_once('>')?.0.trim_start_matches('<').to_owned())
}
