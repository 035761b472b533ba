//! Memory for bodies, bounded over all requests: ten thousand connections may each be sending the largest body.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::error::Refused;

/// Bytes that all bodies together may hold.
const ALL_BYTES: usize = 256 << 20;
/// Bytes of each body that need no room: what nearly all reports stay under.
const FREE_BYTES: usize = 64 << 10;
/// Room is taken in steps, bytes.
const STEP_BYTES: usize = 256 << 10;

/// The memory that bodies may still take.
#[derive(Debug, Clone)]
pub(crate) struct BodyRooms(Arc<AtomicUsize>);

impl Default for BodyRooms {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(ALL_BYTES)))
    }
}

impl BodyRooms {
    /// Sees to it that a body of this length has room.
    ///
    /// # Errors
    /// There is none at the moment: the client is to try again (503).
    pub(crate) fn widen(&self, room: &mut Option<Room>, length: usize) -> Result<(), Refused> {
        let held = room.as_ref().map_or(0, |room| room.bytes);
        let Some(missing) = length.checked_sub(FREE_BYTES + held).filter(|missing| *missing > 0) else {
            return Ok(());
        };
        let step = missing.next_multiple_of(STEP_BYTES);
        let take = |left: usize| left.checked_sub(step);
        // Nothing else is ordered by it: it only counts.
        self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, take).map_err(|_| Refused::Busy)?;
        room.get_or_insert_with(|| Room { rooms: self.clone(), bytes: 0 }).bytes += step;
        Ok(())
    }
}

/// What a body holds of it, until dropped.
#[derive(Debug)]
pub(crate) struct Room {
    rooms: BodyRooms,
    bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.rooms.0.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_the_room_and_give_it_back() {
        let rooms = BodyRooms::default();
        let grown = |length: usize| {
            let mut room = None;
            rooms.widen(&mut room, length).map(|()| room)
        };
        assert!(grown(FREE_BYTES).unwrap().is_none(), "a small body needs none");
        let largest: Vec<_> = (0..2).map(|_| grown(100 << 20).unwrap()).collect();
        assert!(matches!(grown(100 << 20), Err(Refused::Busy)));
        assert!(grown(FREE_BYTES).is_ok(), "small bodies go on");
        drop(largest);
        assert_eq!(rooms.0.load(Ordering::Relaxed), ALL_BYTES);
    }

    #[test]
    fn a_body_that_comes_in_pieces_holds_what_it_has_come_to() {
        let (rooms, mut room) = (BodyRooms::default(), None);
        for length in (0..10 << 20).step_by(10_000) {
            rooms.widen(&mut room, length).unwrap();
        }
        let held = ALL_BYTES - rooms.0.load(Ordering::Relaxed);
        assert!((9 << 20..11 << 20).contains(&held), "{held}");
    }
}
