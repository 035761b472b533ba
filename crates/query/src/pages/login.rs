//! Logging in and out.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    http::{StatusCode, header},
    web,
};
use askama::Template;
use mayday_catalog::access::NewSession;
use mayday_event::Timestamp;
use serde::Deserialize;

use super::{
    answer,
    attempts::{Attempts, Origin},
    error::PageError,
    path::LocalPath,
    shell::Shell,
    theme::Theme,
    visit::{self, Posted},
};
use crate::{Query, auth};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    shell: Shell,
    next: String,
    email: String,
    error: Option<String>,
}

impl LoginPage {
    fn new(request: &HttpRequest, next: &LocalPath) -> Self {
        let shell = Shell { title: "Log in".into(), theme: Theme::of(request), ..Shell::default() };
        Self { shell, next: next.as_str().into(), email: String::new(), error: None }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct LoginQuery {
    #[serde(default)]
    next: LocalPath,
}

#[derive(Deserialize)]
pub(crate) struct LoginForm {
    email: String,
    password: String,
    #[serde(default)]
    next: LocalPath,
}

/// `GET /login`
pub(crate) async fn form(
    request: HttpRequest,
    query: web::Data<Query>,
    asked: web::Query<LoginQuery>,
) -> Result<HttpResponse, PageError> {
    if auth::session(&query, &request).await?.is_some() {
        return Ok(answer::see(asked.next.as_str()));
    }
    answer::page(&LoginPage::new(&request, &asked.next))
}

/// `POST /login`
pub(crate) async fn submit(
    request: HttpRequest,
    query: web::Data<Query>,
    attempts: web::Data<Attempts>,
    form: web::Form<LoginForm>,
) -> Result<HttpResponse, PageError> {
    visit::check_origin(&request)?;
    let now = query.clock.now();
    let address = request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default();
    let origin = Origin::new(address.clone(), &form.email);
    if let Some(seconds) = attempts.wait_seconds(&origin, now) {
        return too_many(&request, &form, seconds);
    }
    let turn = attempts.one_at_a_time.lock().await;
    let session = query.catalog.log_in(form.email.trim(), &form.password).await?;
    drop(turn);
    match session {
        Some(session) => {
            attempts.succeeded(&origin);
            let mut response = answer::see(form.next.as_str());
            response
                .add_cookie(&session_cookie(&query, &session, now))
                .map_err(|_| PageError::Form("session cookie".into()))?;
            Ok(response)
        }
        None => {
            attempts.failed(origin, now);
            tracing::info!(address, "log-in refused");
            refused(
                &request,
                &form,
                StatusCode::UNAUTHORIZED,
                "E-mail address or password is not right.".into(),
            )
        }
    }
}

/// `POST /logout`
pub(crate) async fn log_out(
    request: HttpRequest,
    posted: Posted<super::NoFields>,
) -> Result<HttpResponse, PageError> {
    if let Some(cookie) = request.cookie(auth::SESSION_COOKIE) {
        posted.visit.query.catalog.log_out(cookie.value()).await?;
    }
    let mut gone = Cookie::build(auth::SESSION_COOKIE, "").path("/").finish();
    gone.make_removal();
    Ok(HttpResponse::SeeOther().cookie(gone).insert_header((header::LOCATION, "/login")).finish())
}

fn too_many(request: &HttpRequest, form: &LoginForm, seconds: i64) -> Result<HttpResponse, PageError> {
    let minutes = (seconds + 59) / 60;
    let text = format!("Too many attempts. Try again in {minutes} min.");
    let mut response = refused(request, form, StatusCode::TOO_MANY_REQUESTS, text)?;
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    Ok(response)
}

fn refused(
    request: &HttpRequest,
    form: &LoginForm,
    status: StatusCode,
    error: String,
) -> Result<HttpResponse, PageError> {
    let page =
        LoginPage { email: form.email.clone(), error: Some(error), ..LoginPage::new(request, &form.next) };
    answer::page_with(status, &page)
}

fn session_cookie(query: &Query, session: &NewSession, now: Timestamp) -> Cookie<'static> {
    Cookie::build(auth::SESSION_COOKIE, session.token.clone())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(visit::is_secure(query))
        .max_age(Duration::seconds(session.expires.since_ms(now) / 1000))
        .finish()
}
