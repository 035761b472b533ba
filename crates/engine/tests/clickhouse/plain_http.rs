//! Without a client: what `curl` would send.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Engine, SECRET};

/// Sends one request; gives status and what follows the head.
async fn send(engine: &Engine, method: &str, target: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(engine.address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: engine\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

fn key() -> String {
    format!("X-ClickHouse-Key: {SECRET}\r\n")
}

#[tokio::test]
async fn nothing_but_the_ping_is_answered_without_the_secret() {
    let engine = Engine::start().await;
    assert_eq!(send(&engine, "GET", "/ping", "", "").await.0, 200);
    for headers in ["", "X-ClickHouse-Key: wrong\r\n", "Authorization: Basic bWF5ZGF5Ong=\r\n"] {
        let (status, answer) = send(&engine, "POST", "/", headers, "SELECT 1").await;
        assert_eq!(status, 403, "{answer}");
        assert!(
            answer.contains("AUTHENTICATION_FAILED") && answer.contains("exception-code: 516"),
            "{answer}"
        );
    }
    engine.stop().await;
}

#[tokio::test]
async fn sql_may_come_in_url_or_body_and_name_its_format() {
    let engine = Engine::start().await;
    let key = key();
    let (status, answer) = send(&engine, "POST", "/", &key, "SELECT 1 AS one FORMAT JSONEachRow").await;
    assert_eq!(status, 200);
    assert!(answer.contains("{\"one\":1}"), "{answer}");
    let (_, answer) = send(&engine, "GET", "/?query=SELECT%201%2B1&default_format=CSV", &key, "").await;
    assert!(answer.contains("text/csv") && answer.contains("\r\n2\n"), "{answer}");
    let (_, answer) = send(&engine, "POST", "/?query=SELECT%20{x:String}&param_x=a%27b", &key, "").await;
    assert!(answer.contains("a\\'b") || answer.contains("a'b"), "{answer}");
    let (_, answer) = send(&engine, "POST", "/", &key, "SELECT 1 AS a, 2 AS b FORMAT JSONCompact").await;
    assert!(answer.contains("\"data\""), "{answer}");
    engine.stop().await;
}

#[tokio::test]
async fn an_insert_may_carry_its_rows_in_the_text_or_in_the_body() {
    let engine = Engine::start().await;
    let key = key();
    send(&engine, "POST", "/", &key, "CREATE TABLE t (a UInt8, b String) ENGINE = MergeTree ORDER BY a")
        .await;
    let texts = [
        ("/", "INSERT INTO t VALUES (1, 'x'), (2, concat('y', 'z'))"),
        ("/", "INSERT INTO t FORMAT CSV\n3,\"a,b\"\n"),
        ("/?query=INSERT%20INTO%20t%20FORMAT%20TSV", "4\tq\n"),
        ("/?query=INSERT%20INTO%20t%20SELECT%205%2C%20%27s%27", ""),
    ];
    for (target, body) in texts {
        let (status, answer) = send(&engine, "POST", target, &key, body).await;
        assert_eq!(status, 200, "{answer}");
    }
    let (_, answer) =
        send(&engine, "POST", "/", &key, "SELECT groupArray(b) FROM (SELECT * FROM t ORDER BY a)").await;
    assert!(answer.contains("['x','yz','a,b','q','s']"), "{answer}");
    engine.stop().await;
}

#[tokio::test]
async fn a_get_changes_nothing_and_bad_requests_are_told_so() {
    let engine = Engine::start().await;
    let key = key();
    let (status, answer) = send(&engine, "GET", "/?query=CREATE%20DATABASE%20x", &key, "").await;
    assert_ne!(status, 200, "{answer}");
    let cases = [
        ("/?no%20name=1", "SELECT 1", 400, "no name of a setting"),
        ("/?nonsense=1", "SELECT 1", 404, "UNKNOWN_SETTING"),
        ("/?database=nowhere", "SELECT 1", 404, "UNKNOWN_DATABASE"),
        ("/?session_id=1", "SELECT 1", 501, "NOT_IMPLEMENTED"),
        ("/", "SELEC 1", 400, "SYNTAX_ERROR"),
        ("/", "", 400, "Empty query"),
    ];
    for (target, body, expected, text) in cases {
        let (status, answer) = send(&engine, "POST", target, &key, body).await;
        assert_eq!(status, expected, "{target}: {answer}");
        assert!(answer.contains(text), "{target}: {answer}");
    }
    engine.stop().await;
}

#[tokio::test]
async fn a_query_whose_client_leaves_is_cancelled() {
    let engine = Engine::start().await;
    let mut stream = TcpStream::connect(engine.address).await.unwrap();
    let sql = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)";
    let request =
        format!("POST / HTTP/1.1\r\nHost: e\r\n{}Content-Length: {}\r\n\r\n{sql}", key(), sql.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let running = || async {
        let sql = "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64%' AND query NOT LIKE '%processes%'";
        engine.client().query(sql).fetch_one::<u64>().await.unwrap()
    };
    let until = |wanted: u64| async move {
        while running().await != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), until(1)).await.expect("it runs");
    drop(stream);
    tokio::time::timeout(Duration::from_secs(10), until(0)).await.expect("it ends");
    engine.stop().await;
}
