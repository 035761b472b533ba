//! Accepts compressed reports over HTTP and answers when they are durable.
//!
//! Ingest never reads ClickHouse and never waits for the worker. The way of a request: [`auth`] finds the DSN key and
//! what it admits to, [`body`] reads and inflates within the caps, an endpoint checks the framing, [`accept`] writes
//! into the journal and the ledger, [`error`] turns a refusal into an answer.

mod accept;
mod auth;
mod body;
mod client_address;
mod cors;
mod endpoints;
mod error;
mod event_head;
mod limits;
mod rate;
mod refusals;
mod rooms;

use std::sync::Arc;

use actix_web::web::ServiceConfig;
use mayday_blobs::Blobs;
use mayday_catalog::Catalog;
use mayday_event::{Clock, Ledger};
use mayday_journal::Lanes;

use crate::{body::LargeBodies, limits::Limits, refusals::RefusalBook, rooms::BodyRooms};

/// All that ingest works with; cheap to clone, shared by its threads.
#[derive(Clone)]
pub struct Ingest {
    catalog: Catalog,
    journal: Lanes,
    blobs: Blobs,
    ledger: Arc<Ledger>,
    clock: Clock,
    limits: Arc<Limits>,
    refusals: Arc<RefusalBook>,
    large_bodies: LargeBodies,
    rooms: BodyRooms,
}

impl Ingest {
    /// Ingest over these stores. Keys are looked up in the catalog's snapshot only.
    pub fn new(catalog: Catalog, journal: Lanes, blobs: Blobs, ledger: Arc<Ledger>, clock: Clock) -> Self {
        let (limits, refusals) = (Arc::default(), Arc::default());
        let (large_bodies, rooms) = (LargeBodies::default(), BodyRooms::default());
        Self { catalog, journal, blobs, ledger, clock, limits, refusals, large_bodies, rooms }
    }
}

/// Adds ingest's routes (`/api/{project_id}/envelope/`, `/api/{project_id}/store/` …) to a server.
pub fn configure(config: &mut ServiceConfig, ingest: &Ingest) {
    endpoints::configure(config, ingest);
}
