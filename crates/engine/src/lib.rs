//! ClickHouse embedded: finds, supervises and serves libchdb over ClickHouse's HTTP interface.
//!
//! The rest of the program cannot tell it from a ClickHouse server: only a URL ties them. The library is opened when
//! `mayday engine` starts, so a build needs none, nor does a server whose ClickHouse is elsewhere.

mod error;
mod fetch;
mod ffi;
mod http;
mod limits;
mod locate;
mod pool;
mod serve;
mod supervise;

pub use error::EngineError;
pub use limits::{EngineLimits, give_way};
pub use locate::{LocateOptions, locate};
pub use serve::{ServeOptions, serve};
pub use supervise::{SuperviseOptions, Supervisor};
