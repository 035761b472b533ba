//! What is scrubbed before anything is stored, and a place to try it.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use askama::Template;
use mayday_catalog::projects::Project;
use serde_json::{Map, Value};

use super::{
    super::{
        answer,
        error::PageError,
        shell::Shell,
        visit::{Posted, ProjectPath, Visit},
    },
    Frame, Page, Part, Parts, Tab,
    deletion::DeletionForm,
    fields::{Choice, Fields, Problems, as_lines, choices_of, entries, shown},
};
use crate::read::trial;

/// What is switched on and off, and what it takes out.
const SWITCHES: [(&str, &str, &str); 6] = [
    (
        "sensitive_keys",
        "Values of sensitive keys",
        "password, token, authorization, cookie, secret, API key and the like; also within JSON, forms, headers and URLs",
    ),
    ("credentials", "Credentials", "user:password@ in URLs, Bearer and Basic, JSON web tokens"),
    ("private_keys", "Private keys", "in PEM"),
    ("card_numbers", "Card numbers", "of a known length and prefix, with the right check digit"),
    ("ibans", "IBANs", "of a known country and length, with the right check digits"),
    ("memory_text", "Text in stack memory", "of native crashes; addresses and lengths stay"),
];
const EMAILS: [(&str, &str); 3] = [
    ("keep", "are kept"),
    ("remove_from_text", "are taken out of texts"),
    ("remove_all", "are taken out of texts, and hashed of the user"),
];
const IP_ADDRESSES: [(&str, &str); 3] =
    [("keep", "are kept"), ("truncate", "are cut to their network"), ("remove", "are removed")];
const ACTIONS: [(&str, &str); 3] = [("remove", "remove"), ("mask", "mask with *"), ("hash", "hash")];

#[derive(Template)]
#[template(path = "settings/privacy.html")]
pub(super) struct PrivacyPage {
    shell: Shell,
    frame: Frame,
    switches: Vec<Switch>,
    emails: Vec<Choice>,
    ip_addresses: Vec<Choice>,
    more_keys: String,
    safe_keys: String,
    /// The last is empty, for one more.
    rules: Vec<RuleRow>,
    hash_salt: String,
    /// What was pasted to be tried.
    sample: String,
    scrubbed: Option<trial::Scrubbed>,
    pub(super) deletion: DeletionForm,
}

struct Switch {
    name: &'static str,
    title: &'static str,
    what: &'static str,
    is_on: bool,
}

struct RuleRow {
    /// `rules[0]`
    name: String,
    /// `privacy.rules[0]`
    place: String,
    path: String,
    regex: String,
    actions: Vec<Choice>,
}

impl RuleRow {
    fn new(at: usize, rule: &Value) -> Self {
        let name = format!("rules[{at}]");
        Self {
            place: format!("privacy.{name}"),
            path: shown(rule, "path"),
            regex: shown(rule, "regex"),
            actions: choices_of(&ACTIONS, &shown(rule, "action")),
            name,
        }
    }
}

impl Page for PrivacyPage {
    const TAB: Tab = Tab::Privacy;

    async fn of(_: &Visit, _: &Project, parts: Parts) -> Result<Self, PageError> {
        let Parts { shell, frame, draft } = parts;
        let switch = |(name, title, what)| {
            let is_on = draft.get(name).and_then(Value::as_bool).unwrap_or(false);
            Switch { name, title, what, is_on }
        };
        let rules = entries(&draft, "rules").iter().chain([&Value::Null]).enumerate();
        Ok(Self {
            switches: SWITCHES.map(switch).into(),
            emails: choices_of(&EMAILS, &shown(&draft, "emails")),
            ip_addresses: choices_of(&IP_ADDRESSES, &shown(&draft, "ip_addresses")),
            more_keys: as_lines(&draft, "more_keys"),
            safe_keys: as_lines(&draft, "safe_keys"),
            rules: rules.map(|(at, rule)| RuleRow::new(at, rule)).collect(),
            hash_salt: shown(&draft, "hash_salt"),
            sample: String::new(),
            scrubbed: None,
            deletion: DeletionForm::empty(),
            shell,
            frame,
        })
    }

    fn draft(fields: &mut Fields) -> Value {
        let mut draft = Map::new();
        for (name, ..) in SWITCHES {
            draft.insert(name.into(), fields.is_on(name).into());
        }
        for list in ["more_keys", "safe_keys"] {
            draft.insert(list.into(), fields.lines(list));
        }
        for text in ["emails", "ip_addresses", "hash_salt"] {
            draft.insert(text.into(), fields.text(text).into());
        }
        draft.insert("rules".into(), rules(fields));
        draft.into()
    }
}

/// A row without a path is none.
fn rules(fields: &Fields) -> Value {
    let rule = |row: usize| {
        let text = |field: &str| fields.text(&format!("rules[{row}].{field}"));
        let given = ["path", "regex", "action"].into_iter().filter(|field| !text(field).is_empty());
        (!text("path").is_empty())
            .then(|| given.map(|field| (field.to_owned(), text(field).into())).collect())
    };
    fields
        .rows("rules", "path")
        .into_iter()
        .filter_map(rule)
        .map(|rule: Map<String, Value>| Value::from(rule))
        .collect()
}

/// `POST …/settings/privacy/preview/`: the draft is tried on the sample, and nothing is saved.
pub(super) async fn preview(
    posted: Posted<BTreeMap<String, String>>,
    path: web::Path<ProjectPath>,
) -> Result<HttpResponse, PageError> {
    let visit = posted.visit;
    let project = visit.project(&path).await?;
    let mut fields = Fields::from(posted.form);
    let (draft, sample) = (PrivacyPage::draft(&mut fields), fields.text("sample").to_owned());
    let settings = fields.compiled(&visit, &project, Part::Privacy, &draft).await?;
    let mut parts = Parts::stored(&visit, &project, Tab::Privacy).await?;
    parts.draft = draft;
    let scrubbed = match settings {
        Ok(settings) => Some(trial::scrubbed(&settings, &sample, visit.now)),
        Err(problems) => {
            parts.frame.problems = Problems::from(problems).of_trial();
            None
        }
    };
    let page = PrivacyPage::of(&visit, &project, parts).await?;
    answer::page(&PrivacyPage { sample, scrubbed, ..page })
}
