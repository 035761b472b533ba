//! Whoever forgets the slash at the end of a page's address is led to it.

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
};

/// Around all pages: `/issues/7?tab=tags` leads on to `/issues/7/?tab=tags`, if there is such a page.
pub(crate) async fn lead_on(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match with_slash(&request) {
        Some(address) => {
            let there = HttpResponse::PermanentRedirect().insert_header((header::LOCATION, address)).finish();
            Ok(request.into_response(there))
        }
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

fn with_slash(request: &ServiceRequest) -> Option<String> {
    let (path, pages) = (request.path(), request.resource_map());
    let is_asked = *request.method() == Method::GET && !path.ends_with('/') && !pages.has_resource(path);
    let address = is_asked.then(|| format!("{path}/")).filter(|address| pages.has_resource(address))?;
    match request.query_string() {
        "" => Some(address),
        query => Some(format!("{address}?{query}")),
    }
}
