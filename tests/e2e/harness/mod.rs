//! What every test works with: a real server in a folder of its own, clients, a receiver of hooks, patience.

mod api;
mod clients;
mod engine;
mod events;
mod ledger;
mod paths;
mod patience;
mod processes;
mod receiver;
mod sender;
mod server;
mod shop;
mod sight;

pub(crate) use api::{Api, http_client, text};
pub(crate) use clients::{Client, command, run, run_client, scripts};
pub(crate) use engine::Engine;
pub(crate) use events::{crash, envelope, envelope_of, new_event_id};
pub(crate) use ledger::Ledger;
pub(crate) use paths::{free_port, mayday, provision};
pub(crate) use patience::eventually;
pub(crate) use processes::{Process, descendants};
pub(crate) use receiver::{Call, Receiver};
pub(crate) use sender::{Sender, Sent};
pub(crate) use server::{Bootstrap, SETTLE, TestServer};
pub(crate) use shop::Shop;
pub(crate) use sight::{mended, sight};
