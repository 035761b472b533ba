//! Lenient readers: each takes what a client sent for what the model wants, or drops it with a note.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Number, Value};

use super::{
    json::{Json, Object},
    place::Place,
    value::bounded_map,
};
use crate::{limits, time::Timestamp};

/// An object that is being read, member by member.
pub(super) struct Fields<'j, 'p> {
    pub(super) object: Object<'j>,
    pub(super) place: Place<'p>,
}

impl<'j, 'p> Fields<'j, 'p> {
    /// `None` with a note if `json` is no object. An empty list is an empty object: PHP cannot tell them apart.
    pub(super) fn of(json: Json<'j>, place: Place<'p>) -> Option<Self> {
        match json {
            Json::Object(object) => Some(Self { object, place }),
            Json::List(list) if list.is_empty() => Some(Self { object: Vec::new(), place }),
            other => {
                place.wrong_type(other.kind(), "an object");
                None
            }
        }
    }

    /// Takes a member out; null is absent.
    pub(super) fn take(&mut self, key: &str) -> Option<Json<'j>> {
        let (_, value) = self.object.iter_mut().rfind(|(name, _)| name == key)?;
        match std::mem::replace(value, Json::Null) {
            Json::Null => None,
            value => Some(value),
        }
    }

    pub(super) fn read<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(Json<'j>, &Place<'_>) -> Option<T>,
    ) -> Option<T> {
        let json = self.take(key)?;
        read(json, &self.place.key(key))
    }

    pub(super) fn text(&mut self, key: &str, most: usize) -> Option<String> {
        self.read(key, |json, place| text(json, place, most))
    }

    pub(super) fn boolean(&mut self, key: &str) -> Option<bool> {
        self.read(key, boolean)
    }

    pub(super) fn uint(&mut self, key: &str) -> Option<u64> {
        self.read(key, uint)
    }

    pub(super) fn uint32(&mut self, key: &str) -> Option<u32> {
        self.read(key, |json, place| {
            let number = uint(json, place)?;
            let narrow = u32::try_from(number).ok();
            if narrow.is_none() {
                place.invalid(format_args!("{number} is too large; dropped"));
            }
            narrow
        })
    }

    pub(super) fn address(&mut self, key: &str) -> Option<String> {
        self.read(key, |json, place| match json {
            Json::Number(number) if number.is_u64() => Some(format!("{:#x}", number.as_u64()?)),
            other => text(other, place, limits::ADDRESS_BYTES),
        })
    }

    /// Members of any kind, bounded together by `most` bytes.
    pub(super) fn map(&mut self, key: &str, most: usize) -> BTreeMap<String, Value> {
        let read = self.read(key, |json, place| {
            let fields = Fields::of(json, *place)?;
            Some(bounded_map(fields.object, place, most))
        });
        read.unwrap_or_default()
    }

    /// Members that are text, at most `entries` of them.
    pub(super) fn text_map(&mut self, key: &str, entries: usize, most: usize) -> BTreeMap<String, String> {
        let read = self.read(key, |json, place| {
            let fields = Fields::of(json, *place)?;
            let kept = first(fields.object, entries, place);
            let texts = kept.into_iter().filter_map(|(name, value)| {
                let value = text(value, &place.key(&name), most)?;
                Some((shortened(name, place, most), value))
            });
            Some(texts.collect())
        });
        read.unwrap_or_default()
    }

    /// A list of lines of text.
    pub(super) fn lines(&mut self, key: &str, lines: usize, most: usize) -> Vec<String> {
        let read = self.read(key, |json, place| {
            let kept = first(list(json, place)?, lines, place);
            let line = |(index, json)| match json {
                Json::Null => Some(String::new()),
                // A blank line is a line.
                Json::Text(text) => Some(shortened(text, &place.index(index), most)),
                other => text(other, &place.index(index), most),
            };
            Some(kept.into_iter().enumerate().filter_map(line).collect())
        });
        read.unwrap_or_default()
    }
}

/// Text; numbers and booleans are written out. Never empty.
pub(super) fn text(json: Json<'_>, place: &Place<'_>, most: usize) -> Option<String> {
    let text = match json {
        Json::Text(text) => shortened(text, place, most),
        Json::Number(number) => number.to_string(),
        Json::Bool(value) => value.to_string(),
        Json::Null => return None,
        other => {
            place.wrong_type(other.kind(), "text");
            return None;
        }
    };
    (!text.is_empty()).then_some(text)
}

/// `text` in at most `most` bytes, an ellipsis at the end if some are missing, and without NUL.
pub(super) fn shortened(text: Cow<'_, str>, place: &Place<'_>, most: usize) -> String {
    const ELLIPSIS: char = '…';
    let mut text = text.into_owned();
    if memchr::memchr(0, text.as_bytes()).is_some() {
        place.corrected(format_args!("NUL characters removed"));
        text.retain(|character| character != '\0');
    }
    if text.len() > most {
        place.trimmed(format_args!("{} bytes, {most} kept", text.len()));
        text.truncate(text.floor_char_boundary(most.saturating_sub(ELLIPSIS.len_utf8())));
        text.push(ELLIPSIS);
        text.shrink_to_fit();
    }
    text
}

