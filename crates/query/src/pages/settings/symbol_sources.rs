//! Where else than among its uploads a project's symbols are looked for.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::projects::Project;
use serde_json::{Map, Value, json};

use super::{
    super::{
        answer,
        error::PageError,
        shell::Shell,
        visit::{Decided, Posted, ProjectPath, Visit},
    },
    Frame, Page, Parts, Tab,
    fields::{Choice, Fields, Problems, as_lines, choices_of, entries, shown},
};
use crate::{
    QueryError, change,
    read::{
        source_trial::{self, Binary, Trial, Verdict},
        symbol_sources::HAS_PASSWORD,
    },
};

const TYPES: [(&str, &str); 3] =
    [("http", "Symbol server"), ("s3", "S3 bucket"), ("directory", "Directory on mayday's machine")];
const LAYOUTS: [(&str, &str); 7] = [
    ("unified", "Unified"),
    ("debuginfod", "debuginfod"),
    ("symstore", "symstore"),
    ("symstore_index2", "symstore, two tiers"),
    ("ssqp", "SSQP"),
    ("breakpad", "Breakpad"),
    ("slashsymbols", "slashsymbols"),
];
const PLATFORMS: [(&str, &str); 4] =
    [("elf", "Linux and Android"), ("macho", "Apple"), ("pe", "Windows"), ("breakpad", "Breakpad files")];
/// Fields that are texts, or absent.
const TEXTS: [&str; 7] = ["url", "path", "bucket", "region", "prefix", "username", "password"];

#[derive(Template)]
#[template(path = "settings/symbol_sources.html")]
pub(super) struct SourcesPage {
    shell: Shell,
    frame: Frame,
    /// The last is empty, for one more.
    sources: Vec<SourceRow>,
}

struct SourceRow {
    /// `sources[0]`
    place: String,
    /// From 1.
    position: usize,
    is_new: bool,
    name: String,
    /// For people: `Symbol server, https://symbols.example.com/`.
    about: String,
    types: Vec<Choice>,
    layouts: Vec<Choice>,
    /// Name, label, and whether it is ticked.
    platforms: Vec<(&'static str, &'static str, bool)>,
    url: String,
    path: String,
    bucket: String,
    region: String,
    prefix: String,
    paths: String,
    username: String,
    has_password: bool,
    /// What to try it with: the debug id of a binary.
    debug_id: String,
    trial: Option<TrialResult>,
}

/// What came of a trial, for people.
struct TrialResult {
    /// `good`, `bad`, or nothing: it answers, and that is all.
    tone: &'static str,
    message: String,
    /// Place, what the source said of it, and after how many milliseconds.
    places: Vec<(String, String, u128)>,
}

impl From<&Trial> for TrialResult {
    fn from(trial: &Trial) -> Self {
        let places = trial.probe.places.iter();
        let place = |probed: &mayday_fetch::Probed| {
            (probed.place.clone(), source_trial::said(probed), probed.took.as_millis())
        };
        Self {
            tone: match trial.verdict() {
                Verdict::Found => "good",
                Verdict::NotFound => "",
                _ => "bad",
            },
            message: trial.message(),
            places: places.map(place).collect(),
        }
    }
}

impl SourceRow {
    fn new(at: usize, source: Option<&Value>) -> Self {
        let null = Value::Null;
        let is_new = source.is_none();
        let source = source.unwrap_or(&null);
        let text = |field: &str| shown(source, field);
        let types = choices_of(&TYPES, &text("type"));
        let ty = types.iter().find(|ty| ty.current).map_or("", |ty| ty.name.as_str());
        let place = [text("url"), text("bucket"), text("path")].into_iter().find(|place| !place.is_empty());
        let platforms = entries(source, "platforms");
        Self {
            place: format!("sources[{at}]"),
            position: at + 1,
            is_new,
            about: format!("{ty}, {}", place.unwrap_or_default()),
            layouts: choices_of(&LAYOUTS, &text("layout")),
            platforms: PLATFORMS.map(|(name, label)| (name, label, platforms.contains(&name.into()))).into(),
            name: text("name"),
            url: text("url"),
            path: text("path"),
            bucket: text("bucket"),
            region: text("region"),
            prefix: text("prefix"),
            paths: as_lines(source, "paths"),
            username: text("username"),
            has_password: source[HAS_PASSWORD] == true,
            types,
            debug_id: String::new(),
            trial: None,
        }
    }
}

impl Page for SourcesPage {
    const TAB: Tab = Tab::SymbolSources;

