//! The operator's endpoints: alive, ready, metrics.

use std::{collections::BTreeMap, error::Error, fmt::Write, sync::atomic::Ordering, time::Duration};

use actix_web::{HttpResponse, web};
use mayday_event::Ledger;
use mayday_journal::{Journal, Lanes};
use mayday_worker::SharedCounts;
use serde_json::json;
use tokio::time::timeout;

use crate::roles::Shared;

/// Longest that a store may take to answer before it counts as not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// Adds `/healthz`, `/readyz` and `/metrics`.
pub(crate) fn configure(app: &mut web::ServiceConfig) {
    app.route("/healthz", web::get().to(healthz))
        .route("/readyz", web::get().to(readyz))
        .route("/metrics", web::get().to(metrics));
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "alive"}))
}

/// 200 only when every store answers; else 503 and which does not, and why.
async fn readyz(shared: web::Data<Shared>) -> HttpResponse {
    let (catalog, clickhouse, blobs) = tokio::join!(
        answers(shared.catalog.ping()),
        answers(shared.store.ping()),
        answers(shared.blobs.ping())
    );
    let schema =
        if *shared.migrated.borrow() { Ok(()) } else { Err("schema is not up to date yet".to_owned()) };
    let stores = [("catalog", catalog), ("clickhouse", clickhouse.and(schema)), ("blobs", blobs)];
    let ready = stores.iter().all(|(_, state)| state.is_ok());
    let stores: BTreeMap<_, _> = stores
        .into_iter()
        .map(|(store, state)| (store, state.err().unwrap_or_else(|| "ok".to_owned())))
        .collect();
    let body = json!({"ready": ready, "stores": stores});
    if ready { HttpResponse::Ok().json(body) } else { HttpResponse::ServiceUnavailable().json(body) }
}

async fn answers<E: Error>(ping: impl Future<Output = Result<(), E>>) -> Result<(), String> {
    match timeout(PATIENCE, ping).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

/// Prometheus' text format, version 0.0.4.
async fn metrics(shared: web::Data<Shared>) -> HttpResponse {
    let mut text = String::new();
    describe_ledger(&mut text, &shared.ledger);
    describe_journal(&mut text, &shared.journal);
    if let Some(counts) = shared.symbols.shared_counts() {
        describe_shared_symbols(&mut text, counts);
    }
    gauge(
        &mut text,
        "mayday_unaccounted",
        "Things received in the last day whose outcomes do not add up; 0 as it should be.",
        shared.unaccounted.load(Ordering::Relaxed),
    );
    gauge(
        &mut text,
        "mayday_schema_ready",
        "1 once ClickHouse's schema is up to date.",
        u64::from(*shared.migrated.borrow()),
    );
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text)
}

fn describe_journal(text: &mut String, journal: &Lanes) {
    type Of = fn(&Journal) -> u64;
    let positions: [(&str, &str, Of); 2] = [
        ("mayday_journal_last_position", "Last durable record, by lane.", |lane| lane.last().0),
        ("mayday_journal_committed_position", "Last record in ClickHouse, by lane.", |lane| {
            lane.committed().0
        }),
    ];
    for (name, help, of) in positions {
        head(text, name, help, "gauge");
        for (lane, journal) in journal.journals().iter().enumerate() {
            line(text, format_args!("{name}{{lane=\"{lane}\"}} {}", of(journal)));
        }
    }
    gauge(text, "mayday_journal_backlog_records", "Records waiting for the worker.", journal.backlog());
}

fn describe_shared_symbols(text: &mut String, counts: &SharedCounts) {
    let name = "mayday_shared_symbols_total";
    let help = "Converted symbol files looked for in the blob store before converting, and sent to it after, by what came of it.";
    head(text, name, help, "counter");
    for (result, count) in counts.all() {
        line(text, format_args!("{name}{{result=\"{result}\"}} {count}"));
    }
}

fn describe_ledger(text: &mut String, ledger: &Ledger) {
    let (received, outcomes): (Vec<_>, Vec<_>) =
        ledger.lines().into_iter().partition(|(key, _)| key.outcome.is_none());
    head(text, "mayday_received_total", "Things received, by project and category.", "counter");
    for (key, quantity) in received {
        let (project, category) = (project_label(&key), key.category.name());
        line(
            text,
            format_args!("mayday_received_total{{project=\"{project}\",category=\"{category}\"}} {quantity}"),
        );
    }
    head(text, "mayday_outcomes_total", "What became of what was received, by reason.", "counter");
    for (key, quantity) in outcomes {
        let (project, category, reason) = (project_label(&key), key.category.name(), &key.reason);
        let outcome = key.outcome.map_or("", |outcome| outcome.name());
        line(
            text,
            format_args!(
                "mayday_outcomes_total{{project=\"{project}\",category=\"{category}\",outcome=\"{outcome}\",reason=\"{reason}\"}} {quantity}"
            ),
        );
    }
}

fn project_label(key: &mayday_event::outcome::LedgerKey) -> String {
    key.project.map(|project| project.to_string()).unwrap_or_default()
}

fn gauge(text: &mut String, name: &str, help: &str, value: u64) {
    head(text, name, help, "gauge");
    line(text, format_args!("{name} {value}"));
}

fn head(text: &mut String, name: &str, help: &str, kind: &str) {
    line(text, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    writeln!(text, "{line}").ok();
}
