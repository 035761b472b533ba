//! Sessions, release health and outcomes over HTTP, from what is stored.

use actix_web::http::{Method, StatusCode};
use mayday_event::{Timestamp, entry::SessionUpdate};
use mayday_store::rows::{OutcomeRow, SessionRow};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{Server, now};

const OUTCOMES: &str = "/projects/mayday/app/outcomes/";
const HEALTH: &str = "/projects/mayday/app/releases/";

/// How a session ended.
#[derive(Clone, Copy)]
pub(super) enum End {
    Well,
    Crash,
    Anr,
}

/// A session of user `number`, an hour ago.
pub(super) fn session(server: &Server, number: u64, release: &str, end: End) -> SessionRow {
    let is = |yes: bool| u32::from(yes);
    SessionRow {
        project_id: server.project.id,
        position: number,
        index: 0,
        received: now(),
        update: SessionUpdate {
            sid: Some(Uuid::from_u128(u128::from(number))),
            user_hash: number,
            sequence: 1,
            started: now().plus_ms(-Timestamp::HOUR_MS),
            release: release.into(),
            environment: "production".into(),
            init: true,
            is_counted: false,
            duration_ms: Some(60_000),
            errors: 0,
            status: match end {
                End::Well => "exited".into(),
                End::Crash => "crashed".into(),
                End::Anr => "abnormal".into(),
            },
            abnormal_mechanism: if matches!(end, End::Anr) { "anr_foreground".into() } else { String::new() },
            exited: is(matches!(end, End::Well)),
            errored: 0,
            abnormal: is(matches!(end, End::Anr)),
            crashed: is(matches!(end, End::Crash)),
        },
    }
}

async fn get(server: &Server, path: &str) -> Value {
    let reply = server.api(Method::GET, path, None).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
    reply.json()
}

#[actix_web::test]
async fn a_worse_release_is_halted_and_says_why() {
    let server = Server::with_engine().await;
    let end = |number: u64, crashes: u64| if number % 1000 < crashes { End::Crash } else { End::Well };
    let old = (0..1000).map(|number| session(&server, 1_000 + number, "app@1.0.0", end(number, 5)));
    let new = (0..500).map(|number| session(&server, 2_000 + number, "app@1.1.0", end(number, 40)));
    let anrs = (0..10).map(|number| session(&server, 3_000 + number, "app@1.1.0", End::Anr));
    let all: Vec<_> = old.chain(new).chain(anrs).collect();
    server.query.store.insert_sessions(&all).await.unwrap();

    let found = get(&server, &format!("{HEALTH}app@1.1.0/health/")).await;
    assert_eq!((&found["verdict"], &found["baseline"]["version"]), (&json!("halt"), &json!("app@1.0.0")));
    let release = &found["release"];
    assert_eq!(
        (&release["counts"]["sessions"], &release["counts"]["crashed"], &release["counts"]["anr"]),
        (&json!(510), &json!(40), &json!(10))
    );
    let crash_free = &release["crashFreeSessions"];
    let share = |name: &str| crash_free[name].as_f64().unwrap();
    assert!((share("rate") - 470.0 / 510.0).abs() < 1e-9, "{crash_free}");
    assert!(share("low") < share("rate") && share("rate") < share("high"), "{crash_free}");
    let reasons: Vec<_> =
        found["reasons"].as_array().unwrap().iter().map(|it| it["check"].as_str().unwrap()).collect();
    assert!(reasons.contains(&"crashed_sessions") && reasons.contains(&"crashed_users"), "{reasons:?}");

    let healthy = get(&server, &format!("{HEALTH}app@1.0.0/health/")).await;
    assert_eq!((&healthy["verdict"], &healthy["baseline"]), (&json!("healthy"), &Value::Null));
    let turned = get(&server, &format!("{HEALTH}app@1.0.0/health/?baseline=app@1.1.0")).await;
    assert_eq!(
        (&turned["verdict"], &turned["baseline"]["version"]),
        (&json!("healthy"), &json!("app@1.1.0"))
    );
    let elsewhere = get(&server, &format!("{HEALTH}app@1.1.0/health/?environment=staging")).await;
    for (path, what) in
        [("none/health/", "no such release"), ("app@1.1.0/health/?baseline=none", "no such baseline release")]
    {
        assert_eq!(server.api(Method::GET, &format!("{HEALTH}{path}"), None).await.detail(), what);
    }
    assert_eq!(elsewhere["verdict"], Value::Null, "nothing is known of it there");
}

#[actix_web::test]
async fn outcomes_add_up_and_are_grouped_as_asked() {
    let server = Server::with_engine().await;
    let outcome = |outcome: &str, reason: &str, minutes: i64, quantity| OutcomeRow {
        project_id: server.project.id,
        key_id: 1,
        category: "error",
        outcome: outcome.into(),
        reason: reason.into(),
        minute: now().plus_ms(-minutes * 60_000),
        quantity,
        source: format!("{outcome}{reason}{minutes}"),
    };
    let rows = [
        outcome("received", "", 90, 6),
        outcome("received", "", 10, 5),
        outcome("accepted", "", 90, 6),
        outcome("accepted", "", 10, 1),
        outcome("filtered", "discarded-hash", 10, 3),
    ];
    server.query.store.insert_outcomes(&rows).await.unwrap();
    let sums = |found: &Value, by: &str| -> Vec<(Value, Value)> {
        let groups = found["groups"].as_array().unwrap().iter();
        groups.map(|group| (group["by"][by].clone(), group["totals"]["sum(quantity)"].clone())).collect()
    };
    let found = get(&server, &format!("{OUTCOMES}?statsPeriod=24h&interval=1h")).await;
    assert_eq!(sums(&found, "outcome"), [(json!("accepted"), json!(7)), (json!("filtered"), json!(3))]);
    assert_eq!(found["received"]["totals"]["sum(quantity)"], 11);
    assert_eq!((&found["interval"], &found["balanced"]), (&json!("1h"), &json!(false)), "one has no outcome");
    let series = found["received"]["series"]["sum(quantity)"].as_array().unwrap();
    assert_eq!(series.len(), found["intervals"].as_array().unwrap().len());
    assert_eq!(series.iter().filter_map(Value::as_u64).sum::<u64>(), 11);
    let by_reason = get(&server, &format!("{OUTCOMES}?groupBy=reason&groupBy=outcome")).await;
    assert!(sums(&by_reason, "reason").contains(&(json!("discarded-hash"), json!(3))), "{by_reason}");
    let by_key = get(&server, &format!("{OUTCOMES}?groupBy=key")).await;
    assert_eq!(sums(&by_key, "key"), [(json!(server.bootstrap.public_key.to_string()), json!(10))]);
    for (asked, reason) in [
        ("groupBy=project", "is not outcome, category, reason or key"),
        ("statsPeriod=soon", "is not a time such as"),
        ("start=2026-11-24T05:00:00Z&end=2026-11-24T04:00:00Z", "must be before end"),
        ("interval=0m", "is not a time such as"),
    ] {
        let refused = server.api(Method::GET, &format!("{OUTCOMES}?{asked}"), None).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{asked}: {}", refused.body);
        assert!(refused.detail().contains(reason), "{asked}: {}", refused.body);
    }
}
