//! What happens to every request before it is routed.

use std::rc::Rc;

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web,
};

use super::{
    body::{self, Counted},
    connection::Life,
    forwarding,
    network::Network,
};

/// Requests that one HTTP/2 connection may have under way at once.
const AT_ONCE: u32 = 100;

/// Proxies that are believed.
pub(super) struct TrustedProxies(pub(super) Vec<Network>);

/// Shows the client as it is behind its proxies, times its body, and answers `HEAD` as `GET` without a body.
pub(super) async fn enter(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<Counted>, Error> {
    let life = request.request().conn_data::<Rc<Life>>().cloned();
    let under_way = life.as_ref().map(Life::begin);
    if life.is_some_and(|life| life.under_way() > AT_ONCE) {
        let busy = HttpResponse::ServiceUnavailable().insert_header((header::RETRY_AFTER, "1")).finish();
        return Ok(request.into_response(busy).map_body(|_, body| Counted::new(body, under_way)));
    }
    if let Some(trusted) = request.app_data::<web::Data<TrustedProxies>>().cloned() {
        forwarding::see_through(request.head_mut(), &trusted.0);
    }
    if request.method() == Method::HEAD {
        // The HTTP stack leaves the body out: it remembers what the client asked.
        request.head_mut().method = Method::GET;
    }
    let payload = body::paced(request.take_payload());
    request.set_payload(payload);
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| Counted::new(body.boxed(), under_way)))
}
