//! The `sentry` crate.

use crate::{
    harness::{Client, run_client},
    story::{self, Crash},
};

#[tokio::test(flavor = "multi_thread")]
async fn rust_sdk() {
    let crash = Crash {
        title: "panic: index out of bounds: the len is 2 but the index is 7",
        culprit: ("", "rust_client::charge"),
        exceptions: &["panic"],
        function: "rust_client::charge",
        sdk: "sentry.rust",
    };
    story::is_told(&crash, async |server, times| {
        let (status, _) =
            run_client(Client::Rust("rust-client"), &[&server.bootstrap.dsn, &times.to_string()]).await;
        assert_eq!(status, Some(0));
    })
    .await;
}
