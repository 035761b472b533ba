use super::*;
use crate::issue_changes::{IssueChange, NewStatus};
use crate::{Catalog, fixture::Fixture};

fn commit(sha: &str) -> Commit {
    Commit {
        sha: sha.into(),
        repository: "shop/app".into(),
        author_name: "Ann".into(),
        author_email: "ann@example.com".into(),
        message: "Count the till again".into(),
        created: Some(Timestamp(1)),
    }
}

async fn create(fixture: &Fixture, version: &str) -> bool {
    let change = ReleaseChange { projects: vec![fixture.project], ..ReleaseChange::default() };
    fixture.catalog.create_release(fixture.organization, version, &change).await.unwrap()
}

async fn versions(catalog: &Catalog, fixture: &Fixture, filter: ReleaseFilter) -> Vec<String> {
    let found = catalog.releases(fixture.organization, &filter, 10).await.unwrap();
    found.into_iter().map(|release| release.version).collect()
}

#[tokio::test]
async fn releases_of_people_and_of_events_are_one_list() {
    let fixture = Fixture::in_memory().await;
    assert!(create(&fixture, "0.9.0").await);
    fixture.advance_ms(1000);
    assert!(!create(&fixture, "0.9.0").await);
    fixture.take(1, &[fixture.occurrence(7, 1)]).await;
    let found = fixture.catalog.releases(fixture.organization, &ReleaseFilter::default(), 10).await.unwrap();
    assert_eq!((found[0].version.as_str(), found[1].version.as_str()), ("1.0.0", "0.9.0"));
    assert_eq!(found[0].events, Some((fixture.now(), fixture.now())));
    assert_eq!((found[1].events, found[1].projects[0].slug.as_str()), (None, "app"));
    let of_nobody = ReleaseFilter { projects: vec![ProjectId(99)], ..ReleaseFilter::default() };
    assert_eq!(versions(&fixture.catalog, &fixture, of_nobody).await, [""; 0]);
    let with_text = ReleaseFilter { text: "0.9".into(), ..ReleaseFilter::default() };
    assert_eq!(versions(&fixture.catalog, &fixture, with_text).await, ["0.9.0"]);
}

#[tokio::test]
async fn a_release_is_finalized_archived_and_deleted() {
    let fixture = Fixture::in_memory().await;
    let (catalog, organization) = (&fixture.catalog, fixture.organization);
    create(&fixture, "1.2.3").await;
    let change = ReleaseChange { released: Some(Timestamp(5)), ..ReleaseChange::default() };
    catalog.change_release(organization, "1.2.3", &change).await.unwrap();
    let change = ReleaseChange { archived: Some(true), ..ReleaseChange::default() };
    catalog.change_release(organization, "1.2.3", &change).await.unwrap();
    let release = catalog.release(organization, "1.2.3").await.unwrap();
    assert_eq!((release.released, release.archived), (Some(Timestamp(5)), true));
    let missing = catalog.change_release(organization, "1.2.4", &change).await;
    assert!(matches!(missing, Err(CatalogError::NotFound("release"))));
    catalog.delete_release(organization, "1.2.3").await.unwrap();
    assert!(matches!(catalog.release(organization, "1.2.3").await, Err(CatalogError::NotFound("release"))));
    fixture.take(1, &[fixture.occurrence(7, 1)]).await;
    assert!(matches!(catalog.delete_release(organization, "1.0.0").await, Err(CatalogError::Invalid(_))));
}

#[tokio::test]
async fn versions_and_releases_of_nothing_are_refused() {
    let fixture = Fixture::in_memory().await;
    let change = ReleaseChange { projects: vec![fixture.project], ..ReleaseChange::default() };
    for version in ["", " 1", "a/b", "..", "latest", "a\nb", &"1".repeat(251)] {
        let refused = fixture.catalog.create_release(fixture.organization, version, &change).await;
        assert!(matches!(refused, Err(CatalogError::Invalid(_))), "{version}");
    }
    let of_nothing =
        fixture.catalog.create_release(fixture.organization, "1", &ReleaseChange::default()).await;
    assert!(matches!(of_nothing, Err(CatalogError::Invalid(_))));
}

