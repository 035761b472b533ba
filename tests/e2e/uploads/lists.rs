//! `info` and the lists.

use tempfile::TempDir;

use super::{SentryCli, VERSION_2, VERSION_3};
use crate::harness::{TestServer, crash, envelope, new_event_id};

#[tokio::test(flavor = "multi_thread")]
async fn version_3() {
    lists_what_there_is(VERSION_3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn version_2() {
    lists_what_there_is(VERSION_2).await;
}

async fn lists_what_there_is(cli: SentryCli) {
    let server = TestServer::start().await;
    let folder = TempDir::new().expect("a temporary directory");
    let event = new_event_id();
    server.accept(envelope(&crash(&event, "Checkout"))).await;
    server.settle(crate::harness::SETTLE).await;
    for (command, wanted) in [
        (["info", "--config-status-json"].as_slice(), "\"successful\":true"),
        (&["organizations", "list"], "mayday"),
        (&["projects", "list"], "app"),
        (&["repos", "list"], ""),
        (&["monitors", "list"], ""),
        (&["issues", "list"], "CheckoutException"),
        (&["events", "list"], "CheckoutException"),
    ] {
        let printed = cli.ok(&server, folder.path(), command).await;
        let printed: String = printed.chars().filter(|c| *c != ' ').collect();
        assert!(printed.contains(wanted), "{command:?}: {printed}");
    }
}
