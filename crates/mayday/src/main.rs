//! The binary: configuration, roles, start and stop, the operator's commands.

mod banner;
mod bootstrap;
mod cli;
mod config;
mod data_dir;
mod operations;
mod refresh;
mod roles;
mod seal_key;
mod server;
mod shutdown;
mod stores;
mod telemetry;

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// The system's keeps what many threads freed in pieces: a burst of reports would be resident for ever.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    // Two TLS libraries may ask for a provider: give them the pure-Rust-and-C one that needs no cmake.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        banner::complain("a TLS provider was installed before start");
    }
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            banner::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
