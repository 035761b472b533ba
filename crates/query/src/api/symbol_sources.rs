//! Where else than among its uploads a project's symbols are looked for.

use std::time::Duration;

use actix_web::web::{Data, Json};
use mayday_symbolication::ImageId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    respond::{Answer, ok},
};
use crate::{
    Query, QueryError,
    auth::{ProjectRead, ProjectWrite},
    change,
    read::{
        self,
        source_trial::{self, Binary, Reason, Trial},
    },
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/projects/{organization}/{project}/symbol-sources/").get(list).put(replace),
        Endpoint::at("/projects/{organization}/{project}/symbol-sources/test/").post(test),
    ]
}

async fn list(project: InProject<ProjectRead>, query: Data<Query>) -> Answer {
    ok(read::symbol_sources::list(&query, &project).await?)
}

/// All of them, in order; gives them back.
async fn replace(project: InProject<ProjectWrite>, query: Data<Query>, body: Json<Vec<Value>>) -> Answer {
    change::symbol_sources::put(&query, &project.principal, &project, &body).await?;
    ok(read::symbol_sources::list(&query, &project).await?)
}

/// What is to be tried.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    /// The name of a stored source, or one as [`replace`] takes it.
    source: Value,
    #[serde(default)]
    binary: Binary,
}

/// Asks a source for the files of a binary; nothing is stored.
async fn test(project: InProject<ProjectWrite>, query: Data<Query>, body: Json<Test>) -> Answer {
    let Test { source, binary } = body.into_inner();
    let source = match source {
        Value::String(name) => {
            let stored = read::symbol_sources::list(&query, &project).await?;
            let found = stored.into_iter().find(|source| source["name"] == *name);
            found.ok_or(QueryError::NotFound("symbol source"))?
        }
        source => source,
    };
    let settings = change::symbol_sources::tried(&query, &project, 0, &source).await?;
    let trial = source_trial::run(&query, &project, &settings, &binary).await?;
    ok(trial_json(&settings.name, &trial))
}

fn trial_json(source: &str, trial: &Trial) -> Value {
    let ImageId { debug_id, code_id, debug_file, code_file } = &trial.image;
    let places = trial.probe.places.iter().map(|probed| {
        let status = match probed.found {
            Ok(_) => "found",
            Err(error) => source_trial::verdict(error).name(),
        };
        json!({
            "path": probed.place,
            "status": status,
            "detail": source_trial::said(probed),
            "bytes": probed.found.ok().flatten(),
            "durationMs": millis(probed.took),
        })
    });
    json!({
        "source": source,
        "status": trial.verdict().name(),
        "detail": trial.message(),
        "durationMs": millis(trial.probe.took),
        "binary": {
            "reason": match trial.reason {
                Reason::Given => "given",
                Reason::Missing => "missing",
                Reason::Example => "example",
            },
            "debugId": debug_id.map(|id| id.to_string()),
            "codeId": code_id,
            "debugFile": debug_file,
            "codeFile": code_file,
        },
        "places": places.collect::<Vec<_>>(),
    })
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Write},
        net::TcpListener,
    };

    use actix_web::http::{Method, StatusCode};

    use super::*;
    use crate::fixture::Server;

    const TEST: &str = "/projects/mayday/app/symbol-sources/test/";
    const BUILD_ID: &str = "c22813ac7d101e2ff13b4f2a1d0e6c6011223344";

    /// A symbol server that has one build's debug information, for whoever knows the password; its address.
    fn symbol_server() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let asked: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                let asked = asked.join("\n").to_lowercase();
                let status = match asked {
                    // ann:hunter2
                    asked if !asked.contains("authorization: basic yw5uomh1bnrlcji=") => "401 Unauthorized",
                    asked if asked.starts_with(&format!("get /buildid/{BUILD_ID}/debuginfo ")) => "200 OK",
                    _ => "404 Not Found",
                };
                let answer =
                    format!("HTTP/1.1 {status}\r\ncontent-length: 7\r\nconnection: close\r\n\r\nsymbols");
                (&stream).write_all(answer.as_bytes()).unwrap();
            }
        });
        url
    }

    fn source(url: &str) -> Value {
        json!({"name": "ours", "type": "http", "layout": "debuginfod", "url": url, "username": "ann"})
    }

    #[actix_web::test]
    async fn a_source_is_tried_before_it_is_stored_and_after() {
        let server = Server::start().await;
        let url = symbol_server();
        let mut with_password = source(&url);
        with_password["password"] = json!("hunter2");
        let binary = json!({"codeId": BUILD_ID});
        let body = json!({"source": source(&url), "binary": binary});
        let denied = server.api(Method::POST, TEST, Some(body)).await.json();
        assert_eq!(
            (&denied["status"], &denied["places"][0]["detail"]),
            (&json!("denied"), &json!("answered 401"))
        );
        let body = json!({"source": with_password, "binary": binary});
        let found = server.api(Method::POST, TEST, Some(body)).await.json();
        assert_eq!(found["status"], "found", "{found:#}");
        let place = &found["places"][0];
        let path = format!("buildid/{BUILD_ID}/debuginfo");
        assert_eq!(
            (&place["path"], &place["status"], &place["bytes"]),
            (&json!(path), &json!("found"), &json!(7))
        );
        assert_eq!(found["places"][1]["detail"], "answered 404");

        let all = "/projects/mayday/app/symbol-sources/";
        assert_eq!(server.api(Method::GET, all, None).await.json(), json!([]), "nothing is stored by it");
        server.api(Method::PUT, all, Some(json!([with_password]))).await;
        let answers = server.api(Method::POST, TEST, Some(json!({"source": "ours"}))).await.json();
        assert_eq!(
            (&answers["status"], &answers["binary"]["reason"]),
            (&json!("not_found"), &json!("example"))
        );
        assert_eq!(
            answers["detail"],
            "It answers. Whether it has the right files shows once an event lacks some."
        );
        let gone = json!({"source": source("http://127.0.0.1:9/")});
        let failed = server.api(Method::POST, TEST, Some(gone)).await.json();
        assert_eq!(failed["detail"], "It cannot be reached.");
        assert_eq!(failed["places"].as_array().map(Vec::len), Some(1), "it is not asked again and again");
    }

    #[actix_web::test]
    async fn what_cannot_be_tried_says_why() {
        let server = Server::start().await;
        for (body, status, problem) in [
            (json!({"source": "nobody"}), StatusCode::NOT_FOUND, "no such symbol source"),
            (
                json!({"source": source("ftp://a.example/")}),
                StatusCode::BAD_REQUEST,
                "must begin with http://",
            ),
            (
                json!({"source": source("http://127.0.0.1:9/"), "binary": {"debugId": "x"}}),
                StatusCode::BAD_REQUEST,
                "is no debug id",
            ),
        ] {
            let reply = server.api(Method::POST, TEST, Some(body)).await;
            assert_eq!(reply.status, status, "{}", reply.body);
            assert!(reply.body.contains(problem), "{}", reply.body);
        }
    }
}
