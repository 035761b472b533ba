//! Every number that the API gives of issues, beside the model's.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::Value;
use uuid::Uuid;

use super::model::{Model, Sent};
use crate::harness::{TestServer, eventually, text};

/// Longest from a change to all that follows from it: deletion is done in the background.
const PATIENCE: Duration = Duration::from_secs(45);
const DAY_MS: i64 = 86_400_000;

/// Panics, with the whole story, if the server comes to other numbers than the model.
pub(super) async fn compare(server: &TestServer, model: &Model, story: &[String]) {
    let what = format!("the API counts as the model does\n{story:#?}");
    eventually(&what, PATIENCE, async || look(server, model).await).await;
}

async fn look(server: &TestServer, model: &Model) -> Result<(), String> {
    let mut wanted = BTreeMap::new();
    for &issue in model.issues().keys() {
        let events = model.of(issue);
        if !events.is_empty() {
            let id = id_of(server, model, issue).await?;
            same_issue(server, &id, &events)
                .await
                .map_err(|error| format!("issue {issue} ({id}): {error}"))?;
            wanted.insert(id, events);
        }
    }
    // An issue all of whose events went with a user is still there, with none.
    let listed = server.api.issues().await;
    let counted =
        listed.iter().filter(|issue| issue["count"] != "0").map(|issue| text(&issue["id"]).to_owned());
    same("listed issues", counted.collect(), wanted.keys().cloned().collect::<BTreeSet<_>>())?;
    searches(server, &wanted).await?;
    let path = format!("{}/stats/?statsPeriod=14d&interval=1d", server.api.project);
    same("the project's days", days(&server.api.get(&path).await), days_of(model.events.iter()))
}

/// The id of a model's issue, by its first event.
pub(super) async fn id_of(server: &TestServer, model: &Model, issue: usize) -> Result<String, String> {
    let event = model.of(issue)[0].id;
    let path = format!("{}/events/{}/", server.api.project, event.simple());
    let answer = server.api.send(reqwest::Method::GET, &path, None).await;
    let status = answer.status();
    let event = answer.json::<Value>().await.map_err(|error| format!("{path}: {error}"))?;
    event["groupID"].as_str().map(str::to_owned).ok_or_else(|| format!("{path}: {status}: {event}"))
}

async fn same_issue(server: &TestServer, id: &str, events: &[&Sent]) -> Result<(), String> {
    let issue = server.api.get(&format!("/api/0/issues/{id}/")).await;
    same("id", text(&issue["id"]), id)?;
    same("events", text(&issue["count"]), &events.len().to_string())?;
    let users = events.iter().map(|event| &event.user).collect::<BTreeSet<_>>();
    same("users", issue["userCount"].as_u64(), Some(users.len() as u64))?;
    let times = || events.iter().map(|event| event.at);
    same("first seen", time(&issue["firstSeen"]), times().min().map(whole_second))?;
    same("last seen", time(&issue["lastSeen"]), times().max().map(whole_second))?;

    let listed = server.api.all(&format!("/api/0/issues/{id}/events/")).await;
    let listed = listed.iter().map(|event| Uuid::parse_str(text(&event["eventID"])).expect("an id"));
    same("ids", listed.collect::<BTreeSet<_>>(), events.iter().map(|event| event.id).collect())?;

    let values = server.api.all(&format!("/api/0/issues/{id}/tags/release/values/")).await;
    let values =
        values.iter().map(|value| (text(&value["value"]).to_owned(), value["count"].as_u64().unwrap_or(0)));
    let mut releases = BTreeMap::<String, u64>::new();
    events.iter().for_each(|event| *releases.entry(event.release.clone()).or_default() += 1);
    same("releases", values.collect(), releases)?;

    let path = format!("/api/0/issues/{id}/stats/?statsPeriod=14d&interval=1d");
    same("days", days(&server.api.get(&path).await), days_of(events.iter().copied()))?;

    let path = format!("/api/0/issues/{id}/distribution/?by=release&statsPeriod=14d");
    let distribution = server.api.get(&path).await;
    same("events of all releases", distribution["events"].as_u64(), Some(events.len() as u64))?;
    same("users of all releases", distribution["users"].as_u64(), Some(users.len() as u64))
}

/// A search finds an issue if one event of it fits, whichever hash it came by.
async fn searches(server: &TestServer, issues: &BTreeMap<String, Vec<&Sent>>) -> Result<(), String> {
    for (query, fits) in [
        ("release:shop@1.1.0", (|event| event.release == "shop@1.1.0") as fn(&Sent) -> bool),
        ("user.id:user-3 release:[shop@1.0.0,shop@1.2.0]", |event| {
            event.user == "user-3" && event.release != "shop@1.1.0"
        }),
    ] {
        let path = format!(
            "{}/issues/?limit=100&statsPeriod=14d&query={}",
            server.api.project,
            query.replace(' ', "%20")
        );
        let found = server.api.all(&path).await;
        let wanted = issues.iter().filter(|(_, events)| events.iter().any(|event| fits(event)));
        let wanted: BTreeSet<_> = wanted.map(|(id, _)| id.as_str()).collect();
        same(query, found.iter().map(|issue| text(&issue["id"])).collect(), wanted)?;
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: found {found:?}, not {wanted:?}")) }
}

/// Days that have events: their start, milliseconds, and how many.
fn days(series: &Value) -> BTreeMap<i64, u64> {
    let buckets = series.as_array().into_iter().flatten();
    let buckets =
        buckets.map(|bucket| (bucket[0].as_i64().unwrap_or(0) * 1000, bucket[1].as_u64().unwrap_or(0)));
    buckets.filter(|(_, events)| *events > 0).collect()
}

fn days_of<'a>(events: impl Iterator<Item = &'a Sent>) -> BTreeMap<i64, u64> {
    events.fold(BTreeMap::new(), |mut days, event| {
        *days.entry(event.at / DAY_MS * DAY_MS).or_default() += 1;
        days
    })
}

/// Seconds since 1970 of an RFC 3339 time.
fn time(value: &Value) -> Option<i64> {
    mayday_event::Timestamp::parse(value.as_str()?).map(|time| whole_second(time.0))
}

fn whole_second(ms: i64) -> i64 {
    ms.div_euclid(1000)
}
