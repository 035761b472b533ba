//! Whoever forgets the slash at the end of a page's address, or writes one where none belongs, is led to the page.

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
};

/// Around all pages: `/issues/7?tab=tags` leads on to `/issues/7/?tab=tags`, and `/login/` to `/login`, if there is such
/// a page.
pub(crate) async fn lead_on(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match other_way(&request) {
        Some(address) => {
            let there = HttpResponse::PermanentRedirect().insert_header((header::LOCATION, address)).finish();
            Ok(request.into_response(there))
        }
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

/// Where a page is whose address was written the other way, with or without its slash.
fn other_way(request: &ServiceRequest) -> Option<String> {
    let (path, pages) = (request.path(), request.resource_map());
    if *request.method() != Method::GET || pages.has_resource(path) {
        return None;
    }
    let address = match path.strip_suffix('/') {
        // What begins with two slashes is another host's.
        Some(without) if !without.starts_with("//") => without.to_owned(),
        Some(_) => return None,
        None => format!("{path}/"),
    };
    if !pages.has_resource(&address) {
        return None;
    }
    match request.query_string() {
        "" => Some(address),
        query => Some(format!("{address}?{query}")),
    }
}
