//! `sentry-sdk` from PyPI.

use crate::{
    harness::{Client, run_client},
    story::{self, Crash},
};

#[tokio::test(flavor = "multi_thread")]
async fn python_sdk() {
    let crash = Crash {
        title: "CheckoutError: cart 17 cannot be paid",
        culprit: ("__main__", " in checkout"),
        exceptions: &["CheckoutError", "ZeroDivisionError"],
        function: "checkout",
        sdk: "sentry.python",
    };
    story::is_told(&crash, async |server, times| {
        let client = Client::Python("python_client.py", &["sentry-sdk"]);
        let (status, _) = run_client(client, &[&server.bootstrap.dsn, &times.to_string()]).await;
        assert_eq!(status, Some(0));
    })
    .await;
}
