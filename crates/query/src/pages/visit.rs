//! A visit: who looks at a page, or sends one of its forms.
//!
//! A handler that takes a [`Visit`] is only reached by somebody who is logged in; one that takes a [`Posted`]
//! only by a form of one of our own pages; one that takes a [`Decided`] only by an administrator's.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use mayday_catalog::{access::Principal, issues::Issue, projects::Project};
use mayday_event::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use subtle::ConstantTimeEq;

use super::{
    error::PageError,
    shell::{Account, ProjectNav, Section, Shell},
    theme::Theme,
};
use crate::{Query, auth, read};

/// Somebody who is logged in looks at a page.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) query: web::Data<Query>,
    pub(crate) principal: Principal,
    pub(crate) csrf: String,
    pub(crate) now: Timestamp,
    theme: Theme,
    here: String,
}

impl Visit {
    async fn of(request: HttpRequest) -> Result<Self, PageError> {
        let query = data(&request)?;
        let here = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let Some(session) = auth::session(&query, &request).await? else {
            return Err(PageError::LogIn { next: here });
        };
        Ok(Self {
            now: query.clock.now(),
            theme: Theme::of(&request),
            principal: session.principal,
            csrf: session.csrf,
            here,
            query,
        })
    }

    pub(crate) fn account(&self) -> Account {
        Account { email: self.principal.email.clone(), csrf: self.csrf.clone() }
    }

    /// The frame of a page outside any project.
    pub(crate) fn shell(&self, title: impl Into<String>) -> Shell {
        Shell {
            title: title.into(),
            theme: self.theme,
            here: self.here.clone(),
            account: Some(self.account()),
            project: None,
        }
    }

    /// The frame of a page of a project.
    pub(crate) async fn project_shell(
        &self,
        title: impl Into<String>,
        project: &Project,
        section: Section,
    ) -> Result<Shell, PageError> {
        let all = read::projects::list(&self.query, &self.principal).await?;
        Ok(Shell { project: Some(ProjectNav::new(project, &all, section)), ..self.shell(title) })
    }

    /// A project of the visitor's organisation.
    pub(crate) async fn project(&self, path: &ProjectPath) -> Result<Project, PageError> {
        Ok(read::projects::find(&self.query, &self.principal, &path.organization, &path.project).await?)
    }

    /// Whether cookies may be kept to https.
    pub(crate) fn is_secure(&self) -> bool {
        is_secure(&self.query)
    }
}

/// Organisation and project as a path names them.
#[derive(Debug, Deserialize)]
pub(crate) struct ProjectPath {
    pub(crate) organization: String,
    pub(crate) project: String,
}

impl ProjectPath {
    /// That of an issue of the visitor's organisation.
    pub(crate) fn of(visit: &Visit, issue: &Issue) -> Self {
        Self { organization: visit.principal.organization_slug.clone(), project: issue.project_slug.clone() }
    }
}

/// A form sent by somebody who is logged in, from one of our own pages.
pub(crate) struct Posted<T> {
    pub(crate) visit: Visit,
    pub(crate) form: T,
}

/// A form that only an administrator may send: what it changes is not for every member to decide.
pub(crate) struct Decided<T>(pub(crate) Posted<T>);

#[derive(Deserialize)]
struct Signed<T> {
    csrf_token: String,
    #[serde(flatten)]
    form: T,
}

impl<T: DeserializeOwned + 'static> Posted<T> {
    async fn of(request: HttpRequest, mut payload: Payload) -> Result<Self, PageError> {
        check_origin(&request)?;
        let visit = Visit::of(request.clone()).await?;
        let signed = web::Form::<Signed<T>>::from_request(&request, &mut payload)
            .await
            .map_err(|error| PageError::Form(error.to_string()))?
            .into_inner();
        if !bool::from(signed.csrf_token.as_bytes().ct_eq(visit.csrf.as_bytes())) {
            return Err(PageError::Stale);
        }
        Ok(Self { visit, form: signed.form })
    }
}

impl FromRequest for Visit {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(Self::of(request.clone()))
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Posted<T> {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Box::pin(Self::of(request.clone(), payload.take()))
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Decided<T> {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let posted = Posted::of(request.clone(), payload.take());
        Box::pin(async move {
            let posted = posted.await?;
            auth::check_administrator(&posted.visit.principal)?;
            Ok(Self(posted))
        })
    }
}

/// What `configure` put into the server.
pub(crate) fn data(request: &HttpRequest) -> Result<web::Data<Query>, PageError> {
    request.app_data::<web::Data<Query>>().cloned().ok_or(PageError::NotConfigured)
}

/// Whether cookies may be kept to https.
pub(crate) fn is_secure(query: &Query) -> bool {
    query.base_url.starts_with("https://")
}

/// Refuses a form that a page of another site sent. Browsers say where a form comes from; what says nothing is
/// no browser, and then the CSRF token (or the password) decides alone.
pub(crate) fn check_origin(request: &HttpRequest) -> Result<(), PageError> {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let foreign_site = matches!(text(header::HeaderName::from_static("sec-fetch-site")), Some("cross-site"));
    let host = request.connection_info().host().to_owned();
    let foreign_origin = text(header::ORIGIN).is_some_and(|origin| {
        let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
        let base = data(request).map(|query| query.base_url.clone()).unwrap_or_default();
        authority != host && origin != base
    });
    if foreign_site || foreign_origin { Err(PageError::ForeignForm) } else { Ok(()) }
}
