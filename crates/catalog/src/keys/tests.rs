use super::*;
use crate::{fixture::Fixture, projects::DsnKeyChange};

const ANN: &str = "ann@example.com";

#[tokio::test]
async fn a_key_is_known_from_its_creation_and_says_whether_it_is_active() {
    let fixture = Fixture::in_memory().await;
    let public_key = fixture.bootstrap.public_key;
    let known = || fixture.catalog.keys().keys.get(&public_key).cloned();
    let info = known().unwrap();
    assert_eq!((info.project_id, info.organization_id), (fixture.project, fixture.organization));
    assert!(info.active && info.rate_limit.is_none());
    assert!(!fixture.catalog.keys().keys.contains_key(&PublicKey::from_bytes([0; 16])));

    let change = DsnKeyChange { active: Some(false), ..DsnKeyChange::default() };
    fixture.catalog.change_dsn_key(fixture.project, public_key, &change, ANN).await.unwrap();
    assert!(!known().unwrap().active);

    let limit = RateLimit { count: 10, window_seconds: 60 };
    let change = DsnKeyChange { rate_limit: Some(Some(limit)), ..DsnKeyChange::default() };
    fixture.catalog.change_dsn_key(fixture.project, public_key, &change, ANN).await.unwrap();
    assert_eq!(known().unwrap().rate_limit, Some(limit));
    assert!(!known().unwrap().active, "what is not named stays");
    let change = DsnKeyChange { rate_limit: Some(None), ..DsnKeyChange::default() };
    fixture.catalog.change_dsn_key(fixture.project, public_key, &change, ANN).await.unwrap();
    assert_eq!(known().unwrap().rate_limit, None);
}

#[tokio::test]
async fn what_another_process_changes_is_seen_at_the_next_refresh() {
    let fixture = Fixture::new().await;
    let other = fixture.open_again().await;
    let added = other.create_dsn_key(fixture.project, "second", ANN).await.unwrap();
    assert!(!fixture.catalog.keys().keys.contains_key(&added.public_key));
    fixture.catalog.refresh_keys().await.unwrap();
    assert!(fixture.catalog.keys().keys.contains_key(&added.public_key));
}

#[tokio::test]
async fn a_project_comes_with_a_key_and_a_slug_of_its_own() {
    let fixture = Fixture::in_memory().await;
    let organization = fixture.organization;
    let project = fixture.catalog.create_project(organization, "My Game", None, "android").await.unwrap();
    assert_eq!(project.slug, "my-game");
    let keys = fixture.catalog.dsn_keys(project.id).await.unwrap();
    assert_eq!(fixture.catalog.keys().keys[&keys[0].public_key].project_id, project.id);
    let again = fixture.catalog.create_project(organization, "My Game", None, "android").await;
    assert!(matches!(again, Err(CatalogError::Conflict("project"))));
    assert_eq!(fixture.catalog.project(organization, &project.id.to_string()).await.unwrap(), project);
    assert!(fixture.catalog.project(OrganizationId(99), "my-game").await.is_err());

    let of_another = fixture
        .catalog
        .change_dsn_key(fixture.project, keys[0].public_key, &DsnKeyChange::default(), ANN)
        .await;
    assert!(matches!(of_another, Err(CatalogError::NotFound("key"))));
}

#[tokio::test]
async fn a_rate_limit_without_a_window_is_refused() {
    let fixture = Fixture::in_memory().await;
    let limit = RateLimit { count: 10, window_seconds: 0 };
    let change = DsnKeyChange { rate_limit: Some(Some(limit)), ..DsnKeyChange::default() };
    let refused =
        fixture.catalog.change_dsn_key(fixture.project, fixture.bootstrap.public_key, &change, ANN).await;
    assert!(matches!(refused, Err(CatalogError::Invalid(_))));
}
