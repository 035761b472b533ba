//! Symbols: at hand, late, and never there.

use std::io::Cursor;

use bytes::Bytes;
use mayday_blobs::BlobKey;
use mayday_catalog::{
    batch::Occurrence,
    debug_files::{NewDebugFile, NewObject},
    healing::Healed,
    issues::{Issue, IssueCondition},
};
use mayday_event::{Event, EventId, GroupHash, Timestamp, model::Level};
use mayday_fixture::empty_row;
use mayday_store::{
    queries::{Condition, HashGroup, Window, events::StoredEvent},
    rows::EventRow,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use symbolic::debuginfo::sourcebundle::{SourceBundleWriter, SourceFileInfo, SourceFileType};
use uuid::Uuid;

use crate::harness::{Fixture, NOW};

/// Two builds of one program.
pub(crate) const BUILDS: [&str; 2] =
    ["c22813ac-7d10-1e2f-f13b-4f2a1d0e6c60", "d22813ac-7d10-1e2f-f13b-4f2a1d0e6c60"];
const STRIPPED: &str = "e22813ac-7d10-1e2f-f13b-4f2a1d0e6c60";
const WINDOW: Window = Window { from: Timestamp(0), to: Timestamp(NOW.0 + Timestamp::DAY_MS) };

impl Fixture {
    /// A crash in `pay` of a build, as a device without symbols reports it.
    pub(crate) async fn crash(&self, id: u128, build: &str) {
        self.crash_with(id, build, None).await;
    }

    /// The same of a binary with a build id.
    pub(crate) async fn crash_with(&self, id: u128, build: &str, code_id: Option<&str>) {
        // Builds lie at different places; without names, the text alone tells their crashes apart.
        let (offset, value) =
            if build == BUILDS[0] { (0x1004, "read of page") } else { (0x1104, "bus error") };
        let event = json!({
            "platform": "native",
            "release": format!("shop@{}", build.split_at(1).0),
            "user": {"id": "ada"},
            "exception": {"values": [{
                "type": "SIGSEGV",
                "value": value,
                "stacktrace": {"frames": [{"instruction_addr": format!("{:#x}", 0x40_0000 + offset)}]},
            }]},
            "debug_meta": {"images": [{
                "type": "elf", "debug_id": build, "code_id": code_id, "code_file": "/app/libshop.so",
                "image_addr": "0x400000", "image_size": 0x10000, "arch": "arm64",
            }]},
        });
        let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}\n");
        self.append(self.report(id, &envelope)).await;
    }

    /// The symbols of a build arrive.
    async fn upload(&self, build: &str) {
        self.upload_file(build, &symbols_of(build)).await;
    }

    pub(crate) async fn upload_file(&self, build: &str, content: &str) {
        self.upload_bytes(build, "breakpad", &["debug", "symtab"], content.as_bytes()).await;
    }

    /// The source files of a build arrive.
    async fn upload_sources(&self, build: &str) {
        self.upload_bytes(build, "sourcebundle", &["sources"], &sources_of(build)).await;
    }

    pub(crate) async fn upload_bytes(&self, build: &str, kind: &str, features: &[&str], content: &[u8]) {
        let digest = hex::encode(Sha256::digest(content));
        let key = BlobKey::DebugFile(digest.clone());
        self.worker.blobs.put(&key, Bytes::copy_from_slice(content)).await.unwrap();
        let object = NewObject {
            debug_id: build.to_owned(),
            code_id: None,
            kind: kind.into(),
            object_kind: "dbg".into(),
            arch: "arm64".into(),
            name: "libshop.so".into(),
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
        };
        let file = NewDebugFile {
            project_id: self.project,
            sha1: digest.split_at(40).0,
            digest: &digest,
            bytes: content.len() as u64,
            uploaded_by: "ann@example.com",
            objects: &[object],
        };
        self.worker.catalog.add_debug_file(&file).await.unwrap();
    }

    async fn stored(&self, id: u128) -> StoredEvent {
        let id = EventId(Uuid::from_u128(id));
        self.worker.store.event(self.project, id).await.unwrap().expect("the event is stored")
    }

    /// The function of the crashing frame, or why there is none.
    pub(crate) async fn named(&self, id: u128) -> String {
        let payload = self.stored(id).await.payload.expect("its payload");
        let event: Event = serde_json::from_str(&payload).unwrap();
        let frame = event.exception[0].stacktrace.as_ref().unwrap().frames.last().unwrap();
        match (&frame.function, &frame.symbolication) {
            (Some(function), _) => format!("{function}:{}", frame.lineno.unwrap_or_default()),
            (None, Some(symbolication)) => symbolication.reason.clone().unwrap_or_default(),
            (None, None) => "nobody looked".to_owned(),
        }
    }

    /// The line of source of the crashing frame.
    pub(crate) async fn source_line(&self, id: u128) -> Option<String> {
        let payload = self.stored(id).await.payload.expect("its payload");
        let event: Event = serde_json::from_str(&payload).unwrap();
        event.exception[0].stacktrace.as_ref()?.frames.last()?.context_line.clone()
    }

    async fn issues(&self) -> Vec<Issue> {
        let keys = self.worker.catalog.issue_keys(self.project, &IssueCondition::default(), 9).await.unwrap();
        let mut issues = Vec::new();
        for key in keys {
            issues.push(self.worker.catalog.issue_by_id(key.id).await.unwrap());
        }
        issues
    }

    async fn events_of(&self, hashes: &[GroupHash]) -> (u64, u64) {
        let groups = [HashGroup { id: 1, hashes: hashes.to_vec() }];
        let stats = self.worker.store.group_stats(self.project, &groups, WINDOW, &Condition::default()).await;
        stats.unwrap().get(&1).map_or((0, 0), |stats| (stats.events, stats.users))
    }

    /// What is missing, `file events users` a line.
    async fn missing(&self) -> Vec<String> {
        let missing = self.worker.store.missing_symbols(self.project, WINDOW, 9).await.unwrap();
        missing.iter().map(|file| format!("{} {} {}", file.file, file.events, file.users)).collect()
    }
}

