use super::*;
use crate::fixture::Fixture;

const DEBUG_ID: &str = "0b3a5c2e-1111-4222-8333-444455556666";

fn file(path: &str, url: &str, kind: ArtifactFileKind, debug_id: Option<&str>) -> NewArtifactFile {
    NewArtifactFile {
        path: path.into(),
        url: url.into(),
        kind,
        debug_id: debug_id.map(str::to_owned),
        source_map: String::new(),
    }
}

async fn add(fixture: &Fixture, sha1: &str, release: Option<(&str, &str)>) {
    let files = [
        file("files/_/_/app.js", "~/app.js", ArtifactFileKind::MinifiedSource, Some(DEBUG_ID)),
        file("files/_/_/app.js.map", "~/app.js.map", ArtifactFileKind::SourceMap, Some(DEBUG_ID)),
        file("files/_/_/vendor.js", "~/vendor.js", ArtifactFileKind::MinifiedSource, None),
    ];
    let bundle = NewArtifactBundle {
        organization_id: fixture.organization,
        sha1,
        digest: &format!("digest-{sha1}"),
        bytes: 10,
        uploaded_by: "ann@example.com",
        files: &files,
    };
    fixture.catalog.add_artifact_bundle(&bundle, &used_by(fixture, release)).await.unwrap();
}

fn used_by(fixture: &Fixture, release: Option<(&str, &str)>) -> BundleUse {
    BundleUse {
        projects: vec![fixture.project],
        release: release.map(|(version, dist)| (version.into(), dist.into())),
    }
}

fn digests(files: &[ArtifactFile]) -> Vec<&str> {
    files.iter().map(|file| file.digest.as_str()).collect()
}

#[tokio::test]
async fn files_are_found_by_debug_id_in_the_newest_bundle_first() {
    let fixture = Fixture::in_memory().await;
    add(&fixture, "a", None).await;
    add(&fixture, "b", None).await;
    let found = fixture.catalog.artifacts_by_debug_id(fixture.project, DEBUG_ID).await.unwrap();
    assert_eq!(digests(&found), ["digest-b", "digest-b", "digest-a", "digest-a"]);
    let kinds: Vec<_> = found.iter().take(2).map(|file| file.kind).collect();
    assert_eq!(kinds, [ArtifactFileKind::MinifiedSource, ArtifactFileKind::SourceMap]);
    assert_eq!(fixture.catalog.artifacts_by_debug_id(ProjectId(99), DEBUG_ID).await.unwrap(), []);
}

#[tokio::test]
async fn files_are_found_by_release_distribution_and_url() {
    let fixture = Fixture::in_memory().await;
    add(&fixture, "any", Some(("shop@1", ""))).await;
    add(&fixture, "mine", Some(("shop@1", "17"))).await;
    add(&fixture, "other", Some(("shop@2", "17"))).await;
    let find = async |release: &str, dist: Option<&str>, url: &str| {
        let urls = artifact_urls(url);
        let urls: Vec<_> = urls.iter().map(String::as_str).collect();
        fixture.catalog.artifacts_by_url(fixture.project, release, dist, &urls).await.unwrap()
    };
    let url = "https://shop.example/app.js?v=3";
    assert_eq!(digests(&find("shop@1", Some("17"), url).await), ["digest-mine", "digest-any"]);
    assert_eq!(digests(&find("shop@1", None, url).await), ["digest-any"]);
    assert_eq!(digests(&find("shop@2", None, url).await), [""; 0]);
    assert_eq!(find("shop@1", None, "app:///vendor.js").await[0].path, "files/_/_/vendor.js");
}

#[tokio::test]
async fn the_same_bundle_serves_several_releases_and_goes_with_its_last_project() {
    let fixture = Fixture::in_memory().await;
    add(&fixture, "a", Some(("shop@1", ""))).await;
    add(&fixture, "a", Some(("shop@2", ""))).await;
    let bundles = fixture.catalog.artifact_bundles(fixture.project, 10).await.unwrap();
    assert_eq!((bundles.len(), bundles[0].files), (1, 3));
    let releases = fixture.catalog.releases_of_bundle(bundles[0].id).await.unwrap();
    assert_eq!(
        releases.iter().map(|(version, _)| version.as_str()).collect::<Vec<_>>(),
        ["shop@1", "shop@2"]
    );
    let other = fixture.catalog.create_project(fixture.organization, "Other", None, "").await.unwrap();
    let used = BundleUse { projects: vec![other.id], release: None };
    let id = fixture.catalog.use_artifact_bundle(fixture.organization, "a", &used).await.unwrap();
    assert_eq!(id, Some(bundles[0].id));
    assert_eq!(fixture.catalog.use_artifact_bundle(fixture.organization, "b", &used).await.unwrap(), None);
    fixture.catalog.delete_artifact_bundle(fixture.project, bundles[0].id).await.unwrap();
    assert_eq!(fixture.catalog.orphaned_digests(vec!["digest-a".into()]).await.unwrap(), [""; 0]);
    fixture.catalog.delete_artifact_bundle(other.id, bundles[0].id).await.unwrap();
    assert_eq!(fixture.catalog.orphaned_digests(vec!["digest-a".into()]).await.unwrap(), ["digest-a"]);
}

#[tokio::test]
async fn bundles_of_releases_that_still_send_events_stay() {
    let fixture = Fixture::in_memory().await;
    add(&fixture, "old", Some(("0.9.0", ""))).await;
    add(&fixture, "alive", Some(("1.0.0", ""))).await;
    let later = fixture.advance_ms(100 * Timestamp::DAY_MS);
    fixture.take(1, &[fixture.occurrence(7, 1)]).await;
    let yesterday = later.plus_ms(-Timestamp::DAY_MS);
    assert_eq!(fixture.catalog.delete_artifact_bundles_unused_since(yesterday).await.unwrap(), 1);
    let left = fixture.catalog.artifact_bundles(fixture.project, 10).await.unwrap();
    assert_eq!((left.len(), left[0].sha1.as_str()), (1, "alive"));
}

#[test]
fn urls_are_tried_from_the_whole_to_the_path() {
    for (url, tried) in [
        ("https://a.example/x/app.js", &["https://a.example/x/app.js", "~/x/app.js"][..]),
        (
            "app:///index.bundle?platform=ios",
            &[
                "app:///index.bundle?platform=ios",
                "app:///index.bundle",
                "~/index.bundle?platform=ios",
                "~/index.bundle",
            ],
        ),
        ("/x/app.js", &["/x/app.js", "~/x/app.js"]),
        ("app.js", &["app.js", "~/app.js"]),
        ("https://a.example", &["https://a.example"]),
    ] {
        assert_eq!(artifact_urls(url), tried, "{url}");
    }
}
