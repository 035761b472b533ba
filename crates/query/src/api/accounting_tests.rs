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

const SESSIONS: &str = "/organizations/mayday/sessions/";

/// Sessions of two releases, one of which only they tell of.
async fn with_sessions() -> Server {
    let server = Server::with_engine().await;
    server.event(&server.row(1, 11)).await;
    let old = (0..20).map(|number| session(&server, 1_000 + number, "app@1.0.0", End::Well));
    let crashed = [End::Crash, End::Crash, End::Anr, End::Well].into_iter().zip(2_000..);
    let new = crashed.map(|(end, number)| session(&server, number, "app@1.10.0", end));
    let mut staging = session(&server, 3_000, "app@1.9.0", End::Well);
    staging.update.environment = "staging".into();
    let all: Vec<_> = old.chain(new).chain([staging]).collect();
    server.query.store.insert_sessions(&all).await.unwrap();
    server
}

/// What each group is by, and what it counts.
fn groups(found: &Value, by: &str, field: &str) -> Vec<(Value, Value)> {
    let groups = found["groups"].as_array().unwrap().iter();
    groups.map(|group| (group["by"][by].clone(), group["totals"][field].clone())).collect()
}

#[actix_web::test]
async fn an_organization_s_sessions_are_grouped_as_sentry_does() {
    let server = with_sessions().await;
    let asked = "field=sum(session)&field=count_unique(user)&field=crash_free_rate(session)&groupBy=release";
    let found = get(&server, &format!("{SESSIONS}?{asked}&statsPeriod=24h&interval=1h")).await;
    let expected = [("app@1.0.0", 20), ("app@1.10.0", 4), ("app@1.9.0", 1)];
    assert_eq!(
        groups(&found, "release", "sum(session)"),
        expected.map(|(release, count)| (json!(release), json!(count)))
    );
    let new = &found["groups"][1];
    let totals = json!({ "sum(session)": 4, "count_unique(user)": 4, "crash_free_rate(session)": 0.5 });
    assert_eq!(new["totals"], totals);
    let series = new["series"]["sum(session)"].as_array().unwrap();
    assert_eq!(series.len(), found["intervals"].as_array().unwrap().len());
    assert_eq!(series.iter().filter_map(Value::as_u64).collect::<Vec<_>>().iter().sum::<u64>(), 4);
    let rates = new["series"]["crash_free_rate(session)"].as_array().unwrap();
    assert_eq!(rates.iter().filter(|rate| !rate.is_null()).collect::<Vec<_>>(), [&json!(0.5)]);

    let by_status = get(
        &server,
        &format!(
            "{SESSIONS}?field=sum(session)&groupBy=session.status&query=release:app@1.10.0&includeSeries=0"
        ),
    )
    .await;
    let expected = [("healthy", 1), ("abnormal", 1), ("crashed", 2)];
    assert_eq!(
        groups(&by_status, "session.status", "sum(session)"),
        expected.map(|(status, count)| (json!(status), json!(count)))
    );
    assert!(by_status["groups"][0].get("series").is_none());

    let all = get(&server, &format!("{SESSIONS}?field=sum(session)&field=anr_rate()&groupBy=project&groupBy=environment&orderBy=sum(session)&project=app")).await;
    assert_eq!(
        groups(&all, "environment", "sum(session)"),
        [(json!("staging"), json!(1)), (json!("production"), json!(24))]
    );
    assert_eq!(all["groups"][1]["by"]["project"], json!(server.project.id.0));
    assert_eq!(all["groups"][1]["totals"]["anr_rate()"], json!(1.0 / 24.0));
    let none = get(&server, &format!("{SESSIONS}?field=crash_free_rate(user)&environment=nowhere")).await;
    assert_eq!(none["groups"], json!([]));
}

#[actix_web::test]
async fn what_sessions_cannot_be_asked_is_refused_by_name() {
    let server = Server::start().await;
    for (asked, reason) in [
        ("", "field: give one at least"),
        ("field=p42(session.duration)", "field: \"p42(session.duration)\" is none of"),
        (
            "field=avg(session.duration)&groupBy=session.status",
            "goes with sum(session) and count_unique(user) only",
        ),
        ("field=sum(session)&groupBy=country", "groupBy: \"country\" is none of project, release"),
        (
            "field=crash_rate(user)&groupBy=session.status",
            "goes with sum(session) and count_unique(user) only",
        ),
        ("field=sum(session)&project=other", "project: \"other\" is none of this organization"),
        ("field=sum(session)&orderBy=-crash_rate(user)", "is none of the fields"),
        ("field=sum(session)&includeSeries=no", "is not 0 or 1"),
        ("field=sum(session)&query=release:latest", "query, character 1: sessions are found by"),
        ("field=sum(session)&query=environment:a%20!release:1", "query, character 15: sessions are found by"),
        ("field=sum(session)&interval=1m&statsPeriod=90d", "points, more than 1000"),
    ] {
        let refused = server.api(Method::GET, &format!("{SESSIONS}?{asked}"), None).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{asked}: {}", refused.body);
        assert!(refused.detail().contains(reason), "{asked}: {}", refused.body);
    }
    assert_eq!(
        server.api(Method::GET, "/organizations/other/sessions/?field=sum(session)", None).await.status,
        StatusCode::NOT_FOUND
    );
}

