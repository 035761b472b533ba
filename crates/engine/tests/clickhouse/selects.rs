//! Reading with the official crate.

use std::collections::HashMap;

use clickhouse::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::harness::Engine;

#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
struct Kinds {
    #[serde(with = "clickhouse::serde::uuid")]
    id: Uuid,
    /// Milliseconds since 1970.
    at: i64,
    level: String,
    tags: HashMap<String, String>,
    frames: Vec<String>,
    user: Option<String>,
    payload: String,
}

#[tokio::test]
async fn every_type_that_is_stored_comes_back_as_it_was() {
    let engine = Engine::start().await;
    let client = engine.client();
    client
        .query(
            "CREATE TABLE kinds (id UUID, at DateTime64(3, 'UTC'), level LowCardinality(String),
             tags Map(String, String), frames Array(String), user Nullable(String), payload JSON)
             ENGINE = MergeTree ORDER BY id",
        )
        .execute()
        .await
        .unwrap();
    let row = Kinds {
        id: Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff),
        at: 1_700_000_000_123,
        level: "error".into(),
        tags: HashMap::from([("os".into(), "Android\n\\'\"".into())]),
        frames: vec!["main\n".into(), "ünï".into(), String::new()],
        user: None,
        payload: r#"{"a":1}"#.into(),
    };
    for compression in [clickhouse::Compression::None, clickhouse::Compression::Lz4] {
        let client = client
            .clone()
            .with_compression(compression)
            .with_setting("input_format_binary_read_json_as_string", "1")
            .with_setting("output_format_binary_write_json_as_string", "1");
        let mut insert = client.insert::<Kinds>("kinds").await.unwrap();
        insert.write(&row).await.unwrap();
        insert.end().await.unwrap();
        let columns = "id, at, level, tags, frames, user, toString(payload) AS payload";
        let found = client.query(&format!("SELECT {columns} FROM kinds")).fetch_all::<Kinds>().await.unwrap();
        assert!(found.iter().all(|found| found.id == row.id && found.tags == row.tags), "{found:?}");
        assert!(found.iter().all(|found| found.frames == row.frames && found.at == row.at), "{found:?}");
    }
    let count = client.query("SELECT count() FROM kinds").fetch_one::<u64>().await.unwrap();
    assert_eq!(count, 2);
    engine.stop().await;
}

#[tokio::test]
async fn bound_parameters_mean_what_they_say_whatever_is_in_them() {
    let engine = Engine::start().await;
    let client = engine.client();
    for text in ["plain", "a'b", "back\\slash", "line\nfeed\ttab", "ünï ☃", "{x:String}", "", "\\N"] {
        let (length, same) = client
            .query("SELECT length({text:String}) AS n, {text:String} = unhex({hex:String}) AS same")
            .param("text", text)
            .param("hex", text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())
            .fetch_one::<(u64, bool)>()
            .await
            .unwrap();
        assert!(same, "{text:?}");
        assert_eq!(length, text.len() as u64, "{text:?}");
    }
    let sum = client
        .query("SELECT arraySum({numbers:Array(UInt32)})")
        .param("numbers", vec![1u32, 2, 3])
        .fetch_one::<u64>()
        .await
        .unwrap();
    assert_eq!(sum, 6);
    let joined = client
        .query("SELECT arrayStringConcat({words:Array(String)}, '|')")
        .param("words", vec!["it's", "a\\b"])
        .fetch_one::<String>()
        .await
        .unwrap();
    assert_eq!(joined, "it's|a\\b");
    engine.stop().await;
}

#[tokio::test]
async fn a_cursor_streams_a_million_rows() {
    let engine = Engine::start().await;
    let mut cursor = engine.client().query("SELECT number FROM numbers(1000000)").fetch::<u64>().unwrap();
    let (mut rows, mut sum) = (0u64, 0u64);
    while let Some(number) = cursor.next().await.unwrap() {
        rows += 1;
        sum += number;
    }
    assert_eq!((rows, sum), (1_000_000, 499_999_500_000));
    engine.stop().await;
}

#[tokio::test]
async fn a_query_s_settings_count_for_it_alone() {
    let engine = Engine::start().await;
    let client = engine.client();
    let threads = "SELECT toUInt64(getSetting('max_threads'))";
    let set = client.query(threads).with_setting("max_threads", "7").fetch_one::<u64>().await.unwrap();
    assert_eq!(set, 7);
    assert_ne!(client.query(threads).fetch_one::<u64>().await.unwrap(), 7);
    engine.stop().await;
}

#[tokio::test]
async fn exceptions_carry_clickhouse_s_code_before_and_amid_the_output() {
    let engine = Engine::start().await;
    let client = engine.client();
    let error = client.query("SELECT nope").fetch_one::<u8>().await.unwrap_err().to_string();
    assert!(error.contains("Code: 47.") && error.contains("UNKNOWN_IDENTIFIER"), "{error}");
    let sql = "SELECT throwIf(number = 900000) FROM numbers(1000000) SETTINGS max_block_size = 1000";
    let error = client.query(sql).fetch_all::<u8>().await.unwrap_err().to_string();
    assert!(error.contains("Code: 395."), "{error}");
    let sql = "SELECT toUInt8(sum(sipHash64(number))) FROM numbers(1000000000000)";
    let slow = client.query(sql).with_setting("max_execution_time", "1").fetch_all::<u8>().await;
    let error = slow.unwrap_err().to_string();
    assert!(error.contains("TIMEOUT_EXCEEDED"), "{error}");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_clients_at_once_get_their_own_answers() {
    let engine = Engine::start().await;
    let clients = (0..8u64).map(|number| {
        let client = engine.client();
        tokio::spawn(async move {
            for round in 0..20u64 {
                let answer = client
                    .query("SELECT {number:UInt64} * 1000 + {round:UInt64} FROM numbers(3) LIMIT 1")
                    .param("number", number)
                    .param("round", round)
                    .fetch_one::<u64>()
                    .await
                    .unwrap();
                assert_eq!(answer, number * 1000 + round);
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    engine.stop().await;
}
