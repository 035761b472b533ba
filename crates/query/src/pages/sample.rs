//! An issue and an event that have everything a page can show, for tests.

use std::sync::Arc;

use mayday_catalog::{
    activities::{Activity, Actor},
    issues::{Issue, Status},
    json::IssueCounts,
    projects::Project,
};
use mayday_event::{
    Event, EventId, GroupHash, IssueId, OrganizationId, ProjectId, Timestamp,
    entry::Feedback,
    model::{Level, NoteKind},
};
use mayday_store::queries::{
    Window,
    attachments::StoredAttachment,
    events::{EventSummary, Neighbours},
    feedback::StoredFeedback,
    series::{Buckets, Distribution, ValueSeries},
    tags::{TagFacet, TagValue},
    voices::Sides,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{issue::Shown, issue_parts::Parts, issue_suspects::Looked, shell::Shell};
use crate::{
    fixture::now,
    read::{
        Series,
        events::{Enclosed, EventView},
        suspects::{Measured, Pair, Suspect, Suspects},
    },
};

pub(super) fn shell() -> Shell {
    Shell { title: "A test".into(), here: "/here/".into(), ..Shell::default() }
}

pub(super) fn issue() -> Issue {
    Issue {
        id: IssueId(42),
        organization_id: OrganizationId(1),
        project_id: ProjectId(1),
        project_slug: "app".into(),
        project_name: "App".into(),
        project_platform: "android".into(),
        short_id: "APP-7".into(),
        status: Status::Unresolved,
        regressed: true,
        escalating: false,
        resolved_in_next_release: false,
        resolved_in_release: None,
        ignored: None,
        resolved: None,
        level: Level::Fatal,
        platform: "java".into(),
        title: "CheckoutFailed: no <view> for order 7".into(),
        culprit: "com.example.Checkout in onPay".into(),
        error_type: "CheckoutFailed".into(),
        error_value: "no <view> for order 7".into(),
        filename: "Checkout.kt".into(),
        function: "onPay".into(),
        first_seen: now().plus_ms(-9 * Timestamp::DAY_MS),
        last_seen: now().plus_ms(-2 * Timestamp::HOUR_MS),
        first_release: Some("app@1.0.0".into()),
        last_release: Some("app@1.2.0".into()),
        assignee: Some("gone@example.com".into()),
        hashes: vec![GroupHash(7)],
    }
}

pub(super) fn project() -> Project {
    let issue = issue();
    Project {
        id: issue.project_id,
        organization_id: issue.organization_id,
        organization_slug: "mayday".into(),
        slug: issue.project_slug,
        name: issue.project_name,
        platform: issue.project_platform,
        created: now(),
    }
}

/// About the event of [`view`].
pub(super) fn feedback() -> StoredFeedback {
    StoredFeedback {
        received: now(),
        feedback: Feedback {
            id: id(9),
            event_id: Some(id(3)),
            name: "Ann".into(),
            email: "ann@example.com".into(),
            message: "It <broke> when I paid.".into(),
            url: String::new(),
            release: "app@1.2.0".into(),
            environment: "production".into(),
            timestamp: now().plus_ms(-Timestamp::HOUR_MS),
        },
        hash: Some(GroupHash(7)),
    }
}

/// Of the event of [`view`].
pub(super) fn enclosed() -> Enclosed {
    let attachment = |id: u64, name: &str, content_type: &str, ty: &str| StoredAttachment {
        id,
        received: now(),
        name: name.into(),
        content_type: content_type.into(),
        attachment_type: ty.into(),
        bytes: 2_048,
        sha256: "00".repeat(32),
        blob: String::new(),
    };
    Enclosed {
        attachments: vec![
            attachment(1, "screenshot.png", "image/png", "event.attachment"),
            attachment(2, "view-hierarchy.json", "application/json", "event.view_hierarchy"),
            attachment(3, "log <1>.html", "text/html", "event.attachment"),
        ],
        view_hierarchy: Some(json!({
            "rendering_system": "Android View",
            "windows": [{ "type": "DecorView", "children": [
                { "type": "Button", "tag": "pay", "x": 1, "y": 2, "width": 30, "height": 4 },
                { "type": "TextView", "visibility": "gone" },
            ] }]
        })),
        feedback: vec![feedback()],
    }
}

pub(super) fn series(buckets: usize, width_ms: i64) -> Series {
    let start = now().plus_ms(-width_ms * buckets as i64);
    (0..buckets).map(|at| (start.plus_ms(width_ms * at as i64), (at % 3) as u64)).collect()
}

pub(super) fn shown() -> Shown {
    let day = |n: i64| now().day().plus_ms((n - 2) * Timestamp::DAY_MS);
    let release = |value: &str, counts: [u64; 3]| ValueSeries {
        value: value.into(),
        events: counts.iter().sum(),
        users: 7,
        counts: counts.into(),
    };
    Shown {
        issue: issue(),
        counts: IssueCounts { events: 12_345, users: 678 },
        buckets: Buckets::between((0..4).map(day).collect()).unwrap(),
        parts: Parts {
            releases: Some(Arc::new(Distribution {
                values: vec![release("app@1.2.0", [0, 40, 50]), release("", [6, 0, 0])],
                events: 100,
                users: 31,
                counts: vec![8, 42, 50],
            })),
            facets: Some(vec![
                facet("environment", &[("production", 90), ("beta \"1\"", 10)], 2),
                facet("level", &[("fatal", 100)], 1),
                facet("network", &[("wifi", 60), ("cellular", 38)], 5),
            ]),
            suspects: Some(Looked::Found(Arc::new(suspects()))),
        },
        feedback: vec![StoredFeedback {
            feedback: Feedback { event_id: Some(id(2)), message: "Again!".into(), ..feedback().feedback },
            ..feedback()
        }],
        activities: vec![
            activity("note", Some("ann@example.com"), json!({ "text": "Seen on <staging>, too." })),
            activity("set_regression", None, json!({ "version": "app@1.2.0" })),
        ],
        latest: Vec::new(),
    }
}

fn activity(kind: &str, email: Option<&str>, data: Value) -> Activity {
    let user = email.map(|email| Actor { id: 1, email: email.into(), name: String::new() });
    Activity { id: 1, kind: kind.into(), user, data, created: now().plus_ms(-Timestamp::HOUR_MS) }
}

pub(super) fn suspects() -> Suspects {
    let measured = |affected, others| Measured {
        users: Sides { affected, others },
        share: affected as f64 / 31.0,
        baseline: others as f64 / 1_204.0,
        lift: 8.25,
        p_value: 1e-9,
        adjusted_p_value: 0.004,
    };
    let (os, device) = (("os", "Android 14"), ("device.family", "<Samsung>"));
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let suspect = |of: (&str, &str), measured| {
        let (key, value) = owned(of);
        Suspect { key, value, measured }
    };
    Suspects {
        window: Window { from: now().plus_ms(-9 * Timestamp::DAY_MS), to: now() },
        users: Sides { affected: 31, others: 1_204 },
        events: Sides { affected: 100, others: 200_000 },
        is_affected_sampled: false,
        is_others_sampled: true,
        suspects: vec![suspect(os, measured(30, 144)), suspect(device, measured(31, 400))],
        pairs: vec![Pair { attributes: [owned(os), owned(device)], measured: measured(30, 60) }],
        sentence: "97 % on Android 14 and on <Samsung> (5 % of other users)".into(),
        reason: "",
    }
}

fn facet(key: &str, values: &[(&str, u64)], distinct: u64) -> TagFacet {
    let value = |(value, count): &(&str, u64)| TagValue {
        value: (*value).into(),
        count: *count,
        first_seen: now(),
        last_seen: now(),
    };
    TagFacet { key: key.into(), step: 1, total: 100, distinct, top: values.iter().map(value).collect() }
}

fn id(n: u128) -> EventId {
    EventId(Uuid::from_u128(n))
}

pub(super) fn view() -> EventView {
    let event: Event = serde_json::from_value(event_json()).unwrap();
    assert_eq!(event.notes[0].kind, NoteKind::WrongType);
    EventView {
        project_id: ProjectId(1),
        summary: summary(&event),
        grouping: json!({
            "version": 1, "hash": "00000000000000aa", "strategy": "stacktrace",
            "components": [
                { "kind": "frame", "value": "com.example.Checkout:onPay", "contributes": true, "reason": "in app" },
                { "kind": "frame", "value": "android.os.Handler:run", "contributes": false, "reason": "not the app's" },
            ]
        }),
        issue_id: Some(IssueId(42)),
        neighbours: Neighbours { previous: Some(id(2)), next: None },
        size: 2_048,
        payload_kept: true,
        event,
    }
}

fn summary(event: &Event) -> EventSummary {
    EventSummary {
        event_id: event.event_id,
        hash: GroupHash(7),
        timestamp: event.timestamp,
        received: event.received,
        title: "CheckoutFailed: no <view> for order 7".into(),
        culprit: "com.example.Checkout in onPay".into(),
        level: "fatal".into(),
        platform: "java".into(),
        release: "app@1.2.0".into(),
        environment: "production".into(),
        user: "id:7".into(),
        os_name: "Android".into(),
        os_version: "14".into(),
        device_family: "Pixel".into(),
        device_model: "Pixel 8".into(),
        app_version: String::new(),
        dist: String::new(),
        tags: vec![("network".into(), "cellular".into())],
    }
}

fn event_json() -> Value {
    let frame = |module: &str, function: &str, line: u32, in_app: bool| {
        json!({
            "module": module, "function": function, "lineno": line, "in_app": in_app,
            "filename": format!("{}.kt", module.rsplit('.').next().unwrap())
        })
    };
    let mut top = frame("com.example.Checkout", "onPay", 42, true);
    top["pre_context"] = json!(["fun onPay() {"]);
    top["context_line"] = json!("    pay(view!!)");
    top["post_context"] = json!(["}"]);
    top["vars"] = json!({ "order": 7 });
    json!({
        "event_id": id(3), "timestamp": now().plus_ms(-2 * Timestamp::HOUR_MS), "received": now(),
        "level": "fatal", "platform": "java", "release": "app@1.2.0", "dist": "120", "environment": "production",
        "logentry": { "formatted": "cannot pay order 7", "message": "cannot pay order %d" },
        "exception": [
            {
                "type": "SocketTimeout", "module": "java.net", "value": "after 10 s",
                "stacktrace": { "frames": [frame("com.example.Api", "call", 9, true)] }
            },
            {
                "type": "CheckoutFailed", "value": "no <view> for order 7",
                "mechanism": { "type": "UncaughtExceptionHandler", "handled": false, "meta": { "signal": 6 } },
                "stacktrace": {
                    "registers": { "pc": "0x1f00" },
                    "frames": [
                        frame("android.os.Looper", "loop", 1, false),
                        frame("android.os.Handler", "run", 2, false),
                        top,
                    ]
                }
            }
        ],
        "threads": [
            { "id": "2", "name": "worker", "state": "WAITING" },
            {
                "id": "1", "name": "main", "crashed": true, "main": true,
                "stacktrace": { "frames": [frame("com.example.Checkout", "onPay", 42, true)] }
            }
        ],
        "breadcrumbs": (0..17).map(|n| json!({
            "timestamp": now().plus_ms(-2 * Timestamp::HOUR_MS - 1000 * (20 - n)), "category": "navigation",
            "message": format!("screen {n}"), "data": { "to": "Cart & pay" }
        })).collect::<Vec<_>>(),
        "contexts": {
            "app": { "app_name": "Shop", "app_version": "1.2.0" },
            "device": { "model": "Pixel 8", "memory_size": 8_589_934_592_u64 },
            "os": { "name": "Android", "version": "14", "rooted": false }
        },
        "tags": { "network": "cellular" },
        "user": { "id": "7", "email": "ann@example.com" },
        "sdk": { "name": "sentry.java.android", "version": "8.12.0" },
        "modules": { "okhttp": "4.12" },
        "debug_images": [{ "type": "proguard", "debug_id": "0b0a" }],
        "extra": { "cart": { "items": 3 } },
        "request": { "method": "GET", "url": "https://shop.example/cart", "headers": [["Accept", "text/html"]] },
        "notes": [{ "path": "user.age", "kind": "wrong_type", "detail": "a number was expected" }]
    })
}
