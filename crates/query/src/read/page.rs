//! Cutting a page out of a sorted list.

use std::fmt::Display;

use crate::cursor::{Cursor, Direction, Neighbour, Pagination};

/// Where a row stands in a list, larger first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place<Id> {
    /// What the list is sorted by.
    pub(super) value: i64,
    pub(super) id: Id,
}

/// The page of `places` (sorted, largest first) that a cursor leads to.
pub(super) fn cut<Id: Clone + Ord + Display>(
    mut places: Vec<Place<Id>>,
    cursor: Option<Cursor<Id>>,
    limit: usize,
) -> (Vec<Place<Id>>, Pagination) {
    let (start, end) = match &cursor {
        None => (0, limit),
        Some(cursor) => {
            let at = Place { value: cursor.value, id: cursor.id.clone() };
            match cursor.direction {
                Direction::Next => {
                    let start = places.partition_point(|place| *place >= at);
                    (start, start.saturating_add(limit))
                }
                Direction::Previous => {
                    let end = places.partition_point(|place| *place > at);
                    (end.saturating_sub(limit), end)
                }
            }
        }
    };
    let (has_previous, has_next) = (start > 0, end < places.len());
    places.truncate(end);
    let page = places.split_off(start.min(places.len()));
    let pagination = around(page.first(), page.last(), cursor, has_previous, has_next);
    (page, pagination)
}

/// The cursors of the pages around one whose first and last rows these are.
pub(super) fn around<Id: Clone + Display>(
    first: Option<&Place<Id>>,
    last: Option<&Place<Id>>,
    cursor: Option<Cursor<Id>>,
    has_previous: bool,
    has_next: bool,
) -> Pagination {
    // A page without rows has no edge of its own: the cursor that led to it stands for it.
    let edge = |place: Option<&Place<Id>>| {
        let of_cursor = || cursor.as_ref().map(|cursor| (cursor.value, cursor.id.clone()));
        place.map(|place| (place.value, place.id.clone())).or_else(of_cursor)
    };
    let neighbour = |edge: (i64, Id), direction, results| {
        let cursor = Cursor { value: edge.0, id: edge.1, direction }.to_string();
        Neighbour { cursor, results }
    };
    match (edge(first), edge(last)) {
        (Some(first), Some(last)) => Pagination {
            previous: neighbour(first, Direction::Previous, has_previous),
            next: neighbour(last, Direction::Next, has_next),
        },
        _ => Pagination::whole(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(values: &[i64]) -> Vec<Place<u64>> {
        values.iter().zip(1..).map(|(&value, id)| Place { value, id }).collect()
    }

    fn ids(page: &[Place<u64>]) -> Vec<u64> {
        page.iter().map(|place| place.id).collect()
    }

    #[test]
    fn pages_lead_forth_and_back_and_miss_no_row() {
        let mut all = places(&[5, 9, 9, 7, 1, 9, 3]);
        all.sort_unstable_by(|a, b| b.cmp(a));
        let (first, around_first) = cut(all.clone(), None, 3);
        assert_eq!(ids(&first), [6, 3, 2]);
        assert_eq!(around_first.previous_cursor(), None);
        let (second, around_second) =
            cut(all.clone(), Some(around_first.next_cursor().unwrap().parse().unwrap()), 3);
        assert_eq!(ids(&second), [4, 1, 7]);
        let (third, around_third) =
            cut(all.clone(), Some(around_second.next_cursor().unwrap().parse().unwrap()), 3);
        assert_eq!(ids(&third), [5]);
        assert_eq!(around_third.next_cursor(), None);
        let back = around_third.previous_cursor().unwrap().parse().unwrap();
        assert_eq!(ids(&cut(all.clone(), Some(back), 3).0), [4, 1, 7]);
        let back = around_second.previous_cursor().unwrap().parse().unwrap();
        let (first_again, around) = cut(all, Some(back), 3);
        assert_eq!(ids(&first_again), [6, 3, 2]);
        assert_eq!(around.previous_cursor(), None);
    }

    #[test]
    fn a_cursor_holds_when_rows_come_and_go() {
        let (page, _) = cut(places(&[9, 7, 5]), Some("7:99:0".parse().unwrap()), 2);
        assert_eq!(ids(&page), [2, 3]);
        let (page, around) = cut(places(&[9, 7, 5]), Some("1:1:0".parse().unwrap()), 2);
        assert_eq!(ids(&page), [0_u64; 0]);
        assert_eq!(around.previous_cursor(), Some("1:1:1"));
        let (page, around) = cut::<u64>(Vec::new(), None, 2);
        assert_eq!((page.len(), around.next_cursor()), (0, None));
    }
}
