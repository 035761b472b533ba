//! What goes wrong on the way to a page, and the page that is shown instead.

use actix_web::{
    HttpResponse, ResponseError,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::Next,
};
use askama::Template;

use super::{answer, path::with_query, shell::Shell, theme::Theme};
use crate::QueryError;

/// Kinds of failure that a visitor sees.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// Nobody is logged in: leads to the log-in page and from there back to `next`.
    #[error("log in first")]
    LogIn { next: String },
    /// The form belongs to another session.
    #[error("this form is out of date; go back, reload the page and try again")]
    Stale,
    /// The form was sent by another site.
    #[error("this form was sent by another site, and nothing was changed")]
    ForeignForm,
    /// The form lacks a field or has one that makes no sense.
    #[error("this form cannot be read: {0}")]
    Form(String),
    /// Only an administrator may do this.
    #[error("only an administrator may do this, and nothing was changed")]
    NotAdministrator,
    /// No such page.
    #[error("there is no such page here")]
    NoPage,
    /// The server was put together wrongly.
    #[error("pages are not configured")]
    NotConfigured,
    /// A page could not be rendered.
    #[error("page cannot be rendered")]
    Render(#[from] askama::Error),
    /// What the page is about could not be read or changed.
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl From<mayday_catalog::CatalogError> for PageError {
    fn from(error: mayday_catalog::CatalogError) -> Self {
        Self::Query(error.into())
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    status: u16,
    heading: &'static str,
    detail: String,
}

impl PageError {
    fn status(&self) -> StatusCode {
        match self {
            Self::LogIn { .. } => StatusCode::SEE_OTHER,
            Self::Stale | Self::ForeignForm | Self::NotAdministrator => StatusCode::FORBIDDEN,
            Self::Form(_) => StatusCode::BAD_REQUEST,
            Self::NoPage => StatusCode::NOT_FOUND,
            Self::NotConfigured | Self::Render(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Query(error) => error.status(),
        }
    }

    fn heading(&self) -> &'static str {
        match self.status() {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::FORBIDDEN => "Not allowed",
            StatusCode::SERVICE_UNAVAILABLE => "Not available at the moment",
            status if status.is_client_error() => "That did not work",
            _ => "Something went wrong",
        }
    }

    fn page(&self, theme: Theme) -> HttpResponse {
        let page = ErrorPage {
            shell: Shell { title: self.heading().into(), theme, ..Shell::default() },
            status: self.status().as_u16(),
            heading: self.heading(),
            detail: sentence(&self.detail()),
        };
        answer::page_with(self.status(), &page)
            .unwrap_or_else(|_| HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR))
    }

    /// What the visitor reads; causes are logged, not shown.
    fn detail(&self) -> String {
        match self {
            Self::Query(error) => error.answer().detail,
            Self::NotConfigured | Self::Render(_) => {
                tracing::error!(error = self as &dyn std::error::Error, "page failed");
                "The server's log says more.".into()
            }
            _ => self.to_string(),
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::LogIn { next } = self {
            let next = if next == "/" { "" } else { next };
            return HttpResponse::SeeOther()
                .insert_header((header::LOCATION, with_query("/login", &[("next", next)])))
                .finish();
        }
        HttpResponse::new(self.status()) // `show` makes a page of it
    }
}

/// Around all pages: makes of a [`PageError`] the page that a visitor sees, in the colours that they chose.
pub(crate) async fn show(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let error = response.response().error().and_then(|error| error.as_error::<PageError>());
    let error = match error {
        None if is_nowhere(&response) => &PageError::NoPage,
        None | Some(PageError::LogIn { .. }) => return Ok(response),
        Some(error) => error,
    };
    let page = error.page(Theme::of(response.request()));
    Ok(response.into_response(page))
}

/// Whether nobody answers at this address, or nobody in this way: below a part of the pages nothing but a status says so.
fn is_nowhere(response: &ServiceResponse<BoxBody>) -> bool {
    let is_empty = matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0));
    is_empty && [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&response.status())
}

/// Error texts are lower case and without a full stop; on a page they are a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return String::new() };
    let end = if text.ends_with(['.', '!', '?', ')']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), characters.as_str())
}