/// A build's identifier as Breakpad writes it.
pub(crate) fn breakpad_id(build: &str) -> String {
    format!("{}0", build.replace('-', "").to_uppercase())
}

/// A build's symbols, in Breakpad's text.
pub(crate) fn symbols_of(build: &str) -> String {
    let offset = if build == BUILDS[0] { "1000" } else { "1100" };
    format!(
        "MODULE Linux arm64 {} libshop.so\nFILE 0 src/pay.cpp\nFUNC {offset} 20 0 pay(int)\n{offset} 20 42 0\n",
        breakpad_id(build)
    )
}

/// The source bundle of a build, as `sentry-cli debug-files upload --include-sources` sends it.
fn sources_of(build: &str) -> Vec<u8> {
    bundle_of(build, |info| info.set_path("src/pay.cpp".to_owned()))
}

/// A source bundle of one file, which is called as `name` says.
fn bundle_of(build: &str, name: impl FnOnce(&mut SourceFileInfo)) -> Vec<u8> {
    let source: String = (1..=60).map(|line| format!("line {line}\n")).collect();
    let mut bytes = Cursor::new(Vec::new());
    let mut bundle = SourceBundleWriter::start(&mut bytes).unwrap();
    bundle.set_attribute("debug_id", build);
    let mut info = SourceFileInfo::new();
    info.set_ty(SourceFileType::Source);
    name(&mut info);
    bundle.add_file("files/source", source.as_bytes(), info).unwrap();
    bundle.finish().unwrap();
    bytes.into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn symbols_that_are_there_name_an_event_from_the_start() {
    let fixture = Fixture::new().await;
    fixture.upload(BUILDS[0]).await;
    fixture.crash(1, BUILDS[0]).await;
    fixture.work_off().await;
    assert_eq!(fixture.named(1).await, "pay(int):42");
    assert_eq!(fixture.missing().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_without_symbols_is_stored_with_the_reason() {
    let fixture = Fixture::new().await;
    fixture.crash(1, BUILDS[0]).await;
    fixture.crash(2, BUILDS[0]).await;
    // Anything may be uploaded under any id.
    fixture.upload_file(BUILDS[1], "MODULE nonsense").await;
    fixture.crash(3, BUILDS[1]).await;
    fixture.upload_bytes(STRIPPED, "elf", &["unwind"], b"stripped").await;
    fixture.crash(4, STRIPPED).await;
    fixture.work_off().await;
    assert_eq!(fixture.named(1).await, "not uploaded");
    assert_eq!(fixture.named(4).await, "only a file without names was uploaded, not the debug file");
    assert!(fixture.named(3).await.starts_with("uploads: "), "{}", fixture.named(3).await);
    assert_eq!(fixture.missing().await, ["libshop.so 2 1", "libshop.so 1 1", "libshop.so 1 1"]);
    assert_eq!(fixture.outcomes().await, ["error accepted  4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn late_symbols_rename_an_issue_and_move_its_twin_into_it() {
    let fixture = Fixture::new().await;
    fixture.crash(1, BUILDS[0]).await;
    fixture.crash(2, BUILDS[1]).await;
    fixture.work_off().await;
    let before = fixture.issues().await;
    assert_eq!(before.len(), 2, "without names the texts decide");

    for build in BUILDS {
        fixture.upload(build).await;
    }
    fixture
        .work_until("both events are named and in one issue", async || {
            fixture.named(1).await == "pay(int):42"
                && fixture.named(2).await == "pay(int):42"
                && fixture.issues().await.len() == 1
        })
        .await;
    let issue = fixture.issues().await.remove(0);
    assert!(issue.culprit.contains("pay"), "{}", issue.culprit);
    assert_eq!(fixture.events_of(&issue.hashes).await, (2, 1));
    for old in before {
        assert_eq!(fixture.worker.catalog.issue_by_id(old.id).await.unwrap().id, issue.id);
    }
    assert_eq!(fixture.missing().await, [""; 0]);
    assert_eq!(fixture.worker.store.event_count(fixture.project, WINDOW).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_that_come_after_the_symbols_are_shown_in_events_of_before() {
    let fixture = Fixture::new().await;
    fixture.upload(BUILDS[0]).await;
    fixture.crash(1, BUILDS[0]).await;
    fixture.crash(2, BUILDS[1]).await;
    fixture.work_off().await;
    assert_eq!(fixture.named(1).await, "pay(int):42");
    assert_eq!(fixture.source_line(1).await, None);
    assert_eq!(fixture.missing().await, ["libshop.so 1 1"], "sources would only help");

    fixture.upload_sources(BUILDS[0]).await;
    fixture
        .work_until("the line is there", async || fixture.source_line(1).await.as_deref() == Some("line 42"))
        .await;
    // Of another build nothing is there yet: first the sources, then the symbols.
    fixture.upload_sources(BUILDS[1]).await;
    fixture.upload(BUILDS[1]).await;
    fixture
        .work_until("the line is there, too", async || {
            fixture.source_line(2).await.as_deref() == Some("line 42") && fixture.missing().await.is_empty()
        })
        .await;
    assert_eq!(fixture.worker.store.event_count(fixture.project, WINDOW).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_knows_lines_heals_what_one_without_named() {
    let fixture = Fixture::new().await;
    let stripped =
        format!("MODULE Linux arm64 {} libshop.so\nPUBLIC 1000 0 pay(int)\n", breakpad_id(BUILDS[0]));
    fixture.upload_bytes(BUILDS[0], "breakpad", &["symtab"], stripped.as_bytes()).await;
    fixture.crash(1, BUILDS[0]).await;
    fixture.work_off().await;
    assert_eq!(fixture.named(1).await, "pay(int):0");
    assert_eq!(fixture.missing().await, [""; 0], "a better file would only help");

    fixture.upload(BUILDS[0]).await;
    fixture
        .work_until("the line is known", async || {
            let count = fixture.worker.store.event_count(fixture.project, WINDOW).await.unwrap();
            fixture.named(1).await == "pay(int):42" && count == 1
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sources_of_a_jvms_frames_may_come_late() {
    let fixture = Fixture::new().await;
    let event = json!({
        "platform": "java",
        "exception": {"values": [{"type": "E", "stacktrace": {"frames": [
            {"module": "com.shop.Cart", "function": "pay", "filename": "Cart.kt", "lineno": 2},
        ]}}]},
        "debug_meta": {"images": [{"type": "jvm", "debug_id": BUILDS[0]}]},
    });
    let envelope = format!("{{}}\n{{\"type\":\"event\"}}\n{event}\n");
    fixture.append(fixture.report(1, &envelope)).await;
    fixture.work_off().await;
    assert_eq!(fixture.source_line(1).await, None);
    assert_eq!(fixture.missing().await, [""; 0], "sources would only help");
    let bundle = bundle_of(BUILDS[0], |info| info.set_url("~/com/shop/Cart.jvm".to_owned()));
    fixture.upload_bytes(BUILDS[0], "sourcebundle", &["sources"], &bundle).await;
    fixture
        .work_until("the line is there", async || fixture.source_line(1).await.as_deref() == Some("line 2"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heal_that_was_killed_halfway_comes_to_its_end() {
    let fixture = Fixture::new().await;
    fixture.crash(1, BUILDS[0]).await;
    fixture.work_off().await;
    fixture.upload(BUILDS[0]).await;
    // The catalog knew of the new row, it was inserted, and the old one not deleted yet.
    let stored = fixture.stored(1).await;
    let (occurrence, old_hash) = (occurrence_of(&stored, GroupHash(77)), stored.summary.hash);
    fixture.worker.catalog.heal(&[Healed { occurrence, old_hash }]).await.unwrap();
    let twice = EventRow { hash: GroupHash(77), revision: 5, ..row_of(&stored) };
    fixture.worker.store.insert_events("before the kill", &[twice]).await.unwrap();
    fixture
        .work_until("the event is there once", async || {
            let count = fixture.worker.store.event_count(fixture.project, WINDOW).await.unwrap();
            count == 1 && fixture.named(1).await == "pay(int):42"
        })
        .await;
    let issue = fixture.issues().await.remove(0);
    assert_eq!(fixture.events_of(&issue.hashes).await, (1, 1));
}

/// A stored event as the catalog sees it, with another fingerprint.
fn occurrence_of(stored: &StoredEvent, hash: GroupHash) -> Occurrence {
    Occurrence {
        project_id: stored.project_id,
        hash,
        previous: Vec::new(),
        event_id: stored.summary.event_id,
        timestamp: stored.summary.timestamp,
        received: stored.summary.received,
        level: Level::Fatal,
        platform: stored.summary.platform.clone(),
        release: None,
        title: stored.summary.title.clone(),
        culprit: String::new(),
        error_type: String::new(),
        error_value: String::new(),
        filename: String::new(),
        function: String::new(),
    }
}

/// A stored event as a row.
fn row_of(stored: &StoredEvent) -> EventRow {
    let StoredEvent { project_id, summary, .. } = stored;
    EventRow {
        received: summary.received,
        level: Level::Fatal,
        platform: summary.platform.clone(),
        release: summary.release.clone(),
        title: summary.title.clone(),
        user: summary.user.clone(),
        payload: stored.payload.clone().unwrap_or_default(),
        grouping: stored.grouping.clone().unwrap_or_default(),
        ..empty_row(*project_id, summary.event_id, summary.hash, summary.timestamp)
    }
}
