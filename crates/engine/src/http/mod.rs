//! ClickHouse's HTTP interface over the engine.
//!
//! As far as clients use it: a statement in `?query=`, in the body, or in a form; rows of an `INSERT` in the body, also
//! in compressed blocks; `param_…`, settings, `database` and `default_format` in the URL; exceptions with their code.
//! Source: ClickHouse's documentation of its HTTP interface, and what the official `clickhouse` crate sends.

mod compressed;
mod exception;
mod pieces;
mod request;
mod respond;
mod run;
mod sql;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web,
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use self::{
    exception::Own,
    pieces::Joiner,
    request::{Ask, MAX_SQL},
    sql::Kind,
};
use crate::pool::Pool;

/// ClickHouse's format where nobody names one.
const DEFAULT_FORMAT: &str = "TabSeparated";

/// All that requests are answered with.
#[derive(Debug, Clone)]
pub(crate) struct Face {
    pub(crate) pool: Arc<Pool>,
    /// Password that clients must give.
    pub(crate) secret: Arc<str>,
}

/// Adds the routes.
pub(crate) fn configure(config: &mut web::ServiceConfig, face: &Face) {
    config
        .app_data(web::Data::new(face.clone()))
        .route("/ping", web::get().to(async || "Ok.\n"))
        .default_service(web::route().to(handle));
}

async fn handle(request: HttpRequest, payload: web::Payload, face: web::Data<Face>) -> HttpResponse {
    match Box::pin(answer(&request, payload, &face)).await {
        Ok(response) => response,
        Err(error) => exception::answer(&error, "", &face.pool),
    }
}

async fn answer(request: &HttpRequest, payload: web::Payload, face: &Face) -> Result<HttpResponse, String> {
    let mut ask = Ask::read(request)?;
    if !ask.knows(request, &face.secret) {
        return Err(Own::Authentication.text("password is incorrect, or there is none"));
    }
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(Own::NotImplemented.text("Content-Encoding is not supported by the embedded engine"));
    }
    if is_form(request) {
        ask.read_form(request, payload).await?;
        let sql = std::mem::take(&mut ask.sql).into_bytes();
        return Ok(run_text(face, ask, sql, None).await);
    }
    let sql = std::mem::take(&mut ask.sql).into_bytes();
    if matches!(sql::classify(&sql), Kind::Insert { .. }) {
        return Ok(run_text(face, ask, sql, Some(payload)).await);
    }
    let sql = append_body(sql, payload).await?;
    if sql.iter().all(u8::is_ascii_whitespace) {
        return match *request.method() == Method::GET {
            true => Ok(HttpResponse::Ok().body("Ok.\n")),
            false => Err("Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR)".to_owned()),
        };
    }
    Ok(run_text(face, ask, sql, None).await)
}

fn is_form(request: &HttpRequest) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"multipart/form-data"))
}

/// The SQL's rest comes in the body.
async fn append_body(sql: Vec<u8>, mut payload: web::Payload) -> Result<Vec<u8>, String> {
    let mut text = BytesMut::from(sql.as_slice());
    if !text.is_empty() {
        text.extend_from_slice(b"\n");
    }
    while let Some(piece) = payload.next().await {
        let piece =
            piece.map_err(|error| Own::ClientGone.text(&format!("the body cannot be read: {error}")))?;
        if text.len() + piece.len() > MAX_SQL {
            let advice = "put an INSERT into ?query= and its rows into the body";
            return Err(
                Own::TooLarge.text(&format!("the statement is longer than {MAX_SQL} bytes: {advice}"))
            );
        }
        text.extend_from_slice(&piece);
    }
    Ok(text.to_vec())
}

/// Runs a statement that is all there, but for the rows in `body` if it is an `INSERT`.
async fn run_text(face: &Face, ask: Ask, sql: Vec<u8>, body: Option<web::Payload>) -> HttpResponse {
    let default = ask.default_format.clone().unwrap_or_else(|| DEFAULT_FORMAT.to_owned());
    match sql::classify(&sql) {
        Kind::Insert { head, format, rows } => {
            let (head, format, rows) = (head.to_vec(), format.to_owned(), Bytes::copy_from_slice(rows));
            run::insert(&face.pool, ask, head, format, rows, body).await
        }
        Kind::Select { format } => {
            let format = format.map_or(default, str::to_owned);
            let joiner = Joiner::new(&format);
            run::query(&face.pool, ask, sql, format, joiner).await
        }
        Kind::Other { format } => {
            let format = format.map_or(default, str::to_owned);
            run::query(&face.pool, ask, sql, format, None).await
        }
    }
}
