use super::*;
use crate::fixture::Fixture;

async fn create(fixture: &Fixture, url: &str, secret: Option<&str>) -> Result<Hook, CatalogError> {
    fixture.catalog.create_hook(fixture.project, url, &[TransitionKind::New], secret).await
}

fn said(refused: Result<Hook, CatalogError>) -> String {
    match refused {
        Err(CatalogError::Invalid(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_hook_is_kept_as_it_was_made_and_gets_a_secret() {
    let fixture = Fixture::in_memory().await;
    let events = [TransitionKind::Regressed, TransitionKind::New, TransitionKind::New];
    let url = "https://example.com/hook?a=1";
    let hook = fixture.catalog.create_hook(fixture.project, url, &events, None).await.unwrap();
    assert_eq!(
        (hook.url.as_str(), hook.events.as_slice()),
        (url, &[TransitionKind::New, TransitionKind::Regressed][..])
    );
    assert_eq!(hook.secret.len(), 64);
    let given = create(&fixture, url, Some("mine")).await.unwrap();
    assert_eq!(given.secret, "mine");
    assert_eq!(fixture.catalog.hooks(fixture.project).await.unwrap(), [hook.clone(), given]);
    assert!(fixture.catalog.hooks(ProjectId(99)).await.unwrap().is_empty());

    let elsewhere = fixture.catalog.delete_hook(ProjectId(99), hook.id).await;
    assert!(matches!(elsewhere, Err(CatalogError::NotFound("hook"))));
    fixture.catalog.delete_hook(fixture.project, hook.id).await.unwrap();
    assert_eq!(fixture.catalog.hooks(fixture.project).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_delivered_to_is_refused_with_a_reason() {
    let fixture = Fixture::in_memory().await;
    for (url, why) in [
        ("example.com", "not a URL"),
        ("ftp://example.com/", "http or https"),
        ("https://", "not a URL"),
        ("https://me:secret@example.com/", "user name and password"),
        ("http://169.254.169.254/latest/meta-data/", "link-local"),
        ("http://0xa9fea9fe/", "link-local"),
        ("http://[fe80::1]/", "link-local"),
        ("http://[::ffff:169.254.169.254]/", "link-local"),
        (&format!("https://example.com/{}", "a".repeat(MAX_URL)), "longer than"),
    ] {
        let text = said(create(&fixture, url, None).await);
        assert!(text.starts_with("url: ") && text.contains(why), "{url}: {text}");
        assert!(!text.contains("secret@"), "{text}");
    }
    for secret in ["", &"s".repeat(MAX_SECRET + 1)] {
        assert!(said(create(&fixture, "http://10.0.0.1/", Some(secret)).await).starts_with("secret: "));
    }
    let no_events = fixture.catalog.create_hook(fixture.project, "http://10.0.0.1/", &[], None).await;
    assert!(said(no_events).contains("issue.new, issue.regressed"));
}

#[tokio::test]
async fn hooks_are_bounded_and_belong_to_a_project() {
    let fixture = Fixture::in_memory().await;
    for _ in 0..MAX_HOOKS {
        create(&fixture, "http://10.0.0.1/", None).await.unwrap();
    }
    assert!(said(create(&fixture, "http://10.0.0.1/", None).await).contains("at most 20"));
    let events = TransitionKind::ALL;
    let stray = fixture.catalog.create_hook(ProjectId(99), "http://10.0.0.1/", &events, None).await;
    assert!(matches!(stray, Err(CatalogError::NotFound("project"))));
}
