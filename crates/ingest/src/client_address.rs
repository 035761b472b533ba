//! The client's address.

use std::net::IpAddr;

use actix_web::HttpRequest;

/// The first that proxies name, else the connection's.
pub(crate) fn of(request: &HttpRequest) -> Option<IpAddr> {
    let forwarded = request.headers().get("X-Forwarded-For").and_then(|value| value.to_str().ok());
    let forwarded = forwarded.and_then(|list| list.split(',').next()?.trim().parse::<IpAddr>().ok());
    forwarded.or_else(|| Some(request.peer_addr()?.ip()))
}
