//! The machine's clock.

use mayday_event::Timestamp;

/// Now.
#[expect(clippy::disallowed_methods, reason = "a program of its own reads the clock in one place")]
pub(crate) fn now() -> Timestamp {
    std::time::SystemTime::now().into()
}
