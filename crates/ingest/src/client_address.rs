//! The client's address.

use std::net::IpAddr;

use actix_web::HttpRequest;

/// Of a connection it is the peer's; the server has already seen through the proxies that its operator trusts.
pub(crate) fn of(request: &HttpRequest) -> Option<IpAddr> {
    Some(request.peer_addr()?.ip().to_canonical())
}