    async fn of(_: &Visit, _: &Project, parts: Parts) -> Result<Self, PageError> {
        let Parts { shell, mut frame, draft } = parts;
        let sources = draft.as_array().map(Vec::as_slice).unwrap_or_default();
        let rows = sources.iter().map(Some).chain([None]).enumerate();
        let sources: Vec<SourceRow> = rows.map(|(at, source)| SourceRow::new(at, source)).collect();
        for source in sources.iter().filter(|source| !source.name.is_empty()) {
            frame.problems.call(&source.place, &source.name);
        }
        Ok(Self { shell, frame, sources })
    }

    /// A row without a name is none. In the order of their numbers; those of the same number as they stood.
    fn draft(fields: &mut Fields) -> Value {
        let mut sources: Vec<(usize, Value)> = Vec::new();
        for row in fields.rows("sources", "name") {
            let name = |field: &str| format!("sources[{row}].{field}");
            if fields.text(&name("name")).is_empty() || fields.is_on(&name("remove")) {
                continue;
            }
            let position = fields.text(&name("position")).parse().unwrap_or(usize::MAX);
            sources.push((position, source(fields, &name)));
        }
        sources.sort_by_key(|(position, _)| *position);
        sources.into_iter().map(|(_, source)| source).collect()
    }
}

/// What a source is called that is tried before it has a name.
const UNNAMED: &str = "New source";

/// `POST …/settings/symbol_sources/test/`: a source is tried as the form has it, and nothing is saved. The field `test` says
/// which row.
pub(super) async fn test(
    decided: Decided<BTreeMap<String, String>>,
    path: web::Path<ProjectPath>,
) -> Result<HttpResponse, PageError> {
    let Decided(Posted { visit, mut form }) = decided;
    let project = visit.project(&path).await?;
    let row = form.remove("test").unwrap_or_default();
    let name = form.entry(format!("{row}.name")).or_default();
    if name.trim().is_empty() {
        UNNAMED.clone_into(name);
    }
    form.remove(&format!("{row}.remove"));
    let mut fields = Fields::from(form);
    let draft = SourcesPage::draft(&mut fields);
    let tried = source(&fields, &|field| format!("{row}.{field}"));
    let place = draft.as_array().and_then(|drafts| drafts.iter().position(|draft| *draft == tried));
    let place = place.ok_or_else(|| PageError::Form(format!("test: there is no row {row:?}")))?;
    let debug_id = fields.some(&format!("{row}.debug_id")).map(str::to_owned);
    let binary = Binary { debug_id: debug_id.clone(), ..Binary::default() };
    let trial = async {
        let settings = change::symbol_sources::tried(&visit.query, &project, place, &tried).await?;
        source_trial::run(&visit.query, &project, &settings, &binary).await
    };
    let trial = trial.await;
    let mut parts = Parts::stored(&visit, &project, Tab::SymbolSources).await?;
    parts.draft = draft;
    let result = match trial {
        Ok(trial) => Some(TrialResult::from(&trial)),
        Err(QueryError::Rule(problem)) => {
            parts.frame.problems = Problems::from(vec![problem]).of_trial();
            None
        }
        Err(QueryError::Invalid(problem)) => {
            parts.frame.problems = Problems::one(&format!("sources[{place}]"), problem).of_trial();
            None
        }
        Err(error) => return Err(error.into()),
    };
    let mut page = SourcesPage::of(&visit, &project, parts).await?;
    if let Some(row) = page.sources.get_mut(place) {
        row.trial = result;
        row.debug_id = debug_id.unwrap_or_default();
    }
    answer::page(&page)
}

/// A source as the API takes it. A password that is not typed again stays as it is.
fn source(fields: &Fields, name: &impl Fn(&str) -> String) -> Value {
    let mut source = Map::new();
    for field in ["name", "type", "layout"] {
        source.insert(field.to_owned(), fields.text(&name(field)).into());
    }
    for field in TEXTS {
        if let Some(text) = fields.some(&name(field)) {
            source.insert(field.to_owned(), text.into());
        }
    }
    let platforms = PLATFORMS.iter().map(|(platform, _)| *platform);
    let platforms: Vec<&str> =
        platforms.filter(|platform| fields.is_on(&name(&format!("platforms.{platform}")))).collect();
    source.insert("platforms".to_owned(), json!(platforms));
    source.insert("paths".to_owned(), fields.lines(&name("paths")));
    if fields.is_on(&name("forget_password")) {
        source.insert("password".to_owned(), "".into());
    } else if fields.is_on(&name("has_password")) {
        source.insert(HAS_PASSWORD.to_owned(), true.into());
    }
    source.into()
}
