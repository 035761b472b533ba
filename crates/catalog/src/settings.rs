//! What projects decide about their reports. (Skeleton: helper F writes it.)

use std::sync::Arc;

use mayday_event::{ProjectId, settings::CompiledSettings};

use crate::Catalog;

impl Catalog {
    /// A project's settings, from memory; the defaults where it decided nothing.
    pub fn settings(&self, _project: ProjectId) -> Arc<CompiledSettings> {
        Arc::default()
    }
}
