//! What is said of a frame or an image once it was looked up.

use mayday_event::model::Symbolication;

use crate::{Absent, Status};

/// `source`: the one that was asked, or that had it.
pub(crate) fn outcome(status: Status, reason: Option<&str>, source: Option<&str>) -> Symbolication {
    Symbolication { status, reason: reason.map(str::to_owned), source: source.map(str::to_owned) }
}

/// Named by what this source has.
pub(crate) fn found(source: &str) -> Symbolication {
    outcome(Status::Found, None, Some(source))
}

/// Not named, for there is no file.
pub(crate) fn unresolved(absent: &Absent) -> Symbolication {
    outcome(absent.status, Some(&absent.reason), None)
}
