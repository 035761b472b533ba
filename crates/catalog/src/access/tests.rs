use super::*;
use crate::fixture::Fixture;

#[tokio::test]
async fn the_first_start_happens_once() {
    let fixture = Fixture::new().await;
    assert!(fixture.catalog.bootstrap().await.unwrap().is_none());
    assert!(fixture.open_again().await.bootstrap().await.unwrap().is_none());
    let made = &fixture.bootstrap;
    assert_eq!((made.organization.as_str(), made.project.as_str()), ("mayday", "app"));
    let organization = fixture.catalog.organization(fixture.organization).await.unwrap();
    assert_eq!(organization.slug, "mayday");
    let members = fixture.catalog.members(fixture.organization).await.unwrap();
    assert_eq!(
        (members.len(), members[0].email.as_str(), members[0].is_admin),
        (1, "admin@mayday.local", true)
    );
}

#[tokio::test]
async fn a_session_lasts_from_log_in_to_log_out_or_a_fortnight() {
    let fixture = Fixture::in_memory().await;
    let password = &fixture.bootstrap.admin_password;
    let log_in = async || fixture.catalog.log_in(" Admin@Mayday.local ", password).await.unwrap().unwrap();
    let first = log_in().await;
    let (principal, csrf) = fixture.catalog.principal_by_session(&first.token).await.unwrap().unwrap();
    assert_eq!((principal.organization_slug.as_str(), principal.is_admin), ("mayday", true));
    assert!(principal.scopes.is_empty() && csrf == first.csrf && csrf != first.token);
    fixture.catalog.log_out(&first.token).await.unwrap();
    assert!(fixture.catalog.principal_by_session(&first.token).await.unwrap().is_none());

    let second = log_in().await;
    fixture.advance_ms(SESSION_MS - 1);
    assert!(fixture.catalog.principal_by_session(&second.token).await.unwrap().is_some());
    fixture.advance_ms(1);
    assert!(fixture.catalog.principal_by_session(&second.token).await.unwrap().is_none());
}

#[tokio::test]
async fn a_wrong_password_or_address_is_nobody() {
    let fixture = Fixture::in_memory().await;
    let password = fixture.bootstrap.admin_password.clone();
    for (email, password) in [
        ("admin@mayday.local", "wrong"),
        ("admin@mayday.local", ""),
        ("nobody@mayday.local", &password),
        ("admin@mayday.local", &password.repeat(100)),
    ] {
        assert!(fixture.catalog.log_in(email, password).await.unwrap().is_none(), "{email}");
    }
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_until_it_is_revoked() {
    let fixture = Fixture::in_memory().await;
    let admin = fixture.catalog.members(fixture.organization).await.unwrap()[0].user_id;
    let scopes = ["event:read", "project:read"];
    let made = fixture.catalog.create_api_token(fixture.organization, admin, " ci ", &scopes).await.unwrap();
    let principal = fixture.catalog.principal_by_token(&made.secret).await.unwrap().unwrap();
    assert_eq!((principal.user_id, principal.scopes), (admin, scopes.map(str::to_owned).to_vec()));
    let listed = fixture.catalog.api_tokens(fixture.organization).await.unwrap();
    assert_eq!((listed.len(), listed[1].name.as_str()), (2, "ci"));
    assert_eq!(listed[1].last_used, Some(fixture.now()));

    let elsewhere = fixture.catalog.revoke_api_token(OrganizationId(99), made.token.id).await;
    assert!(matches!(elsewhere, Err(CatalogError::NotFound("token"))));
    fixture.catalog.revoke_api_token(fixture.organization, made.token.id).await.unwrap();
    assert!(fixture.catalog.principal_by_token(&made.secret).await.unwrap().is_none());
    for stray in ["", "mdy_", "mdy_0000"] {
        assert!(fixture.catalog.principal_by_token(stray).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_token_without_a_name_or_known_scopes_is_refused() {
    let fixture = Fixture::in_memory().await;
    let admin = fixture.catalog.members(fixture.organization).await.unwrap()[0].user_id;
    for (name, scopes) in [("", &["event:read"][..]), ("ci", &[]), ("ci", &["event:everything"])] {
        let refused = fixture.catalog.create_api_token(fixture.organization, admin, name, scopes).await;
        assert!(matches!(refused, Err(CatalogError::Invalid(_))), "{name} {scopes:?}");
    }
    let stranger = fixture.catalog.create_api_token(fixture.organization, 99, "ci", SCOPES).await;
    assert!(matches!(stranger, Err(CatalogError::NotFound("member"))));
}

#[tokio::test]
async fn no_secret_is_stored_as_it_is() {
    let fixture = Fixture::in_memory().await;
    let made = &fixture.bootstrap;
    let session = fixture.catalog.log_in(&made.admin_email, &made.admin_password).await.unwrap().unwrap();
    let stored: String = sqlx::query_scalar(
        "SELECT (SELECT password_hash FROM users) || ' ' || (SELECT token_hash FROM api_tokens)
         || ' ' || (SELECT token_hash FROM sessions)",
    )
    .fetch_one(&fixture.catalog.reader)
    .await
    .unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    for secret in [&made.admin_password, &made.api_token, &session.token] {
        assert!(!stored.contains(secret.as_str()));
    }
}
