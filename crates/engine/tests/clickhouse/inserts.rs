//! Writing with the official crate.

use std::time::Duration;

use clickhouse::{Client, Compression, Row};
use serde::{Deserialize, Serialize};

use crate::harness::Engine;

#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) number: u64,
    pub(crate) text: String,
}

pub(crate) async fn create_lines(client: &Client) {
    let sql =
        "CREATE TABLE IF NOT EXISTS lines (number UInt64, text String) ENGINE = MergeTree ORDER BY number
               SETTINGS non_replicated_deduplication_window = 1000";
    client.query(sql).execute().await.unwrap();
}

pub(crate) async fn count(client: &Client) -> u64 {
    client.query("SELECT count() FROM lines").fetch_one::<u64>().await.unwrap()
}

#[tokio::test]
async fn a_million_rows_go_in_and_come_out() {
    let engine = Engine::start().await;
    for compression in [Compression::None, Compression::Lz4] {
        let client = engine.client().with_compression(compression);
        create_lines(&client).await;
        client.query("TRUNCATE TABLE lines").execute().await.unwrap();
        let mut inserter = client.inserter::<Line>("lines").with_max_rows(500_000);
        for number in 0..1_000_000 {
            inserter.write(&Line { number, text: format!("line\n{number}") }).await.unwrap();
            inserter.commit().await.unwrap();
        }
        inserter.end().await.unwrap();
        assert_eq!(count(&client).await, 1_000_000);
        let mut cursor = client.query("SELECT ?fields FROM lines ORDER BY number").fetch::<Line>().unwrap();
        let mut next = 0;
        while let Some(line) = cursor.next().await.unwrap() {
            assert_eq!(line, Line { number: next, text: format!("line\n{next}") });
            next += 1;
        }
        assert_eq!(next, 1_000_000);
    }
    engine.stop().await;
}

#[tokio::test]
async fn a_batch_sent_again_under_its_token_counts_once_also_in_views() {
    let engine = Engine::start().await;
    let client = engine.client();
    create_lines(&client).await;
    for sql in [
        "CREATE TABLE sums (number UInt64, rows SimpleAggregateFunction(sum, UInt64))
         ENGINE = AggregatingMergeTree ORDER BY number SETTINGS non_replicated_deduplication_window = 1000",
        "CREATE MATERIALIZED VIEW sums_view TO sums AS SELECT number, count() AS rows FROM lines GROUP BY number",
    ] {
        client.query(sql).execute().await.unwrap();
    }
    for token in ["journal:1-2", "journal:1-2", "journal:3-4"] {
        let mut insert = client
            .insert::<Line>("lines")
            .await
            .unwrap()
            .with_setting("insert_deduplication_token", token)
            .with_setting("deduplicate_blocks_in_dependent_materialized_views", "1");
        insert.write(&Line { number: 1, text: token.into() }).await.unwrap();
        insert.end().await.unwrap();
    }
    assert_eq!(count(&client).await, 2);
    let rows = client.query("SELECT sum(rows) FROM sums").fetch_one::<u64>().await.unwrap();
    assert_eq!(rows, 2);
    engine.stop().await;
}

#[tokio::test]
async fn a_malformed_insert_is_refused_whole() {
    let engine = Engine::start().await;
    let client = engine.client();
    create_lines(&client).await;
    let mut insert = client.insert_formatted_with("INSERT INTO lines FORMAT JSONEachRow");
    insert.send("{\"number\":1,\"text\":\"a\"}\n{\"number\":zz}".into()).await.unwrap();
    let error = insert.end().await.unwrap_err().to_string();
    assert!(error.contains("Code: 27."), "{error}");
    assert_eq!(count(&client).await, 0);

    let wrong_table = client.insert_formatted_with("INSERT INTO nowhere FORMAT JSONEachRow");
    let mut wrong_table = wrong_table;
    wrong_table.send("{\"number\":1}".into()).await.unwrap();
    let error = wrong_table.end().await.unwrap_err().to_string();
    assert!(error.contains("Code: 60."), "{error}");
    engine.stop().await;
}

#[tokio::test]
async fn an_insert_given_up_half_way_leaves_nothing() {
    let engine = Engine::start().await;
    let client = engine.client();
    create_lines(&client).await;
    let mut insert = client.insert::<Line>("lines").await.unwrap();
    for number in 0..50_000 {
        insert.write(&Line { number, text: "half".into() }).await.unwrap();
    }
    drop(insert);
    tokio::time::timeout(Duration::from_secs(10), async {
        // Behind it in the queue, and answered: the one before has ended.
        create_lines(&client).await;
    })
    .await
    .unwrap();
    assert_eq!(count(&client).await, 0);
    engine.stop().await;
}
