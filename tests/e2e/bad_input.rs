//! Whatever is refused is refused with a status, a text that says what was wrong, and a line in the ledger.

mod authentication;
mod caps;
mod framing;
mod other_protocols;
mod refusal;
mod set_aside;