#[tokio::test]
async fn commits_and_heads_are_replaced_and_found_by_the_next_release() {
    let fixture = Fixture::in_memory().await;
    let (catalog, organization) = (&fixture.catalog, fixture.organization);
    create(&fixture, "1.0").await;
    create(&fixture, "1.1").await;
    assert_eq!(catalog.previous_release_with_commits(organization, "1.1").await.unwrap(), None);
    let commits = vec![commit("bbb"), commit("aaa")];
    let change = ReleaseChange { commits: Some(commits.clone()), ..ReleaseChange::default() };
    catalog.change_release(organization, "1.0", &change).await.unwrap();
    catalog.change_release(organization, "1.0", &change).await.unwrap();
    assert_eq!(catalog.release_commits(organization, "1.0").await.unwrap(), commits);
    let previous = catalog.previous_release_with_commits(organization, "1.1").await.unwrap().unwrap();
    assert_eq!((previous.commits, previous.last_commit.as_deref()), (2, Some("bbb")));
    let head = Ref { repository: "shop/app".into(), sha: "ccc".into(), previous_sha: Some("bbb".into()) };
    let change = ReleaseChange { refs: Some(vec![head.clone()]), ..ReleaseChange::default() };
    catalog.change_release(organization, "1.1", &change).await.unwrap();
    assert_eq!(catalog.release_refs(organization, "1.1").await.unwrap(), [head]);
    let clear = ReleaseChange { refs: Some(Vec::new()), ..ReleaseChange::default() };
    catalog.change_release(organization, "1.0", &clear).await.unwrap();
    assert_eq!(catalog.release_commits(organization, "1.0").await.unwrap(), []);
}

#[tokio::test]
async fn deploys_and_repositories_are_listed() {
    let fixture = Fixture::in_memory().await;
    let (catalog, organization) = (&fixture.catalog, fixture.organization);
    create(&fixture, "1.0").await;
    let new = NewDeploy { environment: "production".into(), ..NewDeploy::default() };
    let deploy = catalog.create_deploy(organization, "1.0", new.clone()).await.unwrap();
    assert_eq!(deploy.finished, fixture.now());
    assert_eq!(catalog.deploys(organization, "1.0").await.unwrap(), [deploy]);
    assert_eq!(catalog.release(organization, "1.0").await.unwrap().deploys, 1);
    assert!(catalog.create_deploy(organization, "2.0", new).await.is_err());
    let repository = catalog.create_repository(organization, "shop/app", "").await.unwrap();
    assert!(matches!(
        catalog.create_repository(organization, "shop/app", "").await,
        Err(CatalogError::Conflict("repository"))
    ));
    assert_eq!(catalog.repositories(organization).await.unwrap(), [repository]);
}

#[tokio::test]
async fn a_release_says_which_issues_it_brought_brought_back_and_resolved() {
    let fixture = Fixture::in_memory().await;
    let (catalog, project) = (&fixture.catalog, fixture.project);
    let of = |release: &str, hash: u64, number: u128| {
        let mut occurrence = fixture.occurrence(hash, number);
        (occurrence.release, occurrence.received) = (Some(release.to_owned()), fixture.now());
        occurrence
    };
    let issue = fixture.take(1, &[of("1.0", 7, 1), of("1.0", 8, 2)]).await[0].issue_id;
    let resolve = IssueChange { status: Some(NewStatus::ResolvedInNextRelease), assignee: None };
    fixture.advance_ms(1000);
    catalog.change_issue(fixture.organization, fixture.user, issue, &resolve).await.unwrap();
    fixture.advance_ms(1000);
    fixture.take(2, &[of("1.1", 9, 3)]).await;
    fixture.advance_ms(1000);
    fixture.take(3, &[of("1.2", 10, 4)]).await;
    let versions = ["1.0", "1.1", "1.2", "1.3"].map(str::to_owned);
    let counts = async || {
        let counts = catalog.release_issue_counts(project, &versions).await.unwrap();
        let of = |version| counts.get(version).copied().unwrap_or_default();
        versions.each_ref().map(of).map(|it| [it.new, it.regressed, it.resolved])
    };
    assert_eq!(counts().await, [[2, 0, 0], [1, 0, 1], [1, 0, 0], [0; 3]], "1.1 is the next release");
    let resolved = catalog.release_issues(project, "1.1", ReleaseIssueKind::Resolved, 10).await.unwrap();
    assert_eq!(resolved, [issue]);
    fixture.advance_ms(1000);
    fixture.take(4, &[of("1.2", 7, 5), of("1.2", 7, 6)]).await;
    assert_eq!(counts().await, [[2, 0, 0], [1, 0, 0], [1, 1, 0], [0; 3]], "it is back");
    let regressed = catalog.release_issues(project, "1.2", ReleaseIssueKind::Regressed, 10).await.unwrap();
    assert_eq!(regressed, [issue]);
    let resolve =
        IssueChange { status: Some(NewStatus::ResolvedInRelease(Some("1.2".into()))), assignee: None };
    catalog.change_issue(fixture.organization, fixture.user, issue, &resolve).await.unwrap();
    assert_eq!(counts().await, [[2, 0, 0], [1, 0, 0], [1, 1, 1], [0; 3]], "1.2 has the fix");
}
