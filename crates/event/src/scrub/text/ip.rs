//! IP addresses in texts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{before, is_word};
use crate::scrub::{
    mark::{self, Spans},
    settings::IpAddresses,
};

/// Longest address, written out.
const LONGEST: usize = 45;

pub(super) fn spans(text: &str, policy: IpAddresses) -> Spans {
    let bytes = text.as_bytes();
    let mut spans = Spans::new();
    let mut done = 0;
    for mark in memchr::memchr2_iter(b'.', b':', bytes) {
        if mark < done {
            continue;
        }
        let is_part = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'.' || *byte == b':';
        let ahead = bytes.iter().skip(mark).take_while(|byte| is_part(byte)).count();
        let behind =
            bytes.get(done..mark).unwrap_or_default().iter().rev().take_while(|byte| is_part(byte)).count();
        let (start, end) = (mark - behind, mark + ahead);
        done = end;
        // What stands at the end of a sentence or before a port is none of the address.
        let Some((address, length)) = address(text.get(start..end).unwrap_or_default()) else { continue };
        let end = start + length;
        let is_apart = |byte: Option<&u8>| !is_word(byte) && byte != Some(&b'-');
        if !is_apart(before(bytes, start)) || !is_apart(bytes.get(end)) {
            continue;
        }
        let found = text.get(start..end).unwrap_or_default();
        if let Some(replacement) = replacement(address, found, policy) {
            spans.push((start..end, replacement.into()));
        }
    }
    spans
}

/// The address that `run` starts with, if all that follows is a port or punctuation; and its length.
fn address(run: &str) -> Option<(IpAddr, usize)> {
    if run.len() > LONGEST + 6 {
        return None;
    }
    let bare = run.trim_end_matches('.');
    let bare = if bare.ends_with("::") { bare } else { bare.trim_end_matches(':') };
    if let Ok(address) = bare.parse::<IpAddr>() {
        let is_telling = match address {
            IpAddr::V4(_) => true,
            // `dead::beef` is a name in C++.
            IpAddr::V6(_) => bare.bytes().any(|b| b.is_ascii_digit()) && bare.split(':').count() > 3,
        };
        return is_telling.then_some((address, bare.len()));
    }
    let (host, port) = bare.rsplit_once(':')?;
    let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let address = host.parse::<Ipv4Addr>().ok().filter(|_| is_port)?;
    Some((address.into(), host.len()))
}

/// `None` if it may stay: it tells nothing about anyone, or is truncated already.
fn replacement(address: IpAddr, found: &str, policy: IpAddresses) -> Option<String> {
    if address.is_loopback() || address.is_unspecified() {
        return None;
    }
    let replacement = match policy {
        IpAddresses::Keep => return None,
        IpAddresses::Remove => mark::fitting(mark::IP, found.len()).to_owned(),
        IpAddresses::Truncate => truncated(address).to_string(),
    };
    (truncated(address) != address || policy == IpAddresses::Remove)
        .then_some(replacement)
        .map(|replacement| if replacement.len() > found.len() { mark::SHORT.to_owned() } else { replacement })
}

/// Its network: 24 bits of IPv4, 48 bits of IPv6.
pub(in crate::scrub) fn truncated(address: IpAddr) -> IpAddr {
    let v4 = |address: Ipv4Addr| {
        let [a, b, c, _] = address.octets();
        Ipv4Addr::new(a, b, c, 0)
    };
    match address {
        IpAddr::V4(address) => v4(address).into(),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => v4(mapped).to_ipv6_mapped().into(),
            None => {
                let [a, b, c, ..] = address.segments();
                Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).into()
            }
        },
    }
}

/// Whether what has this key is a version: `1.2.3.4` is one, too.
pub(super) fn is_of_version(name: &str) -> bool {
    let name = crate::scrub::keys::normal(name);
    ["version", "build", "buildnumber", "useragent", "revision"].iter().any(|end| name.ends_with(end))
}
