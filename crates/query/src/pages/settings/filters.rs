//! Which events a project does not want, and a place to try it.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::{discards::Discard, projects::Project};
use mayday_event::{filter::Dropped, settings::RuleError};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    super::{
        NoFields, answer,
        error::PageError,
        moment::Moment,
        shell::Shell,
        visit::{Decided, Posted, ProjectPath, Visit},
    },
    Frame, Page, Part, Parts, Tab,
    fields::{Fields, Problems, as_lines, entries, shown},
    saved,
};
use crate::read::trial;

/// Lists with an entry a line.
const LISTS: [&str; 3] = ["releases", "error_messages", "ip_addresses"];
const MINIMUM_OF: &str = "minimum_app_version_of";
/// Most discarded issues that are shown; the API has all.
const DISCARDS: usize = 100;

#[derive(Template)]
#[template(path = "settings/filters.html")]
pub(super) struct FiltersPage {
    shell: Shell,
    frame: Frame,
    releases: String,
    error_messages: String,
    ip_addresses: String,
    minimum_app_version: String,
    /// `android 4.2.0`, a system a line.
    minimum_app_version_of: String,
    /// The last is empty, for one more.
    samples: Vec<SampleRow>,
    /// An event that was pasted to be tried.
    sample: String,
    verdict: Option<Verdict>,
    /// Issues that were deleted and whose further events are dropped, newest first.
    discards: Vec<DiscardRow>,
}

struct DiscardRow {
    title: String,
    culprit: String,
    by: String,
    at: Moment,
    /// Where it is taken back.
    undo: String,
}

struct SampleRow {
    /// `sample_rates[0]`
    name: String,
    /// `filters.sample_rates[0]`
    place: String,
    rate: String,
    release: String,
    environment: String,
}

/// What the filters say of the event that was pasted.
struct Verdict(Option<Dropped>);

impl DiscardRow {
    fn new(discard: Discard, action: &str, visit: &Visit) -> Self {
        Self {
            undo: format!("{action}discards/{}/undo/", discard.id),
            title: discard.title,
            culprit: discard.culprit,
            by: discard.discarded_by.unwrap_or_else(|| "somebody who is gone".into()),
            at: Moment::ago(discard.created, visit.now),
        }
    }
}

impl SampleRow {
    fn new(at: usize, sample: &Value) -> Self {
        let name = format!("sample_rates[{at}]");
        Self {
            place: format!("filters.{name}"),
            rate: shown(sample, "rate"),
            release: shown(sample, "release"),
            environment: shown(sample, "environment"),
            name,
        }
    }
}

impl Page for FiltersPage {
    const TAB: Tab = Tab::Filters;

    async fn of(visit: &Visit, project: &Project, parts: Parts) -> Result<Self, PageError> {
        let Parts { shell, frame, draft } = parts;
        let discards = visit.query.catalog.discards(project.id, DISCARDS).await?;
        let samples = entries(&draft, "sample_rates").iter().chain([&Value::Null]).enumerate();
        Ok(Self {
            releases: as_lines(&draft, "releases"),
            error_messages: as_lines(&draft, "error_messages"),
            ip_addresses: as_lines(&draft, "ip_addresses"),
            minimum_app_version: shown(&draft, "minimum_app_version"),
            minimum_app_version_of: systems(&draft),
            samples: samples.map(|(at, sample)| SampleRow::new(at, sample)).collect(),
            sample: String::new(),
            verdict: None,
            discards: discards
                .into_iter()
                .map(|discard| DiscardRow::new(discard, &frame.action, visit))
                .collect(),
            shell,
            frame,
        })
    }

    fn draft(fields: &mut Fields) -> Value {
        let mut draft = Map::new();
        for list in LISTS {
            draft.insert(list.into(), fields.lines(list));
        }
        if !fields.text("minimum_app_version").is_empty() {
            draft.insert("minimum_app_version".into(), fields.text("minimum_app_version").into());
        }
        draft.insert(MINIMUM_OF.into(), minimum_of(fields));
        draft.insert("sample_rates".into(), sample_rates(fields));
        draft.into()
    }
}

/// A row without a rate is none.
fn sample_rates(fields: &mut Fields) -> Value {
    let mut rates: Vec<Value> = Vec::new();
    for row in fields.rows("sample_rates", "rate") {
        let name = |field: &str| format!("sample_rates[{row}].{field}");
        if fields.text(&name("rate")).is_empty() {
            continue;
        }
        let place = format!("filters.sample_rates[{}].rate", rates.len());
        let mut rate = Map::from_iter([("rate".to_owned(), fields.fraction(&name("rate"), &place))]);
        for field in ["release", "environment"] {
            let pattern = fields.text(&name(field));
            if !pattern.is_empty() {
                rate.insert(field.into(), pattern.into());
            }
        }
        rates.push(rate.into());
    }
    rates.into()
}

/// The systems and versions of a form; a line that is none leaves all as they are.
fn minimum_of(fields: &mut Fields) -> Value {
    let text = fields.text(MINIMUM_OF).to_owned();
    let mut versions = Map::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        // A version has no blank that matters, a system may have: `wear os 4.2.0`.
        let Some((system, version)) = line.rsplit_once(char::is_whitespace) else {
            let problem = format!("{line:?} is not a system and a version, such as android 4.2.0");
            return fields.refuse(&format!("filters.{MINIMUM_OF}"), &problem, text);
        };
        versions.insert(system.trim_end().into(), version.into());
    }
    versions.into()
}

fn systems(draft: &Value) -> String {
    match draft.get(MINIMUM_OF) {
        Some(Value::Object(versions)) => {
            let line = |(system, version): (&String, &Value)| {
                format!("{system} {}", version.as_str().unwrap_or_default())
            };
            versions.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        _ => shown(draft, MINIMUM_OF),
    }
}

#[derive(Deserialize)]
pub(super) struct DiscardPath {
    discard: i64,
}

/// `POST …/settings/filters/discards/{discard}/undo/`: events of it are stored again.
pub(super) async fn undo_discard(
    decided: Decided<NoFields>,
    path: web::Path<ProjectPath>,
    of: web::Path<DiscardPath>,
) -> Result<HttpResponse, PageError> {
    let visit = decided.0.visit;
    let project = visit.project(&path).await?;
    visit.query.catalog.undo_discard(project.id, of.discard).await?;
    Ok(saved(Tab::Filters, &project))
}

/// `POST …/settings/filters/preview/`: the draft is tried on an event, and nothing is saved.
pub(super) async fn preview(
    posted: Posted<BTreeMap<String, String>>,
    path: web::Path<ProjectPath>,
) -> Result<HttpResponse, PageError> {
    let visit = posted.visit;
    let project = visit.project(&path).await?;
    let mut fields = Fields::from(posted.form);
    let (draft, sample) = (FiltersPage::draft(&mut fields), fields.text("sample").to_owned());
    let settings = fields.compiled(&visit, &project, Part::Filters, &draft).await?;
    let verdict = settings.and_then(|settings| {
        let refused = |problem: &str| vec![RuleError { place: "sample".into(), problem: problem.into() }];
        trial::verdict(&settings, &sample, visit.now).map_err(refused)
    });
    let mut parts = Parts::stored(&visit, &project, Tab::Filters).await?;
    parts.draft = draft;
    let verdict = match verdict {
        Ok(verdict) => Some(Verdict(verdict)),
        Err(problems) => {
            parts.frame.problems = Problems::from(problems).of_trial();
            None
        }
    };
    let page = FiltersPage::of(&visit, &project, parts).await?;
    answer::page(&FiltersPage { sample, verdict, ..page })
}
