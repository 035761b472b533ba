//! A hook: a signed POST to a URL that a person set.

use std::{error::Error, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use mayday_catalog::alerts::Delivery;
use reqwest::{
    Client,
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect::Policy,
};
use sha2::Sha256;

/// Time for a receiver to take the connection.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Time for it to answer, all told.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// Posts to hooks.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    client: Client,
}

/// What came back.
#[derive(Debug)]
pub(crate) enum Answer {
    /// An HTTP answer, whatever it says. Its body is not read.
    Status {
        status: u16,
        /// `Retry-After` in seconds, as milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// None.
    Failed { error: String },
}

impl Webhook {
    /// A client that follows no redirect: what is signed for one receiver is not for another.
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIME)
            .timeout(ANSWER_TIME)
            .user_agent(concat!("mayday/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client })
    }

    /// Posts `body`, signed with the hook's secret.
    pub(crate) async fn post(&self, delivery: &Delivery, body: String) -> Answer {
        let request = self
            .client
            .post(&delivery.url)
            .header(CONTENT_TYPE, "application/json")
            .header("X-Mayday-Signature", signature(&delivery.secret, body.as_bytes()))
            .header("Idempotency-Key", &delivery.id)
            .body(body);
        match request.send().await {
            Ok(response) => {
                let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                let seconds = retry_after.and_then(|value| value.trim().parse::<u32>().ok());
                let retry_after_ms = seconds.map(|seconds| i64::from(seconds) * 1000);
                Answer::Status { status: response.status().as_u16(), retry_after_ms }
            }
            Err(error) => Answer::Failed { error: innermost(&error.without_url()) },
        }
    }
}

/// `sha256=<hex HMAC-SHA256 of the body with the secret>`
fn signature(secret: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length.
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap_or_else(|_| Hmac::new(&Default::default()));
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// The cause that says most: `connection refused` rather than `error sending request`.
fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", ANSWER_TIME.as_secs());
    }
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_hmac_that_anyone_computes() {
        // RFC 4231, test case 2.
        assert_eq!(
            signature("Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
