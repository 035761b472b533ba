//! Places in lists: keyset cursors, and the `Link` header as Sentry writes it.
//!
//! A cursor is `value:id:direction`, such as `1795492921500:42:0`: the sort value and id of a row at the edge
//! of a page, and 0 for the rows behind it or 1 for those before it. Clients treat it as opaque.

use std::{fmt, str::FromStr};

/// The rows behind or before one row of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor<Id> {
    /// What the list is sorted by, largest first.
    pub(crate) value: i64,
    /// Settles the order of rows with the same value, largest first.
    pub(crate) id: Id,
    pub(crate) direction: Direction,
}

/// Which way a cursor leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The rows behind.
    Next,
    /// The rows before.
    Previous,
}

/// Not a cursor that this server made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cursor: not one that this list gave; leave it out to begin anew")]
pub(crate) struct InvalidCursor;

impl<Id: fmt::Display> fmt::Display for Cursor<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = match self.direction {
            Direction::Next => 0,
            Direction::Previous => 1,
        };
        write!(f, "{}:{}:{direction}", self.value, self.id)
    }
}

impl<Id: FromStr> FromStr for Cursor<Id> {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let mut parts = text.split(':');
        let (Some(value), Some(id), Some(direction), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidCursor);
        };
        Ok(Self {
            value: value.parse().map_err(|_| InvalidCursor)?,
            id: id.parse().map_err(|_| InvalidCursor)?,
            direction: match direction {
                "0" => Direction::Next,
                "1" => Direction::Previous,
                _ => return Err(InvalidCursor),
            },
        })
    }
}

/// Where a page's neighbours begin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pagination {
    pub(crate) previous: Neighbour,
    pub(crate) next: Neighbour,
}

/// The page before or behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Neighbour {
    /// What to give as `cursor`.
    pub(crate) cursor: String,
    /// Whether there are rows.
    pub(crate) results: bool,
}

impl Pagination {
    /// Of a list that is given whole.
    pub(crate) fn whole() -> Self {
        let nothing = |cursor: &str| Neighbour { cursor: cursor.into(), results: false };
        Self { previous: nothing("0:0:1"), next: nothing("0:0:0") }
    }

    /// The cursor of the page behind, if there is one.
    pub(crate) fn next_cursor(&self) -> Option<&str> {
        self.next.results.then_some(self.next.cursor.as_str())
    }

    /// The cursor of the page before, if there is one.
    pub(crate) fn previous_cursor(&self) -> Option<&str> {
        self.previous.results.then_some(self.previous.cursor.as_str())
    }

    /// The `Link` header's value. `url` is the request's, with its query but for `cursor`.
    pub(crate) fn link_header(&self, url: &url::Url) -> String {
        let separator = if url.query().is_some() { '&' } else { '?' };
        let link = |rel: &str, neighbour: &Neighbour| {
            let Neighbour { cursor, results } = neighbour;
            format!(
                "<{url}{separator}cursor={cursor}>; rel=\"{rel}\"; results=\"{results}\"; cursor=\"{cursor}\""
            )
        };
        format!("{}, {}", link("previous", &self.previous), link("next", &self.next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back() {
        for text in ["1795492921500:42:0", "-3:0:1"] {
            assert_eq!(text.parse::<Cursor<u64>>().unwrap().to_string(), text);
        }
        for text in ["", "1", "1:2", "1:2:2", "1:2:0:0", "a:2:0", "1:-2:0", "99999999999999999999:1:0"] {
            assert_eq!(text.parse::<Cursor<u64>>(), Err(InvalidCursor), "{text}");
        }
    }

    #[test]
    fn the_link_header_is_as_sentry_writes_it() {
        let pagination = Pagination {
            previous: Neighbour { cursor: "9:1:1".into(), results: false },
            next: Neighbour { cursor: "5:2:0".into(), results: true },
        };
        let url =
            url::Url::parse("http://localhost:8000/api/0/projects/mayday/app/issues/?query=is%3Aresolved")
                .unwrap();
        insta::assert_snapshot!(pagination.link_header(&url), @r#"<http://localhost:8000/api/0/projects/mayday/app/issues/?query=is%3Aresolved&cursor=9:1:1>; rel="previous"; results="false"; cursor="9:1:1", <http://localhost:8000/api/0/projects/mayday/app/issues/?query=is%3Aresolved&cursor=5:2:0>; rel="next"; results="true"; cursor="5:2:0""#);
    }
}
