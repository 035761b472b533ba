//! Light or dark: as the system says, unless somebody chose. The choice is a cookie, so that the first byte of
//! a page is already in the right colours and no script is needed.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    http::header,
};
use serde::Deserialize;

use super::{error::PageError, path::LocalPath, visit::Posted};

const COOKIE: &str = "mayday_theme";

/// The colours of the pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Theme {
    /// As the system says.
    #[default]
    System,
    Light,
    Dark,
}

/// A theme to choose.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) value: &'static str,
    pub(crate) current: bool,
}

impl Theme {
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// What the visitor chose.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let chosen = request.cookie(COOKIE);
        Self::ALL
            .into_iter()
            .find(|theme| chosen.as_ref().is_some_and(|cookie| cookie.value() == theme.value()))
            .unwrap_or_default()
    }

    fn value(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// Value of `data-theme`.
    pub(crate) fn attribute(&self) -> Option<&'static str> {
        (*self != Self::System).then(|| self.value())
    }

    pub(crate) fn choices(&self) -> [Choice; 3] {
        Self::ALL.map(|theme| Choice { name: theme.name(), value: theme.value(), current: theme == *self })
    }
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(crate) struct ThemeForm {
    theme: Theme,
    #[serde(default)]
    next: LocalPath,
}

/// `POST /theme`
pub(crate) async fn choose(posted: Posted<ThemeForm>) -> Result<HttpResponse, PageError> {
    let cookie = Cookie::build(COOKIE, posted.form.theme.value())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(posted.visit.is_secure())
        .max_age(Duration::days(365))
        .finish();
    Ok(HttpResponse::SeeOther()
        .cookie(cookie)
        .insert_header((header::LOCATION, posted.form.next.as_str()))
        .finish())
}
