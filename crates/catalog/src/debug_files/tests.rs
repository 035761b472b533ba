use super::*;
use crate::fixture::Fixture;

const BUILD_ID: &str = "7f883fcdc55336d0a809b0150f09500b0123abcd";

fn object(debug_id: &str, code_id: Option<&str>, kind: &str, name: &str) -> NewObject {
    NewObject {
        debug_id: debug_id.into(),
        code_id: code_id.map(str::to_owned),
        kind: kind.into(),
        object_kind: "dbg".into(),
        arch: "arm64".into(),
        name: name.into(),
        features: vec!["symtab".into(), "debug".into()],
    }
}

async fn add(fixture: &Fixture, sha1: &str, objects: &[NewObject]) -> Vec<DebugFile> {
    let file = NewDebugFile {
        project_id: fixture.project,
        sha1,
        digest: &format!("digest-{sha1}"),
        bytes: 1234,
        uploaded_by: "ann@example.com",
        objects,
    };
    fixture.catalog.add_debug_file(&file).await.unwrap()
}

async fn fill(fixture: &Fixture) {
    let elf = object("cd3f887f-53c5-d036-a809-b0150f09500b", Some(BUILD_ID), "elf", "libApp.so");
    add(fixture, "a1", &[elf]).await;
    let slices = ["502fc0a5-1ec1-3e47-9998-684fa139dca7", "602fc0a5-1ec1-3e47-9998-684fa139dca7"];
    add(fixture, "b2", &slices.map(|id| object(id, None, "macho", "Shop"))).await;
    let pdb = object("3249d99d-0c40-4931-8610-f4e4fb0b6936-1", None, "pdb", "crash_100%.pdb");
    add(fixture, "c3", &[pdb]).await;
}

#[tokio::test]
async fn files_are_found_by_either_id_and_only_in_their_project() {
    let fixture = Fixture::in_memory().await;
    fill(&fixture).await;
    let catalog = &fixture.catalog;
    let ids = ["602fc0a5-1ec1-3e47-9998-684fa139dca7", "3249d99d-0c40-4931-8610-f4e4fb0b6936"];
    let found = catalog.debug_files_by(fixture.project, &ids, &[BUILD_ID]).await.unwrap();
    let names: Vec<_> = found.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["Shop", "libApp.so"], "a PDB of another age is another file");
    assert_eq!((found[1].bytes, found[1].features.len()), (1234, 2));
    assert_eq!(found[1].uploaded, fixture.now());
    assert_eq!(catalog.debug_files_by(ProjectId(99), &ids, &[BUILD_ID]).await.unwrap(), []);
    assert_eq!(catalog.debug_files_by(fixture.project, &[], &[]).await.unwrap(), []);
}

#[tokio::test]
async fn the_same_file_again_is_one() {
    let fixture = Fixture::in_memory().await;
    fill(&fixture).await;
    let before = fixture.catalog.debug_files_of_upload(fixture.project, "b2").await.unwrap();
    fixture.advance_ms(1000);
    fill(&fixture).await;
    assert_eq!(fixture.catalog.debug_files_of_upload(fixture.project, "b2").await.unwrap(), before);
    assert_eq!(before.len(), 2);
}

#[tokio::test]
async fn people_search_by_ids_as_they_meet_them_and_by_name() {
    let fixture = Fixture::in_memory().await;
    fill(&fixture).await;
    for (text, names) in [
        (BUILD_ID, &["libApp.so"][..]),
        ("7F883FCD", &["libApp.so"]),
        ("502FC0A51EC13E479998684FA139DCA7", &["Shop"]),
        ("502fc0a5-1ec1", &["Shop"]),
        ("3249D99D0C4049318610F4E4FB0B69361", &["crash_100%.pdb"]),
        ("libapp", &["libApp.so"]),
        ("100%", &["crash_100%.pdb"]),
        ("_", &["crash_100%.pdb"]),
        ("-", &[]),
        ("nothing", &[]),
        ("", &["crash_100%.pdb", "Shop", "Shop", "libApp.so"]),
    ] {
        let filter = DebugFileFilter { text: text.into(), ..DebugFileFilter::default() };
        let found = fixture.catalog.debug_files(fixture.project, &filter, 10).await.unwrap();
        assert_eq!(found.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), names, "{text}");
    }
    let filter = DebugFileFilter { kind: "macho".into(), ..DebugFileFilter::default() };
    let found = fixture.catalog.debug_files(fixture.project, &filter, 10).await.unwrap();
    assert_eq!(found.len(), 2);
    let filter = DebugFileFilter { before: Some(found[0].id), ..filter };
    let found = fixture.catalog.debug_files(fixture.project, &filter, 10).await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_fat_file_goes_as_a_whole_and_leaves_an_orphan() {
    let fixture = Fixture::in_memory().await;
    fill(&fixture).await;
    let catalog = &fixture.catalog;
    let slice = catalog.debug_files_of_upload(fixture.project, "b2").await.unwrap().remove(1);
    let elsewhere = catalog.delete_debug_file(ProjectId(99), slice.id).await;
    assert!(matches!(elsewhere, Err(CatalogError::NotFound("debug file"))));
    catalog.delete_debug_file(fixture.project, slice.id).await.unwrap();
    assert_eq!(catalog.debug_files_of_upload(fixture.project, "b2").await.unwrap(), []);
    let digests = ["digest-a1", "digest-b2", "unknown"].map(str::to_owned).to_vec();
    assert_eq!(catalog.orphaned_digests(digests).await.unwrap(), ["digest-b2", "unknown"]);
}

#[tokio::test]
async fn files_that_events_need_stay() {
    let fixture = Fixture::in_memory().await;
    fill(&fixture).await;
    let later = fixture.advance_ms(100 * Timestamp::DAY_MS);
    let used = fixture.catalog.debug_files_of_upload(fixture.project, "a1").await.unwrap()[0].id;
    fixture.catalog.note_debug_files_used(&[used]).await.unwrap();
    let pdb = "3249d99d-0c40-4931-8610-f4e4fb0b6936-1";
    fixture.catalog.note_debug_file_release(fixture.project, pdb, "1.0.0").await.unwrap();
    fixture.take(1, &[fixture.occurrence(7, 1)]).await;
    let yesterday = later.plus_ms(-Timestamp::DAY_MS);
    assert_eq!(fixture.catalog.delete_debug_files_unused_since(yesterday).await.unwrap(), 2);
    let left = fixture.catalog.debug_files(fixture.project, &DebugFileFilter::default(), 10).await.unwrap();
    assert_eq!(
        left.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(),
        ["crash_100%.pdb", "libApp.so"]
    );
    assert_eq!((left[1].id, left[1].last_used), (used, later));
    let after = fixture.catalog.debug_files_after(used, 10).await.unwrap();
    assert_eq!((after.len(), after[0].name.as_str()), (1, "crash_100%.pdb"));
}
