use mayday_event::settings::ProjectSettings;
use serde_json::json;

use super::*;
use crate::{connect::Sequence, fixture::Fixture};

const ANN: &str = "ann@example.com";

fn payloads(keep_first: u32) -> Value {
    json!({ "daily_budget_bytes": 1000, "keep_first": keep_first, "keep_newest": 2 })
}

impl Fixture {
    async fn put(&self, section: Section, value: Value) -> Result<Value, CatalogError> {
        self.catalog.put_settings(self.project, section, &value, ANN).await
    }

    fn keep_first(&self) -> u32 {
        self.catalog.settings(self.project).settings.payloads.keep_first
    }

    /// What another version, or a person, may have written.
    async fn store(&self, section: &str, value: &str) {
        let mut tx = self.catalog.write().await.unwrap();
        let id = Sequence::SettingsChange.next(&mut tx).await.unwrap();
        sqlx::query(
            "INSERT INTO project_settings (project_id, section, value, change_id) VALUES ($1, $2, $3, $4)",
        )
        .bind(self.project.to_sql())
        .bind(section)
        .bind(value)
        .bind(id)
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        self.catalog.refresh_keys().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_put_holds_at_once_and_what_is_left_out_takes_its_default() {
    let fixture = Fixture::in_memory().await;
    assert_eq!(fixture.keep_first(), 10);
    assert_eq!(fixture.put(Section::Payloads, payloads(3)).await.unwrap(), payloads(3));
    assert_eq!(fixture.keep_first(), 3);
    assert_eq!(fixture.catalog.settings(ProjectId(99)).settings, ProjectSettings::default());
    let stored = fixture.put(Section::Payloads, json!({ "keep_newest": 5 })).await.unwrap();
    assert_eq!(
        stored,
        json!({ "daily_budget_bytes": 2_147_483_648_u64, "keep_first": 10, "keep_newest": 5 })
    );
    let limits = json!({ "limits": [{ "category": "error", "count": 5, "window_seconds": 60 }] });
    assert_eq!(fixture.put(Section::Limits, limits.clone()).await.unwrap(), limits);
    assert_eq!(fixture.catalog.settings(fixture.project).settings.payloads.keep_newest, 5, "others stay");
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_by_its_place_and_changes_nothing() {
    let fixture = Fixture::in_memory().await;
    let limit = |field: &str, value: Value| {
        let mut limit = json!({ "category": "error", "count": 5, "window_seconds": 60 });
        limit[field] = value;
        json!({ "limits": [limit] })
    };
    let cases = [
        (Section::Payloads, json!({ "keep_first": 0 }), "payloads.keep_first: is 0, must be 1 to 1000"),
        (Section::Payloads, json!({ "keep": 1 }), "payloads.keep: unknown field `keep`, expected one of"),
        (Section::Payloads, json!({ "keep_first": -1 }), "payloads.keep_first: invalid value"),
        (Section::Payloads, json!("a"), "payloads: invalid type"),
        (Section::Limits, limit("window_seconds", json!(0)), "limits[0].window_seconds: must be 1 to 86400"),
        (Section::Limits, limit("windw", json!(1)), "limits[0].windw: unknown field `windw`"),
        (Section::Limits, limit("category", json!("log")), "limits[0].category: unknown variant `log`"),
        (Section::Limits, limit("key", json!("abc")), "limits[0].key: is not a DSN key"),
    ];
    for (section, value, expected) in cases {
        let error = fixture.put(section, value).await.unwrap_err();
        assert!(matches!(error, CatalogError::Rule(_)) && error.to_string().starts_with(expected), "{error}");
    }
    assert_eq!(fixture.catalog.settings(fixture.project).settings, ProjectSettings::default());
    let nobody_s = fixture.catalog.put_settings(ProjectId(99), Section::Payloads, &json!({}), ANN).await;
    assert!(matches!(nobody_s, Err(CatalogError::NotFound("project"))));
}

#[tokio::test]
async fn each_change_tells_who_when_and_what_it_was_before() {
    let fixture = Fixture::in_memory().await;
    fixture.put(Section::Payloads, payloads(3)).await.unwrap();
    fixture.put(Section::Payloads, payloads(3)).await.unwrap();
    let later = fixture.advance_ms(1000);
    fixture.put(Section::Payloads, payloads(4)).await.unwrap();
    let changes = fixture.catalog.settings_changes(fixture.project, &[], 10).await.unwrap();
    let [newest, first] = changes.as_slice() else { panic!("the same again is no change: {changes:?}") };
    assert_eq!(
        (newest.by.as_str(), newest.changed, newest.subject),
        (ANN, later, Subject::Section(Section::Payloads))
    );
    assert_eq!((newest.old.as_ref(), newest.new.as_str()), (Some(&first.new), &*payloads(4).to_string()));
    assert_eq!(first.old, None);
    let of = async |section| {
        fixture.catalog.settings_changes(fixture.project, &[Subject::Section(section)], 1).await.unwrap()
    };
    assert_eq!(of(Section::Payloads).await.len(), 1);
    assert_eq!(of(Section::Limits).await, []);
}

#[tokio::test]
async fn what_another_process_decides_holds_at_the_next_refresh() {
    let fixture = Fixture::new().await;
    let other = fixture.open_again().await;
    other.put_settings(fixture.project, Section::Payloads, &payloads(3), ANN).await.unwrap();
    assert_eq!(fixture.keep_first(), 10);
    let before = fixture.catalog.settings(fixture.project);
    fixture.catalog.refresh_keys().await.unwrap();
    assert_eq!(fixture.keep_first(), 3);
    let held = fixture.catalog.settings(fixture.project);
    fixture.catalog.refresh_keys().await.unwrap();
    assert!(Arc::ptr_eq(&held, &fixture.catalog.settings(fixture.project)), "compiled once");
    assert!(!Arc::ptr_eq(&before, &held));
    assert_eq!(fixture.open_again().await.settings(fixture.project).settings.payloads.keep_first, 3);
}

#[tokio::test]
async fn a_stored_section_that_cannot_be_used_takes_its_defaults_and_can_be_mended() {
    let fixture = Fixture::in_memory().await;
    fixture.put(Section::Limits, json!({ "limits": [] })).await.unwrap();
    fixture.store("payloads", r#"{"keep_first":0,"of_the_future":true}"#).await;
    fixture.store("of_the_future", "{}").await;
    assert_eq!(fixture.keep_first(), 10);
    fixture.put(Section::Payloads, payloads(3)).await.unwrap();
    assert_eq!(fixture.keep_first(), 3);
}

#[tokio::test]
async fn a_section_is_bounded() {
    let fixture = Fixture::in_memory().await;
    let limit = json!({ "category": "error", "count": 1, "window_seconds": 1 });
    let refused = fixture.put(Section::Limits, json!({ "limits": vec![limit; 51] })).await;
    assert_eq!(refused.unwrap_err().to_string(), "limits: more than 50 limits");
}
