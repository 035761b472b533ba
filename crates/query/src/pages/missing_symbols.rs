//! Symbol files that a project's crashes lack, and how each is sent.

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_event::Timestamp;

use super::{
    answer,
    error::PageError,
    moment::Moment,
    shell::{Section, Shell},
    visit::{ProjectPath, Visit},
};
use crate::read::{self, missing_symbols::MissingFile, period::Period};

/// Most files that are shown.
const FILES: usize = 100;

#[derive(Template)]
#[template(path = "missing_symbols.html")]
struct MissingSymbolsPage {
    shell: Shell,
    rows: Vec<Row>,
    /// Where what was sent is shown.
    symbols: String,
}

struct Row {
    id: String,
    /// What tells it from other files of its name: its id, or the release that it is of.
    of: String,
    file: String,
    arch: String,
    reason: String,
    events: u64,
    users: u64,
    last_seen: Moment,
    command: String,
    /// Tells copy buttons of the page apart.
    copy: String,
}

impl Row {
    fn new(place: usize, missing: MissingFile, now: Timestamp) -> Self {
        let MissingFile { symbol, command } = missing;
        let file = if symbol.file.is_empty() { "a file without a name".to_owned() } else { symbol.file };
        Self {
            of: match symbol.kind.as_str() {
                "source_map" if !symbol.release.is_empty() => release_and_dist(&symbol.release, &symbol.dist),
                _ => symbol.symbol.clone(),
            },
            id: symbol.symbol,
            file,
            arch: symbol.arch,
            reason: symbol.reason,
            events: symbol.events,
            users: symbol.users,
            last_seen: Moment::ago(symbol.last_seen, now),
            command,
            copy: format!("command-{place}"),
        }
    }
}

fn release_and_dist(release: &str, dist: &str) -> String {
    if dist.is_empty() { release.to_owned() } else { format!("{release}, dist {dist}") }
}

/// `GET /projects/{organization}/{project}/symbols/missing/`
pub(super) async fn list(visit: Visit, path: web::Path<ProjectPath>) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    let window = Period::Month.window(visit.now);
    let missing = read::missing_symbols::list(&visit.query, &project, window, FILES).await?;
    let rows = missing.into_iter().enumerate().map(|(place, file)| Row::new(place, file, visit.now));
    answer::page(&MissingSymbolsPage {
        rows: rows.collect(),
        shell: visit
            .project_shell(format!("Missing symbols · {}", project.name), &project, Section::Symbols)
            .await?,
        symbols: Section::Symbols.path(&project),
    })
}
