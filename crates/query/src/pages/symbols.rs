//! Debug files of a project: what there is, who sent it, and how to send more.

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::{
    debug_files::{DebugFile, DebugFileFilter},
    projects::Project,
};
use mayday_event::Timestamp;
use mayday_symbolication::objects::caveat;
use serde::Deserialize;

use super::{
    answer,
    error::PageError,
    moment::{Moment, bytes},
    path::with_query,
    shell::{Section, Shell},
    visit::{Posted, ProjectPath, Visit},
};
use crate::{
    QueryError,
    read::{self, DEFAULT_LIMIT, debug_files::DebugFilesPage},
};

/// Kinds that the search offers, with what people call them.
const KINDS: [(&str, &str); 13] = [
    ("elf", "ELF"),
    ("macho", "Mach-O, dSYM"),
    ("pe", "PE"),
    ("pdb", "PDB"),
    ("portablepdb", "Portable PDB"),
    ("breakpad", "Breakpad"),
    ("proguard", "ProGuard, R8"),
    ("sourcebundle", "Source bundle"),
    ("dartsymbolmap", "Dart symbol map"),
    ("il2cpp", "il2cpp lines"),
    ("bcsymbolmap", "Bitcode symbol map"),
    ("uuidmap", "Bitcode UUID map"),
    ("wasm", "WebAssembly"),
];

#[derive(Template)]
#[template(path = "symbols.html")]
struct SymbolsPage {
    shell: Shell,
    csrf: String,
    action: String,
    text: String,
    kinds: Vec<Kind>,
    rows: Vec<Row>,
    next: Option<String>,
    /// Nothing was looked for.
    is_all: bool,
    /// Whether the visitor may delete.
    may_delete: bool,
    /// One was just deleted.
    deleted: bool,
    /// How to send files.
    commands: Vec<Command>,
}

struct Kind {
    id: &'static str,
    name: &'static str,
    current: bool,
}

/// A debug file, or one of the objects of a fat one.
struct Row {
    name: String,
    kind: String,
    kind_name: String,
    arch: String,
    debug_id: String,
    /// Empty if it says no more than the debug id.
    code_id: String,
    size: String,
    features: Vec<String>,
    /// What keeps it from being of more use.
    caveats: Vec<&'static str>,
    by: String,
    uploaded: Moment,
    delete: String,
}

/// A command to paste into a shell.
struct Command {
    id: &'static str,
    what: &'static str,
    text: String,
}

#[derive(Default, Deserialize)]
pub(crate) struct SymbolsQuery {
    #[serde(default)]
    query: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    cursor: String,
    deleted: Option<String>,
}

impl Row {
    fn new(file: &DebugFile, path: &str, now: Timestamp) -> Self {
        let kind_name =
            KINDS.iter().find(|(id, _)| *id == file.kind).map_or(file.kind.as_str(), |(_, name)| name);
        let code_id = file.code_id.as_deref().filter(|id| *id != file.debug_id.replace('-', ""));
        Self {
            name: file.name.clone(),
            kind_name: kind_name.to_owned(),
            kind: file.kind.clone(),
            arch: file.arch.clone(),
            debug_id: file.debug_id.clone(),
            code_id: code_id.unwrap_or_default().to_owned(),
            size: bytes(file.bytes),
            caveats: file.features.iter().filter_map(|feature| caveat(feature)).collect(),
            features: file.features.clone(),
            by: file.uploaded_by.clone(),
            uploaded: Moment::ago(file.uploaded, now),
            delete: format!("{path}{}/delete/", file.id),
        }
    }
}

impl SymbolsPage {
    fn new(
        shell: Shell,
        visit: &Visit,
        project: &Project,
        asked: SymbolsQuery,
        found: &DebugFilesPage,
    ) -> Self {
        let path = Section::Symbols.path(project);
        let here = |cursor: &str| {
            with_query(&path, &[("query", &asked.query), ("kind", &asked.kind), ("cursor", cursor)])
        };
        Self {
            shell,
            csrf: visit.csrf.clone(),
            kinds: KINDS.into_iter().map(|(id, name)| Kind { id, name, current: id == asked.kind }).collect(),
            rows: found.files.iter().map(|file| Row::new(file, &path, visit.now)).collect(),
            next: found.pagination.next_cursor().map(here),
            is_all: asked.query.trim().is_empty() && asked.kind.is_empty() && asked.cursor.is_empty(),
            may_delete: visit.principal.is_admin,
            deleted: asked.deleted.is_some(),
            commands: commands(&visit.query.base_url, project),
            text: asked.query,
            action: path,
        }
    }
}

/// What sends symbols to this project; `sentry-cli` reads the token from the environment.
fn commands(base_url: &str, project: &Project) -> Vec<Command> {
    let prefix = format!(
        "export SENTRY_URL={base_url} SENTRY_ORG={} SENTRY_PROJECT={} SENTRY_AUTH_TOKEN=…\nsentry-cli ",
        project.organization_slug, project.slug
    );
    let command = |id, what, text: &str| Command { id, what, text: format!("{prefix}{text}") };
    vec![
        command(
            "upload-native",
            "iOS, Android NDK, Unity, Windows, Flutter",
            "debug-files upload --include-sources build/",
        ),
        command(
            "upload-proguard",
            "Android: ProGuard and R8",
            "upload-proguard app/build/outputs/mapping/release/mapping.txt",
        ),
        command(
            "upload-maps",
            "Web and React Native",
            "sourcemaps inject dist/\nsentry-cli sourcemaps upload --release VERSION dist/",
        ),
    ]
}

/// `GET /projects/{organization}/{project}/symbols/`
pub(crate) async fn list(
    visit: Visit,
    path: web::Path<ProjectPath>,
    asked: web::Query<SymbolsQuery>,
) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    let asked = asked.into_inner();
    let cursor = Some(asked.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let cursor = cursor.map(str::parse).transpose().map_err(QueryError::from)?;
    let filter = DebugFileFilter { text: asked.query.clone(), kind: asked.kind.clone(), before: None };
    let found = read::debug_files::list(&visit.query, &project, filter, cursor, DEFAULT_LIMIT).await?;
    let title = format!("Symbols · {}", project.name);
    let shell = visit.project_shell(title, &project, Section::Symbols).await?;
    answer::page(&SymbolsPage::new(shell, &visit, &project, asked, &found))
}

#[derive(Deserialize)]
pub(crate) struct FilePath {
    organization: String,
    project: String,
    file: i64,
}

/// `POST /projects/{organization}/{project}/symbols/{file}/delete/`
pub(crate) async fn delete(
    posted: Posted<super::NoFields>,
    path: web::Path<FilePath>,
) -> Result<HttpResponse, PageError> {
    let path = path.into_inner();
    let visit = posted.visit;
    let project =
        visit.project(&ProjectPath { organization: path.organization, project: path.project }).await?;
    if !visit.principal.is_admin {
        return Err(PageError::NotAdministrator);
    }
    visit.query.catalog.delete_debug_file(project.id, path.file).await?;
    Ok(answer::see(&with_query(&Section::Symbols.path(&project), &[("deleted", "1")])))
}

#[cfg(test)]
mod tests;