#[actix_web::test]
async fn durations_of_sessions_add_up_over_projects() {
    let server = Server::with_engine().await;
    let (catalog, organization) = (&server.query.catalog, server.project.organization_id);
    let other = catalog.create_project(organization, "Other", Some("other"), "").await.unwrap();
    let lasting = |number: u64, project_id, end, duration_ms| {
        let mut row = session(&server, number, "app@1.0.0", end);
        row.project_id = project_id;
        row.update.duration_ms = duration_ms;
        row
    };
    let mut sessions: Vec<_> =
        (1..=99).map(|n| lasting(n, server.project.id, End::Well, Some(n * 1000))).collect();
    sessions.push(lasting(100, other.id, End::Well, Some(1_000_000)));
    // One did not end well, one does not say.
    sessions.push(lasting(101, other.id, End::Crash, Some(5_000_000)));
    sessions.push(lasting(102, other.id, End::Well, None));
    server.query.store.insert_sessions(&sessions).await.unwrap();
    let fields =
        "field=avg(session.duration),p50(session.duration),p99(session.duration),max(session.duration)";
    let found = get(&server, &format!("{SESSIONS}?{fields}&statsPeriod=24h&interval=1h")).await;
    let totals = &found["groups"][0]["totals"];
    assert_eq!(totals["avg(session.duration)"], 59_500.0);
    assert_eq!(totals["max(session.duration)"], 1_000_000.0);
    for (field, exact) in [("p50(session.duration)", 50_000.0), ("p99(session.duration)", 99_000.0)] {
        let told = totals[field].as_f64().unwrap();
        assert!((told / exact - 1.0).abs() < 0.011, "{field}: {told}");
        let series = found["groups"][0]["series"][field].as_array().unwrap();
        assert_eq!(series.iter().filter(|point| !point.is_null()).collect::<Vec<_>>(), [&totals[field]]);
    }
    let by_project = get(&server, &format!("{SESSIONS}?field=max(session.duration)&groupBy=project")).await;
    let expected = [(server.project.id.0, 99_000.0), (other.id.0, 1_000_000.0)];
    assert_eq!(
        groups(&by_project, "project", "max(session.duration)"),
        expected.map(|(id, longest)| (json!(id), json!(longest)))
    );
}

#[actix_web::test]
async fn releases_are_listed_with_their_health_in_any_order() {
    let server = with_sessions().await;
    let list = "/organizations/mayday/releases/";
    let versions = |found: &Value| -> Vec<String> {
        found
            .as_array()
            .unwrap()
            .iter()
            .map(|release| release["version"].as_str().unwrap().to_owned())
            .collect()
    };
    let plain = get(&server, list).await;
    assert_eq!(versions(&plain), ["app@1.0.0"], "what events tell of");
    assert!(plain[0]["projects"][0].get("healthData").is_none());
    let semver = get(&server, &format!("{list}?health=1&sort=semver")).await;
    assert_eq!(versions(&semver), ["app@1.10.0", "app@1.9.0", "app@1.0.0"]);
    let health = &semver[0]["projects"][0]["healthData"];
    assert_eq!((&health["totalSessions"], &health["sessionsCrashed"]), (&json!(4), &json!(2)));
    assert_eq!((&health["crashFreeSessions"], &health["sessionsAdoption"]), (&json!(50.0), &json!(16.0)));
    assert_eq!((&semver[2]["newGroups"], &semver[2]["projects"][0]["newGroups"]), (&json!(1), &json!(1)));
    let stable = get(&server, "/projects/mayday/app/releases/?sort=crash_free_users&query=1.1").await;
    assert_eq!(versions(&stable), ["app@1.10.0"]);
    let staging = get(&server, &format!("{list}?sort=sessions&environment=staging&per_page=1")).await;
    assert_eq!(versions(&staging), ["app@1.9.0"]);
    let refused = server.api(Method::GET, &format!("{list}?sort=best"), None).await;
    assert_eq!(
        refused.detail(),
        "sort: \"best\" is none of date, semver, sessions, users, crash_free_sessions, crash_free_users"
    );
    let build_server = server
        .query
        .catalog
        .create_api_token(server.project.organization_id, 1, "ci", &["org:ci"])
        .await
        .unwrap()
        .secret;
    let health = server.api_as(&build_server, Method::GET, &format!("{list}?health=1"), None).await;
    assert_eq!(
        (health.status, health.detail().as_str()),
        (StatusCode::FORBIDDEN, "this token lacks the scope project:read")
    );
    assert_eq!(server.api_as(&build_server, Method::GET, list, None).await.status, StatusCode::OK);
}
