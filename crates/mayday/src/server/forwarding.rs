//! What proxies say of a client, and when to believe it.
//!
//! Anybody can send `X-Forwarded-For`. It counts only from proxies that the operator named, and of a list only as far
//! from its right end as named proxies wrote it. Behind this point the connection's address *is* the client's, and
//! forwarding headers are there only if they are true: no other code needs to know of proxies.

use std::net::{IpAddr, SocketAddr};

use actix_http::RequestHead;
use actix_web::http::header::{
    FORWARDED, HeaderMap, HeaderName, HeaderValue, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO,
};

use super::network::Network;

/// Longest list of addresses that is looked at: beyond it there are no honest proxies.
const MAX_HOPS: usize = 32;
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// Makes a request look as if its client had sent it here itself.
pub(super) fn see_through(head: &mut RequestHead, trusted: &[Network]) {
    let Some(peer) = head.peer_addr else { return };
    let is_trusted = |address| trusted.iter().any(|network| network.contains(address));
    let told = is_trusted(peer.ip()).then(|| Told::by(&head.headers));
    for name in [FORWARDED, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO, X_REAL_IP] {
        head.headers.remove(name);
    }
    let Some(told) = told else { return };
    let mut client = peer.ip();
    for hop in told.hops.iter().rev().take(MAX_HOPS) {
        if !is_trusted(client) {
            break;
        }
        let Some(address) = address(hop) else { break };
        client = address;
    }
    if client != peer.ip() {
        // The port of a client behind a proxy is not known.
        head.peer_addr = Some(SocketAddr::new(client, 0));
    }
    for (name, value) in [(X_FORWARDED_HOST, told.host), (X_FORWARDED_PROTO, told.scheme)] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            head.headers.insert(name, value);
        }
    }
}

/// What the nearest proxy told.
#[derive(Default)]
struct Told {
    /// From the client on; the nearest proxy wrote the last.
    hops: Vec<String>,
    host: Option<String>,
    scheme: Option<String>,
}

impl Told {
    fn by(headers: &HeaderMap) -> Self {
        let mut told = Self::forwarded(headers);
        let last = |name| elements(headers, name).next_back();
        let hops: Vec<_> = elements(headers, X_FORWARDED_FOR).collect();
        if !hops.is_empty() {
            told.hops = hops;
        }
        told.host = last(X_FORWARDED_HOST).or(told.host);
        told.scheme = last(X_FORWARDED_PROTO).or(told.scheme);
        told
    }

    /// RFC 7239.
    fn forwarded(headers: &HeaderMap) -> Self {
        let mut told = Self::default();
        for element in elements(headers, FORWARDED) {
            (told.host, told.scheme) = (None, None);
            for (name, value) in element.split(';').filter_map(|pair| pair.split_once('=')) {
                let value = value.trim().trim_matches('"').to_owned();
                match name.trim().to_ascii_lowercase().as_str() {
                    "for" => told.hops.push(value),
                    "host" => told.host = Some(value),
                    "proto" => told.scheme = Some(value),
                    _ => {}
                }
            }
        }
        told
    }
}

/// The elements of a list that may be spread over several headers.
fn elements(headers: &HeaderMap, name: HeaderName) -> impl DoubleEndedIterator<Item = String> {
    let lists: Vec<_> = headers.get_all(name).filter_map(|value| value.to_str().ok()).collect();
    let elements = lists.into_iter().flat_map(|list| list.split(','));
    let elements: Vec<_> =
        elements.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect();
    elements.into_iter()
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse::<IpAddr>().ok();
    address.or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip())).map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUSTED: [&str; 2] = ["10.0.0.0/8", "2001:db8::/32"];

    /// The client's address, host and scheme of a request from `peer` with these headers.
    fn seen(peer: &str, headers: &[(&str, &str)]) -> (String, Option<String>, Option<String>) {
        let mut head = RequestHead::default();
        head.peer_addr = Some(SocketAddr::new(peer.parse().unwrap(), 4711));
        for (name, value) in headers {
            head.headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let trusted: Vec<Network> = TRUSTED.iter().map(|network| network.parse().unwrap()).collect();
        see_through(&mut head, &trusted);
        assert!(!head.headers.contains_key("x-forwarded-for") && !head.headers.contains_key("forwarded"));
        let text =
            |name| head.headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap().to_owned());
        (head.peer_addr.unwrap().ip().to_string(), text("x-forwarded-host"), text("x-forwarded-proto"))
    }

    #[test]
    fn a_stranger_is_not_believed() {
        let headers =
            [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Proto", "https"), ("Forwarded", "for=1.2.3.4")];
        assert_eq!(seen("198.51.100.1", &headers), ("198.51.100.1".into(), None, None));
    }

    #[test]
    fn a_trusted_proxy_names_the_client() {
        let headers = [
            ("X-Forwarded-For", "203.0.113.7"),
            ("X-Forwarded-Host", "crash.example.com"),
            ("X-Forwarded-Proto", "https"),
        ];
        let (client, host, scheme) = seen("10.0.0.1", &headers);
        assert_eq!(client, "203.0.113.7");
        assert_eq!((host.as_deref(), scheme.as_deref()), (Some("crash.example.com"), Some("https")));
        assert_eq!(seen("::ffff:10.0.0.1", &headers).0, "203.0.113.7");
    }

    #[test]
    fn what_a_client_wrote_before_its_proxy_does_not_count() {
        let client = |list| seen("10.0.0.1", &[("X-Forwarded-For", list)]).0;
        assert_eq!(client("1.2.3.4, 203.0.113.7"), "203.0.113.7");
        assert_eq!(client("1.2.3.4, 203.0.113.7, 10.2.3.4"), "203.0.113.7", "two proxies of ours");
        assert_eq!(client("10.1.1.1, 10.2.3.4"), "10.1.1.1", "a client of our own network");
        assert_eq!(client("203.0.113.7, unknown"), "10.0.0.1", "further it is not known");
        let lines = [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", "203.0.113.7")];
        assert_eq!(seen("10.0.0.1", &lines).0, "203.0.113.7");
    }

    #[test]
    fn the_standard_header_does_too() {
        let header = "for=1.2.3.4;proto=http, For=\"[2001:4860::8]:4711\";host=crash.example.com;proto=https";
        let (client, host, scheme) = seen("10.0.0.1", &[("Forwarded", header)]);
        assert_eq!(client, "2001:4860::8");
        assert_eq!((host.as_deref(), scheme.as_deref()), (Some("crash.example.com"), Some("https")));
    }

    #[test]
    fn a_proxy_may_tell_the_port() {
        assert_eq!(seen("10.0.0.1", &[("X-Forwarded-For", "203.0.113.7:61234")]).0, "203.0.113.7");
    }
}
