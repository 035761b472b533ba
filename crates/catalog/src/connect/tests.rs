use super::*;
use crate::fixture::{Fixture, batch};

#[tokio::test]
async fn opening_again_migrates_nothing_and_finds_everything() {
    let fixture = Fixture::new().await;
    let id = fixture.take(1, &[fixture.occurrence(1, 1)]).await[0].issue_id;
    fixture.catalog.close().await;
    for _ in 0..2 {
        let again = fixture.open_again().await;
        again.ping().await.unwrap();
        assert_eq!(again.issue_by_id(id).await.unwrap().short_id, "APP-1");
        again.close().await;
    }
}

#[tokio::test]
async fn two_that_open_a_new_catalog_at_once_agree_on_one_first_start() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("catalog.db").display());
    let start = async || {
        let catalog = Catalog::open(&url, Clock::new(|| mayday_event::Timestamp(1))).await.unwrap();
        catalog.bootstrap().await.unwrap().is_some()
    };
    let (first, second) = tokio::join!(start(), start());
    assert!(first ^ second);
}

#[tokio::test]
async fn writers_of_two_processes_take_turns() {
    let fixture = Fixture::new().await;
    let other = fixture.open_again().await;
    let label = |n: usize| format!("key {n}");
    for n in 0..20 {
        let (ours, theirs) = (label(n), label(n + 100));
        let (ours, theirs) = tokio::join!(
            fixture.catalog.create_dsn_key(fixture.project, &ours, "ann@example.com"),
            other.create_dsn_key(fixture.project, &theirs, "bo@example.com")
        );
        assert_ne!(ours.unwrap().id, theirs.unwrap().id);
    }
    assert_eq!(other.dsn_keys(fixture.project).await.unwrap().len(), 41);
}

#[tokio::test]
async fn readers_do_not_wait_for_a_writer() {
    let fixture = Fixture::new().await;
    let tx = fixture.catalog.write().await.unwrap();
    fixture.catalog.ping().await.unwrap();
    assert_eq!(fixture.catalog.projects(fixture.organization).await.unwrap().len(), 1);
    drop(tx);
    let events = [fixture.occurrence(1, 1)];
    fixture.catalog.begin_batch(&batch(1, &events), &events).await.unwrap();
}

#[tokio::test]
async fn a_url_of_another_database_is_refused() {
    let refused =
        Catalog::open("postgres://localhost/mayday", Clock::new(|| mayday_event::Timestamp(1))).await;
    assert!(matches!(refused, Err(CatalogError::Invalid(text)) if text.contains("sqlite:")));
}
