//! A request that must be refused.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use crate::harness::{Ledger, TestServer, http_client};

/// Sends bad requests to one server.
pub(super) struct Refuser {
    pub(super) server: TestServer,
    http: Client,
}

/// What must come of a bad request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Part of the `detail` that the client reads.
    pub(super) detail: &'static str,
    /// The ledger's reason, with the outcome `invalid`.
    pub(super) reason: &'static str,
}

impl Refuser {
    pub(super) async fn start() -> Self {
        Self { server: TestServer::start().await, http: http_client() }
    }

    /// A POST to a path of the server, without a key.
    pub(super) fn post(&self, path: &str) -> RequestBuilder {
        self.http.request(Method::POST, format!("{}{path}", self.server.bootstrap.url))
    }

    /// A POST to the project's envelopes, with its key.
    pub(super) fn envelope(&self) -> RequestBuilder {
        self.http.post(self.server.bootstrap.envelope_url())
    }

    /// A POST to the project's single events, with its key.
    pub(super) fn store(&self) -> RequestBuilder {
        self.http.post(self.server.bootstrap.store_url())
    }

    /// Sends it, and checks status, text and ledger.
    pub(super) async fn refuses(&self, what: &str, request: RequestBuilder, expected: Refusal) {
        let before = self.server.api.ledger().await;
        let response = request.send().await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let status = response.status().as_u16();
        let body = response.text().await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        self.check(what, &before, (status, &body), expected).await;
    }

    /// Checks an answer, and that since `before` one thing was received and refused.
    pub(super) async fn check(
        &self,
        what: &str,
        before: &Ledger,
        (status, body): (u16, &str),
        expected: Refusal,
    ) {
        let Refusal { status: wanted, detail, reason } = expected;
        assert_eq!(status, wanted, "{what}: {body}");
        let json: Value =
            serde_json::from_str(body).unwrap_or_else(|error| panic!("{what}: {error}: {body}"));
        let said = json["detail"].as_str().unwrap_or_else(|| panic!("{what}: no detail: {body}"));
        assert!(said.contains(detail), "{what}: {said}");
        let after = self.server.api.ledger().await;
        let counted = after.count("invalid", reason) - before.count("invalid", reason);
        assert_eq!(counted, 1, "{what}: counted as {reason}: {after:#?}");
        let received = |ledger: &Ledger| ledger.received.values().sum::<u64>();
        assert_eq!(received(&after) - received(before), 1, "{what}: received");
    }
}
