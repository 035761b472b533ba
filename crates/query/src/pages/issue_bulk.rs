//! Changing the issues of a list that are ticked.

use std::fmt;

use actix_web::{HttpResponse, web};
use mayday_event::IssueId;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

use super::{
    answer,
    error::PageError,
    issue_actions::status_change,
    path::LocalPath,
    visit::{Posted, ProjectPath},
};
use crate::{QueryError, change, read};

/// What may be done: a form's value and the button's name.
pub(super) const CHANGES: [(&str, &str); 5] = [
    ("resolved", "Resolve"),
    ("resolvedInNextRelease", "Resolve in next release"),
    ("ignored", "Ignore"),
    ("unresolved", "Reopen"),
    (MERGE, "Merge"),
];
const MERGE: &str = "merge";

/// The whole form: a page has no more rows.
const MOST: usize = 100;

/// A form with a value for each ticked row: all its fields, as one comes several times.
#[derive(Debug)]
pub(crate) struct TickedForm(Vec<(String, String)>);

impl<'de> Deserialize<'de> for TickedForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = TickedForm;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a form's fields")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TickedForm, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(TickedForm(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl TickedForm {
    fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    fn ids(&self) -> Result<Vec<IssueId>, QueryError> {
        let ids = self.0.iter().filter(|(key, _)| key == "ids");
        ids.take(MOST)
            .map(|(_, id)| id.parse().map_err(|error| QueryError::Invalid(format!("ids: {error}"))))
            .collect()
    }
}

/// `POST /projects/{organization}/{project}/issues/change`
pub(crate) async fn change(
    posted: Posted<TickedForm>,
    path: web::Path<ProjectPath>,
) -> Result<HttpResponse, PageError> {
    let (visit, form) = (&posted.visit, &posted.form);
    let project = visit.project(&path).await?;
    let ids = read::issues::of_project(&visit.query, &project, &form.ids()?).await?;
    if ids.is_empty() {
        return Err(QueryError::Invalid("tick the issues that are to be changed first".into()).into());
    }
    match form.one("what") {
        MERGE => {
            change::issues::merge(&visit.query, &visit.principal, &ids).await?;
        }
        status => {
            let wanted = status_change(visit, status)?;
            change::issues::change_all(&visit.query, &visit.principal, &ids, &wanted).await?;
        }
    }
    let next = LocalPath::from(form.one("next").to_owned());
    Ok(answer::see(next.as_str()))
}
