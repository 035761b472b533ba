//! What a project decides about its reports: a page for each section, all made alike.
//!
//! A form's fields are called as the places in the section's JSON are, so that what is wrong with a place is shown at
//! its field.

mod changes;
mod deletion;
mod fields;
mod filters;
mod grouping;
mod in_app;
mod keys;
mod limits;
mod payloads;
mod privacy;
mod retention;
mod symbol_sources;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse, Scope,
    http::StatusCode,
    web::{self, FormConfig},
};
use askama::Template;
use mayday_catalog::{
    projects::Project,
    settings::{Section as Part, Subject},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    answer,
    error::PageError,
    path::with_query,
    shell::{NavLink, Section, Shell},
    visit::{Decided, Posted, ProjectPath, Visit},
};
use crate::{QueryError, change, read};
use changes::ChangeRow;
use fields::{Fields, Problems};

/// Longest form, bytes: above what a section may hold, percent-encoded.
const FORM_BYTES: usize = 1 << 18;

/// The pages below `/projects/{organization}/{project}/settings`.
pub(super) fn pages() -> Scope {
    web::scope("/settings")
        .app_data(
            FormConfig::default()
                .limit(FORM_BYTES)
                .error_handler(|error, _| PageError::Form(error.to_string()).into()),
        )
        .route("/", web::get().to(first))
        .route("/keys/", web::get().to(show::<limits::KeysPage>))
        .route("/keys/", web::post().to(keys::add))
        .route("/keys/{key}/", web::post().to(keys::change))
        .route("/limits/", web::post().to(save::<limits::KeysPage>))
        .route("/filters/", web::get().to(show::<filters::FiltersPage>))
        .route("/filters/", web::post().to(save::<filters::FiltersPage>))
        .route("/filters/preview/", web::post().to(filters::preview))
        .route("/filters/discards/{discard}/undo/", web::post().to(filters::undo_discard))
        .route("/privacy/", web::get().to(show::<privacy::PrivacyPage>))
        .route("/privacy/", web::post().to(save::<privacy::PrivacyPage>))
        .route("/privacy/preview/", web::post().to(privacy::preview))
        .route("/privacy/users/", web::post().to(deletion::delete))
        .route("/payloads/", web::get().to(show::<payloads::PayloadsPage>))
        .route("/payloads/", web::post().to(save::<payloads::PayloadsPage>))
        .route("/in_app/", web::get().to(show::<in_app::InAppPage>))
        .route("/in_app/", web::post().to(save::<in_app::InAppPage>))
        .route("/grouping/", web::get().to(show::<grouping::GroupingPage>))
        .route("/grouping/", web::post().to(save::<grouping::GroupingPage>))
        .route("/grouping/preview/", web::post().to(grouping::preview))
        .route("/retention/", web::get().to(show::<retention::RetentionPage>))
        .route("/retention/", web::post().to(save::<retention::RetentionPage>))
        .route("/symbol_sources/", web::get().to(show::<symbol_sources::SourcesPage>))
        .route("/symbol_sources/", web::post().to(save::<symbol_sources::SourcesPage>))
        .route("/symbol_sources/test/", web::post().to(symbol_sources::test))
}

/// The tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Keys,
    Filters,
    Privacy,
    Payloads,
    InApp,
    Grouping,
    Retention,
    SymbolSources,
}

impl Tab {
    const ALL: [Self; 8] = [
        Self::Keys,
        Self::Filters,
        Self::Privacy,
        Self::Payloads,
        Self::InApp,
        Self::Grouping,
        Self::Retention,
        Self::SymbolSources,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Keys => "Keys and limits",
            Self::Filters => "Filters",
            Self::Privacy => "Privacy",
            Self::Payloads => "Payload budget",
            Self::InApp => "App frames",
            Self::Grouping => "Grouping",
            Self::Retention => "Retention",
            Self::SymbolSources => "Symbol sources",
        }
    }

    /// The section of the project's settings that it changes; `None`: something of its own.
    fn part(self) -> Option<Part> {
        match self {
            Self::Keys => Some(Part::Limits),
            Self::Filters => Some(Part::Filters),
            Self::Privacy => Some(Part::Privacy),
            Self::Payloads => Some(Part::Payloads),
            Self::InApp => Some(Part::InApp),
            Self::Grouping => Some(Part::Grouping),
            Self::Retention => Some(Part::Retention),
            Self::SymbolSources => None,
        }
    }

    /// Where its form is sent, below the settings.
    fn segment(self) -> &'static str {
        self.part().map_or("symbol_sources", Part::name)
    }

    /// What its form is about, as it is stored.
    async fn stored(self, visit: &Visit, project: &Project) -> Result<Value, PageError> {
        Ok(match self.part() {
            Some(part) => read::settings::section(&visit.query, project, part),
            None => read::symbol_sources::list(&visit.query, project).await?.into(),
        })
    }

    /// Stores what a form says.
    async fn put(self, visit: &Visit, project: &Project, draft: &Value) -> Result<(), QueryError> {
        let Visit { query, principal, .. } = visit;
        match self.part() {
            Some(part) => change::settings::put(query, principal, project, part, draft).await.map(drop),
            None => {
                let sources = draft.as_array().map(Vec::as_slice).unwrap_or_default();
                change::symbol_sources::put(query, principal, project, sources).await
            }
        }
    }

    /// Whose changes it tells.
    fn subjects(self) -> &'static [Subject] {
        match self {
            Self::Keys => &[Subject::Section(Part::Limits), Subject::Keys],
            Self::Filters => &[Subject::Section(Part::Filters)],
            Self::Privacy => &[Subject::Section(Part::Privacy)],
            Self::Payloads => &[Subject::Section(Part::Payloads)],
            Self::InApp => &[Subject::Section(Part::InApp)],
            Self::Grouping => &[Subject::Section(Part::Grouping)],
            Self::Retention => &[Subject::Section(Part::Retention)],
            Self::SymbolSources => &[],
        }
    }

    pub(super) fn path(self, project: &Project) -> String {
        let segment = match self {
            Self::Keys => "keys",
            tab => tab.segment(),
        };
        format!("{}{segment}/", Section::Settings.path(project))
    }
}

