//! The OpenAPI document: kept by hand in `openapi.json`, and held to the endpoints by a test.

use actix_web::{HttpResponse, http::header};

use super::endpoint::Endpoint;

const DOCUMENT: &str = include_str!("openapi.json");

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/openapi.json").get(document)]
}

/// Readable without a token: it says nothing about this server's data.
async fn document() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(DOCUMENT)
}
