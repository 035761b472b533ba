use super::*;
use crate::fixture::Fixture;

const ANN: &str = "ann@example.com";

#[tokio::test]
async fn each_change_of_a_key_tells_who_when_and_what_it_was_before() {
    let fixture = Fixture::in_memory().await;
    let catalog = &fixture.catalog;
    let key = catalog.create_dsn_key(fixture.project, "beta", ANN).await.unwrap().public_key;
    let rename = DsnKeyChange { label: Some("gamma".into()), ..DsnKeyChange::default() };
    let limit = RateLimit { count: 5, window_seconds: 60 };
    let limited = DsnKeyChange { rate_limit: Some(Some(limit)), ..DsnKeyChange::default() };
    let disabled = DsnKeyChange { active: Some(false), ..DsnKeyChange::default() };
    for change in [&rename, &rename, &limited, &disabled] {
        catalog.change_dsn_key(fixture.project, key, change, "bo@example.com").await.unwrap();
    }
    let later = fixture.advance_ms(1000);
    catalog.delete_dsn_key(fixture.project, key, ANN).await.unwrap();

    let changes = catalog.settings_changes(fixture.project, &[Subject::Keys], 10).await.unwrap();
    let [deleted, off, slowed, renamed, created] = changes.as_slice() else {
        panic!("the same again is no change: {changes:?}")
    };
    let of = |label: &str, active: bool, limit: Value| {
        json!({ key.to_string(): { "label": label, "active": active, "rateLimit": limit } }).to_string()
    };
    let limit = json!({ "count": 5, "window": 60 });
    assert_eq!((created.old.as_ref(), &created.new), (None, &of("beta", true, Value::Null)));
    assert_eq!((renamed.old.as_ref(), &renamed.new), (Some(&created.new), &of("gamma", true, Value::Null)));
    assert_eq!(slowed.new, of("gamma", true, limit.clone()));
    assert_eq!((off.new.as_str(), off.by.as_str()), (&*of("gamma", false, limit), "bo@example.com"));
    assert_eq!((deleted.old.as_ref(), deleted.new.as_str()), (Some(&off.new), "null"));
    assert_eq!((deleted.by.as_str(), deleted.changed), (ANN, later));
}

#[tokio::test]
async fn a_deleted_key_is_known_no_more() {
    let fixture = Fixture::in_memory().await;
    let key = fixture.bootstrap.public_key;
    let other = fixture.catalog.create_project(fixture.organization, "Other", None, "").await.unwrap();
    let elsewhere = fixture.catalog.delete_dsn_key(other.id, key, ANN).await;
    assert!(matches!(elsewhere, Err(CatalogError::NotFound("key"))));
    fixture.catalog.delete_dsn_key(fixture.project, key, ANN).await.unwrap();
    assert!(!fixture.catalog.keys().keys.contains_key(&key));
    let again = fixture.catalog.delete_dsn_key(fixture.project, key, ANN).await;
    assert!(matches!(again, Err(CatalogError::NotFound("key"))));
}