/// What all tabs have around their forms.
struct Frame {
    csrf: String,
    tabs: Vec<NavLink>,
    /// Where the section's form is sent.
    action: String,
    is_saved: bool,
    problems: Problems,
    changes: Vec<ChangeRow>,
    /// Whether the visitor is an administrator.
    may_change: bool,
}

/// What a page is made of.
struct Parts {
    shell: Shell,
    frame: Frame,
    /// The section's JSON: as it is stored, or as somebody tried to have it.
    draft: Value,
}

impl Parts {
    /// Those of a tab as it is stored.
    async fn stored(visit: &Visit, project: &Project, tab: Tab) -> Result<Self, PageError> {
        let title = format!("{} · {}", tab.name(), project.name);
        let tabs = Tab::ALL.into_iter().map(|other| NavLink {
            name: other.name().into(),
            href: other.path(project),
            current: other == tab,
        });
        Ok(Self {
            shell: visit.project_shell(title, project, Section::Settings).await?,
            frame: Frame {
                csrf: visit.csrf.clone(),
                tabs: tabs.collect(),
                action: format!("{}{}/", Section::Settings.path(project), tab.segment()),
                is_saved: false,
                problems: Problems::default(),
                changes: match tab.subjects() {
                    [] => Vec::new(),
                    subjects => changes::of(visit, project, subjects).await?,
                },
                may_change: visit.principal.is_admin,
            },
            draft: tab.stored(visit, project).await?,
        })
    }
}

/// A page with a section's form.
trait Page: Template + Sized {
    const TAB: Tab;

    /// The page around a draft of its section.
    async fn of(visit: &Visit, project: &Project, parts: Parts) -> Result<Self, PageError>;

    /// The section as its form has it.
    fn draft(fields: &mut Fields) -> Value;
}

/// `GET …/settings/`
async fn first(visit: Visit, path: web::Path<ProjectPath>) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    Ok(answer::see(&Tab::Keys.path(&project)))
}

#[derive(Deserialize)]
struct Saved {
    saved: Option<String>,
}

async fn show<P: Page>(
    visit: Visit,
    path: web::Path<ProjectPath>,
    saved: web::Query<Saved>,
) -> Result<HttpResponse, PageError> {
    let project = visit.project(&path).await?;
    let mut parts = Parts::stored(&visit, &project, P::TAB).await?;
    parts.frame.is_saved = saved.saved.is_some();
    answer::page(&P::of(&visit, &project, parts).await?)
}

async fn save<P: Page>(
    decided: Decided<BTreeMap<String, String>>,
    path: web::Path<ProjectPath>,
) -> Result<HttpResponse, PageError> {
    let Decided(Posted { visit, form }) = decided;
    let project = visit.project(&path).await?;
    let mut fields = Fields::from(form);
    let draft = P::draft(&mut fields);
    let problems = match fields.into_problems() {
        problems if !problems.is_empty() => problems,
        _ => match P::TAB.put(&visit, &project, &draft).await {
            Ok(()) => return Ok(saved(P::TAB, &project)),
            Err(QueryError::Rule(problem)) => vec![problem],
            Err(error) => return Err(error.into()),
        },
    };
    let mut parts = Parts::stored(&visit, &project, P::TAB).await?;
    (parts.draft, parts.frame.problems) = (draft, Problems::from(problems));
    answer::page_with(StatusCode::BAD_REQUEST, &P::of(&visit, &project, parts).await?)
}

/// Back to a tab that says that all is well.
fn saved(tab: Tab, project: &Project) -> HttpResponse {
    answer::see(&with_query(&tab.path(project), &[("saved", "1")]))
}
