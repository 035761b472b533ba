//! The server that the demo fills, over its public endpoints.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use mayday_event::Timestamp;
use reqwest::{Client, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep};
use url::Url;

use super::event::Moment;

/// Requests under way at once.
const CONNECTIONS: usize = 8;
/// Tries to have one report accepted while the server is busy.
const TRIES: usize = 5;
/// Issues to resolve half-way.
const RESOLVE: usize = 2;

/// Where crashes go.
pub(super) struct Target {
    client: Client,
    base: Url,
    envelope: Url,
    auth: String,
    api: Option<Api>,
}

/// The API, where a token is known.
struct Api {
    token: String,
    organization: String,
    project: String,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
}

impl Target {
    /// Of a DSN; without `names` (organisation and project) or token nothing is resolved.
    pub(super) fn new(
        dsn: &Url,
        token: Option<String>,
        names: Option<(String, String)>,
    ) -> anyhow::Result<Self> {
        let project = dsn.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or("");
        ensure!(
            !dsn.username().is_empty() && project.parse::<u64>().is_ok(),
            "{dsn} is not a DSN: http://KEY@HOST:PORT/PROJECT"
        );
        let auth =
            format!("Sentry sentry_version=7, sentry_client=mayday-demo/1, sentry_key={}", dsn.username());
        let mut base = dsn.clone();
        base.set_username("").ok();
        base.path_segments_mut().ok().context("a DSN has a path")?.pop();
        let envelope = Url::parse(&format!("{}/api/{project}/envelope/", plain(&base)))?;
        let api =
            token.zip(names).map(|(token, (organization, project))| Api { token, organization, project });
        let client = Client::builder().timeout(Duration::from_secs(30)).build()?;
        Ok(Self { client, base, envelope, auth, api })
    }

    /// The server's address, without a slash at its end.
    pub(super) fn url(&self) -> String {
        plain(&self.base)
    }

    /// Sends crashes, several at once.
    pub(super) async fn send_all(
        &self,
        moments: &[Moment],
        now: Timestamp,
        progress: &ProgressBar,
    ) -> anyhow::Result<()> {
        stream::iter(moments)
            .map(Ok)
            .try_for_each_concurrent(CONNECTIONS, async |moment| {
                self.send(moment.envelope(now)?).await?;
                progress.inc(1);
                anyhow::Ok(())
            })
            .await
    }

    /// Sends sessions, several envelopes at once.
    pub(super) async fn send_sessions(&self, envelopes: Vec<Vec<u8>>) -> anyhow::Result<()> {
        stream::iter(envelopes).map(Ok).try_for_each_concurrent(CONNECTIONS, |body| self.send(body)).await
    }

    async fn send(&self, body: Vec<u8>) -> anyhow::Result<()> {
        for _ in 0..TRIES {
            let request = self
                .client
                .post(self.envelope.clone())
                .header("x-sentry-auth", &self.auth)
                .header(header::CONTENT_ENCODING, "gzip")
                .header(header::CONTENT_TYPE, "application/x-sentry-envelope")
                .body(body.clone());
            let answer = request.send().await.with_context(|| format!("{} does not answer", self.url()))?;
            match answer.status() {
                StatusCode::OK => return Ok(()),
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                    sleep(Duration::from_secs(1)).await;
                }
                status => bail!("{} refused a report: {status} {}", self.url(), answer.text().await?),
            }
        }
        bail!("{} is too busy; try again later", self.url())
    }

    /// Resolves the oldest issues once they are visible, so that later crashes bring them back. How many.
    pub(super) async fn resolve_some(&self, patience: Duration) -> anyhow::Result<usize> {
        let Some(api) = &self.api else { return Ok(0) };
        let list = format!("{}/api/0/projects/{}/{}/issues/", self.url(), api.organization, api.project);
        let deadline = Instant::now() + patience;
        loop {
            let query = [("query", "is:unresolved"), ("sort", "freq"), ("limit", "8")];
            let request = self.client.get(&list).query(&query).bearer_auth(&api.token);
            let issues: Vec<Listed> = request.send().await?.error_for_status()?.json().await?;
            if issues.len() >= RESOLVE * 4 || Instant::now() > deadline {
                for issue in issues.iter().rev().take(RESOLVE) {
                    self.resolve(api, &issue.id).await?;
                }
                return Ok(issues.len().min(RESOLVE));
            }
            sleep(Duration::from_millis(300)).await;
        }
    }

    async fn resolve(&self, api: &Api, issue: &str) -> anyhow::Result<()> {
        let url = format!("{}/api/0/issues/{issue}/", self.url());
        let request = self.client.put(url).bearer_auth(&api.token).json(&json!({"status": "resolved"}));
        request.send().await?.error_for_status()?;
        Ok(())
    }
}

fn plain(base: &Url) -> String {
    base.as_str().trim_end_matches('/').to_owned()
}
