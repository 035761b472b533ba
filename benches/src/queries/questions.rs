//! What people ask, over and over: the list, an issue, a release.

use anyhow::Context;
use serde_json::Value;

use crate::servers::Api;

/// A kind of question, with how fast it is to be answered.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) name: &'static str,
    /// Addresses, each for another issue or release, asked in turn.
    pub(super) paths: Vec<String>,
    /// p95, milliseconds.
    pub(super) goal_ms: f64,
}

/// What the releases of `mayday bench load` begin with.
const FLEET: &str = "com.example.fleet";
/// Issues whose pages are looked at: some from each end of the list.
const ISSUES: usize = 20;

/// The questions about what is there.
pub(super) async fn questions(api: &mut Api) -> anyhow::Result<Vec<Question>> {
    let issues = issues(api).await?;
    let releases = releases(api).await?;
    let one = |name, path: &str, goal_ms| Question { name, paths: vec![path.to_owned()], goal_ms };
    let each = |name, of: &[String], path: &str, goal_ms| Question {
        name,
        paths: of.iter().map(|id| path.replace("{}", id)).collect(),
        goal_ms,
    };
    let list = "~/issues/?statsPeriod=14d&limit=25";
    Ok(vec![
        one("issue list by last seen", list, 100.0),
        one("issue list by first seen", &format!("{list}&sort=new"), 100.0),
        one("issue list by events", &format!("{list}&sort=freq"), 100.0),
        one("issue list by users", &format!("{list}&sort=user"), 100.0),
        one("issue list by trend", &format!("{list}&sort=trends"), 100.0),
        one("issue list of an environment", &format!("{list}&sort=freq&environment=beta"), 300.0),
        one("search: unresolved", &format!("{list}&query=is:unresolved&sort=freq"), 300.0),
        one("search: a device", &format!("{list}&query=device.family:iPad&sort=freq"), 300.0),
        each(
            "search: a release and a system",
            &releases,
            &format!("{list}&query=release:{{}}+os.name:Android&sort=freq"),
            300.0,
        ),
        one("search: a tag", &format!("{list}&query=locale:ja_JP"), 300.0),
        one("search: free text", &format!("{list}&query=unwrapping"), 300.0),
        one("search: free text, two words", &format!("{list}&query=constraint+failed&sort=freq"), 300.0),
        each("issue", &issues, "/api/0/issues/{}/", 100.0),
        each("an issue's latest event", &issues, "/api/0/issues/{}/events/latest/", 100.0),
        each("an issue's tag shares", &issues, "/api/0/issues/{}/tags/", 300.0),
        each("an issue's suspects", &issues, "/api/0/issues/{}/suspects/", 1_000.0),
        each("a release's health", &releases, "~/releases/{}/health/", 300.0),
        one(
            "sessions by release",
            "/api/0/organizations/mayday/sessions/?field=sum(session)&field=crash_free_rate(session)&groupBy=release&interval=1d&statsPeriod=14d",
            1_000.0,
        ),
    ])
}

/// Pages that are looked at with a browser.
pub(super) fn pages(api: &Api, questions: &[Question]) -> Vec<Question> {
    let issues = questions.iter().find(|question| question.name == "issue");
    let ids = issues.into_iter().flat_map(|issues| &issues.paths).filter_map(|path| path.split('/').nth(4));
    vec![
        Question { name: "page: issue list", paths: vec![api.page("issues/")], goal_ms: 100.0 },
        Question {
            name: "page: issue",
            paths: ids.map(|id| format!("/issues/{id}/")).collect(),
            goal_ms: 100.0,
        },
    ]
}

async fn issues(api: &mut Api) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::new();
    for sort in ["freq", "date"] {
        let list = format!("~/issues/?statsPeriod=14d&limit={}&sort={sort}", ISSUES / 2);
        let list = api.ask(&list).await?;
        ids.extend(list.as_array().into_iter().flatten().filter_map(|issue| text(issue, "id")));
    }
    ids.first().context("there are no issues: fill the data with `mayday bench load` first")?;
    Ok(ids)
}

async fn releases(api: &mut Api) -> anyhow::Result<Vec<String>> {
    let list = api.ask(&format!("/api/0/organizations/mayday/releases/?per_page=10&query={FLEET}")).await?;
    let versions: Vec<_> =
        list.as_array().into_iter().flatten().filter_map(|release| text(release, "version")).collect();
    versions.first().context("there are no releases")?;
    Ok(versions.iter().map(|version| version.replace('+', "%2B").replace('@', "%40")).collect())
}

fn text(json: &Value, field: &str) -> Option<String> {
    json.get(field)?.as_str().map(str::to_owned)
}
