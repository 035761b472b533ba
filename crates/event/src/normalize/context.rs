//! What was around the event: tags, contexts, extra, user, request, breadcrumbs.

use std::{collections::BTreeMap, net::IpAddr};

use serde_json::Value;

use super::{
    Arrival,
    fields::{Fields, collected, first, last, list, shortened, text, timestamp, values},
    json::{Json, Object},
    level,
    place::Place,
    value::{bounded, bounded_map},
};
use crate::{
    limits,
    model::{Breadcrumb, Request, User},
};

/// An object, or a list of pairs: `[key, value]` or `{"key", "value"}`.
fn pairs<'j>(json: Json<'j>, place: &Place<'_>) -> Vec<(String, Json<'j>)> {
    let pair = |(index, json): (usize, Json<'j>)| {
        let place = place.index(index);
        let (key, value) = match json {
            Json::List(pair) => {
                let mut pair = pair.into_iter();
                (pair.next(), pair.next())
            }
            other => {
                let mut fields = Fields::of(other, place)?;
                (fields.take("key"), fields.take("value"))
            }
        };
        let key = text(key.unwrap_or(Json::Null), &place, limits::PATH_BYTES)?;
        Some((key, value.unwrap_or(Json::Null)))
    };
    match json {
        Json::List(list) => list.into_iter().enumerate().filter_map(pair).collect(),
        other => {
            let fields = Fields::of(other, *place).map(|fields| fields.object).unwrap_or_default();
            fields.into_iter().map(|(key, value)| (key.into_owned(), value)).collect()
        }
    }
}

pub(super) fn tags(json: Json<'_>, place: &Place<'_>) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for (key, value) in first(pairs(json, place), limits::TAGS, place) {
        let place = place.key(&key);
        let Some(value) = text(value, &place, limits::TAG_VALUE_BYTES) else { continue };
        let value = value.replace(char::is_control, " ").trim().to_owned();
        let key = key.replace(char::is_control, " ");
        let key = shortened(key.trim().into(), &place, limits::TAG_KEY_BYTES);
        if !key.is_empty() && !value.is_empty() {
            tags.insert(key, value);
        }
    }
    tags
}

pub(super) fn contexts(json: Json<'_>, place: &Place<'_>) -> Option<BTreeMap<String, Value>> {
    let fields = Fields::of(json, *place)?;
    let kept = first(fields.object, limits::CONTEXTS, place);
    let context = |(name, json): (std::borrow::Cow<'_, str>, Json<'_>)| {
        let place = place.key(&name);
        match json {
            Json::Null => None,
            Json::Object(_) => {
                let value = bounded(json, &place, limits::CONTEXT_BYTES);
                Some((shortened(name.clone(), &place, limits::KEY_BYTES), value))
            }
            other => {
                place.wrong_type(other.kind(), "an object");
                None
            }
        }
    };
    Some(kept.into_iter().filter_map(context).collect())
}

pub(super) fn user(json: Json<'_>, place: &Place<'_>, arrival: &Arrival) -> Option<User> {
    let mut fields = Fields::of(json, *place)?;
    let mut user = User {
        id: fields.text("id", limits::NAME_BYTES),
        email: fields.text("email", limits::NAME_BYTES),
        username: fields.text("username", limits::NAME_BYTES),
        name: fields.text("name", limits::NAME_BYTES),
        ip_address: fields.text("ip_address", limits::NAME_BYTES),
        data: BTreeMap::new(),
    };
    user.ip_address = user.ip_address.and_then(|ip| ip_address(ip, &fields.place, arrival));
    user.data = user_data(fields);
    (user != User::default()).then_some(user)
}

fn ip_address(ip: String, place: &Place<'_>, arrival: &Arrival) -> Option<String> {
    if ip == "{{auto}}" {
        return arrival.remote_addr.clone();
    }
    if ip.parse::<IpAddr>().is_err() {
        place.key("ip_address").invalid(format_args!("{ip:?} is no IP address; dropped"));
        return None;
    }
    Some(ip)
}

/// The members of `data`, and those that the model does not know.
fn user_data(mut fields: Fields<'_, '_>) -> BTreeMap<String, Value> {
    let data: Object<'_> = match fields.take("data") {
        Some(json) => {
            let place = fields.place.key("data");
            Fields::of(json, place).map(|data| data.object).unwrap_or_default()
        }
        None => Vec::new(),
    };
    let mut all = fields.object;
    all.extend(data);
    bounded_map(all, &fields.place, limits::DATA_BYTES)
}

pub(super) fn request(json: Json<'_>, place: &Place<'_>) -> Option<Request> {
    let mut fields = Fields::of(json, *place)?;
    let any = |json, place: &Place<'_>| Some(bounded(json, place, limits::DATA_BYTES));
    let request = Request {
        url: fields.text("url", limits::URL_BYTES),
        method: fields.text("method", limits::NAME_BYTES),
        query_string: fields.read("query_string", any),
        data: fields.read("data", any),
        headers: fields.read("headers", |json, place| Some(headers(json, place))).unwrap_or_default(),
        env: fields.map("env", limits::DATA_BYTES),
    };
    (request != Request::default()).then_some(request)
}

/// Names with values; a name may come several times, or with a list of values.
fn headers(json: Json<'_>, place: &Place<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for (name, value) in first(pairs(json, place), limits::HEADERS, place) {
        let place = place.key(&name);
        let values = match value {
            Json::List(values) => first(values, limits::HEADERS, &place),
            value => vec![value],
        };
        for value in values {
            if let Some(value) = text(value, &place, limits::HEADER_BYTES) {
                headers.push((shortened(name.as_str().into(), &place, limits::KEY_BYTES), value));
            }
        }
    }
    headers
}

pub(super) fn breadcrumbs(json: Json<'_>, place: &Place<'_>) -> Vec<Breadcrumb> {
    let place = &place.key("values");
    let kept = last(values(json, place), limits::BREADCRUMBS, place);
    collected(kept.filter_map(|(index, json)| breadcrumb(json, place.index(index))), limits::BREADCRUMBS)
}

fn breadcrumb(json: Json<'_>, place: Place<'_>) -> Option<Breadcrumb> {
    let mut fields = Fields::of(json, place)?;
    Some(Breadcrumb {
        timestamp: fields.read("timestamp", timestamp),
        ty: fields.text("type", limits::NAME_BYTES),
        category: fields.text("category", limits::NAME_BYTES),
        level: fields.read("level", level),
        message: fields.text("message", limits::BREADCRUMB_BYTES),
        data: fields.map("data", limits::DATA_BYTES),
    })
}

pub(super) fn fingerprint(json: Json<'_>, place: &Place<'_>) -> Vec<String> {
    let parts = match json {
        text @ Json::Text(_) => vec![text],
        other => list(other, place).unwrap_or_default(),
    };
    let parts = first(parts, limits::FINGERPRINT_PARTS, place);
    let part = |(index, json)| text(json, &place.index(index), limits::NAME_BYTES);
    parts.into_iter().enumerate().filter_map(part).collect()
}
