//! End-to-end: each test starts its own `mayday serve`, and whatever it is about, at its end everything that the
//! server received must be accounted for, every delivery made, and no process left (see [`harness`]).

mod aggregates;
mod bad_input;
mod bundlers;
mod clients;
mod contracts;
mod crash;
mod harness;
mod hooks;
mod late_symbols;
mod outage;
mod sdk_browser;
mod sdk_node;
mod sdk_python;
mod sdk_rust;
mod story;
mod uploads;
