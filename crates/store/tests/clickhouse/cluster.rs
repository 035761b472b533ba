//! The schema for a cluster, as far as one engine can tell: it understands each statement.

use mayday_store::cluster_schema;

use crate::harness::Fixture;

#[tokio::test]
async fn clickhouse_understands_every_definition_for_a_cluster() {
    let fixture = Fixture::new().await;
    let client = fixture.client();
    let schema = cluster_schema("crashes", 90).unwrap();
    for sql in &schema {
        let parsed = client.query_raw(&format!("EXPLAIN AST {sql}")).fetch_all::<String>().await;
        assert!(parsed.is_ok_and(|tree| !tree.is_empty()), "{sql}");
    }
    let broken = client.query_raw("EXPLAIN AST CREATE TABLE x ON CLUSTER (").fetch_all::<String>().await;
    assert!(broken.is_err(), "the engine would take anything");
}
