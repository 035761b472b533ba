//! What is confirmed survives.

use std::{
    env,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use mayday_engine::serve;
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{self, Engine},
    inserts::{Line, count, create_lines},
};

const DATA: &str = "MAYDAY_TEST_ENGINE_DATA";

/// No test of its own: the process that the test below kills.
#[tokio::test]
async fn child_that_serves() {
    let Some(path) = env::var_os(DATA) else { return };
    let announce = |address| println!("\nlistening on {address}");
    serve(harness::options(Path::new(&path)), announce, CancellationToken::new()).await.unwrap();
}

fn start_child(path: &Path) -> (Child, SocketAddr) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "faults::child_that_serves", "--nocapture"])
        .env(DATA, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("listening on ")?.parse().ok())
        .expect("the child answers");
    (child, address)
}

#[tokio::test]
async fn rows_confirmed_before_a_kill_are_there_after_the_restart() {
    let data = tempfile::tempdir().unwrap();
    let mut confirmed = 0;
    for round in 0..3 {
        let (mut child, address) = start_child(data.path());
        let client = harness::client(address);
        create_lines(&client).await;
        assert_eq!(count(&client).await, confirmed, "round {round}");
        for _ in 0..20 {
            let mut insert = client.insert::<Line>("lines").await.unwrap();
            for number in 0..100 {
                insert.write(&Line { number, text: format!("after {confirmed}") }).await.unwrap();
            }
            insert.end().await.unwrap();
            confirmed += 100;
        }
        // One more is on its way, its rows not all sent.
        let mut insert = client.insert::<Line>("lines").await.unwrap();
        for number in 0..20_000 {
            insert.write(&Line { number, text: "never confirmed".into() }).await.unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(insert.end().await.is_err());
    }
    let engine = Engine::start_on(data.path()).await;
    assert_eq!(count(&engine.client()).await, confirmed);
    engine.stop().await;
}