pub(super) fn boolean(json: Json<'_>, place: &Place<'_>) -> Option<bool> {
    match json {
        Json::Bool(value) => Some(value),
        Json::Number(number) if number.as_u64() == Some(0) => Some(false),
        Json::Number(number) if number.as_u64() == Some(1) => Some(true),
        Json::Text(text) if ["true", "yes", "1"].contains(&&*text) => Some(true),
        Json::Text(text) if ["false", "no", "0"].contains(&&*text) => Some(false),
        other => {
            place.wrong_type(other.kind(), "a boolean");
            None
        }
    }
}

/// A number that is not negative, also as decimal or `0x…` text.
pub(super) fn uint(json: Json<'_>, place: &Place<'_>) -> Option<u64> {
    let number = match &json {
        Json::Number(number) => whole(number),
        Json::Text(text) => {
            let text = text.trim();
            match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
                Some(hex) => u64::from_str_radix(hex, 16).ok(),
                None => text.parse().ok(),
            }
        }
        _ => {
            place.wrong_type(json.kind(), "a number");
            return None;
        }
    };
    if number.is_none() {
        place.invalid(format_args!("not a whole number from 0 to 2^64-1; dropped"));
    }
    number
}

fn whole(number: &Number) -> Option<u64> {
    number.as_u64().or_else(|| {
        let float = number.as_f64()?;
        (float.fract() == 0.0 && (0.0..=9.0e15).contains(&float)).then_some(float as u64)
    })
}

/// Seconds since 1970 (number or text) or RFC 3339 text.
pub(super) fn timestamp(json: Json<'_>, place: &Place<'_>) -> Option<Timestamp> {
    let found = match &json {
        Json::Number(number) => number.as_f64().and_then(from_epoch),
        Json::Text(text) => {
            Timestamp::parse(text).or_else(|| text.trim().parse::<f64>().ok().and_then(from_epoch))
        }
        _ => {
            place.wrong_type(json.kind(), "a timestamp");
            return None;
        }
    };
    if found.is_none() {
        place.invalid(format_args!("neither seconds since 1970 nor RFC 3339 text; dropped"));
    }
    found
}

/// Seconds, or what can only be milliseconds.
fn from_epoch(number: f64) -> Option<Timestamp> {
    const YEAR_2286_SECONDS: f64 = 1e10;
    Timestamp::from_seconds(if number >= YEAR_2286_SECONDS { number / 1000.0 } else { number })
}

pub(super) fn list<'j>(json: Json<'j>, place: &Place<'_>) -> Option<Vec<Json<'j>>> {
    match json {
        Json::List(list) => Some(list),
        other => {
            place.wrong_type(other.kind(), "a list");
            None
        }
    }
}

/// A list as Sentry's clients send them: bare, in `{"values": […]}`, or a lone object for a list of one.
pub(super) fn values<'j>(json: Json<'j>, place: &Place<'_>) -> Vec<Json<'j>> {
    match json {
        Json::List(list) => list,
        Json::Object(object) => {
            let mut fields = Fields { object, place: *place };
            match fields.take("values") {
                Some(Json::List(list)) => list,
                Some(other) => {
                    place.wrong_type(other.kind(), "a list");
                    Vec::new()
                }
                None if fields.object.iter().all(|(key, _)| key == "values") => Vec::new(),
                None => vec![Json::Object(fields.object)],
            }
        }
        other => {
            place.wrong_type(other.kind(), "a list");
            Vec::new()
        }
    }
}

/// What is left of a list of at most `most`, in room that is made once: the elements are large, and a list that grows moves
/// them again and again.
pub(super) fn collected<T>(kept: impl Iterator<Item = T>, most: usize) -> Vec<T> {
    let (_, left) = kept.size_hint();
    let mut list = Vec::with_capacity(left.unwrap_or(0).min(most));
    list.extend(kept);
    list
}

/// The first `most`.
pub(super) fn first<T>(mut list: Vec<T>, most: usize, place: &Place<'_>) -> Vec<T> {
    if list.len() > most {
        place.trimmed(format_args!("{} entries, the first {most} kept", list.len()));
        list.truncate(most);
    }
    list
}

/// The last `most`, each with its place in the list.
pub(super) fn last<T>(list: Vec<T>, most: usize, place: &Place<'_>) -> impl Iterator<Item = (usize, T)> {
    let surplus = list.len().saturating_sub(most);
    if surplus > 0 {
        place.trimmed(format_args!("{} entries, the last {most} kept", list.len()));
    }
    list.into_iter().enumerate().skip(surplus)
}

/// `most`, from both ends, each with its place in the list.
pub(super) fn ends<T>(list: Vec<T>, most: usize, place: &Place<'_>) -> impl Iterator<Item = (usize, T)> {
    let surplus = list.len().saturating_sub(most);
    if surplus > 0 {
        place.trimmed(format_args!("{} entries, {most} from both ends kept", list.len()));
    }
    let gap = most / 2..most / 2 + surplus;
    list.into_iter().enumerate().filter(move |(index, _)| !gap.contains(index))
}
