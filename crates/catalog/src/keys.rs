//! DSN keys, as ingest looks them up: from memory, never from the database on a request.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use mayday_event::{OrganizationId, ProjectId, PublicKey};
use sqlx::FromRow;
use tokio::sync::Mutex;

use crate::{Catalog, CatalogError, dsn_keys::parse_public_key};

/// What a DSN key admits to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    pub public_key: PublicKey,
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

impl RateLimit {
    /// From its two columns.
    pub(crate) fn from_sql(count: Option<i64>, window_seconds: Option<i64>) -> Option<Self> {
        let count = u32::try_from(count?).ok()?;
        Some(Self { count, window_seconds: u32::try_from(window_seconds?).ok()? })
    }
}

/// All DSN keys at one moment.
#[derive(Debug, Clone, Default)]
pub struct KeySnapshot {
    pub keys: HashMap<PublicKey, KeyInfo>,
}

/// The newest snapshot, and the turn of those who replace it: whoever reads last, stores last.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    snapshot: ArcSwap<KeySnapshot>,
    refresh: Mutex<()>,
}

#[derive(FromRow)]
struct KeyRow {
    id: i64,
    public_key: String,
    project_id: i64,
    organization_id: i64,
    active: bool,
    rate_limit_count: Option<i64>,
    rate_limit_window_seconds: Option<i64>,
}

impl Catalog {
    /// The newest snapshot: replaced at once when this process changes a key, and by [`Self::refresh_keys`].
    pub fn keys(&self) -> Arc<KeySnapshot> {
        self.keys.snapshot.load_full()
    }

    /// Reads all keys anew, and the settings that were changed; to be called every second, so that other processes'
    /// changes are seen. On an error the old ones stay.
    pub async fn refresh_keys(&self) -> Result<(), CatalogError> {
        self.refresh_settings().await?;
        let _turn = self.keys.refresh.lock().await;
        let rows: Vec<KeyRow> = sqlx::query_as(
            "SELECT k.id, k.public_key, k.project_id, p.organization_id, k.active,
                    k.rate_limit_count, k.rate_limit_window_seconds
             FROM dsn_keys k JOIN projects p ON p.id = k.project_id",
        )
        .fetch_all(&self.reader)
        .await?;
        let keys = rows.into_iter().map(KeyRow::into_entry).collect::<Result<_, _>>()?;
        self.keys.snapshot.store(Arc::new(KeySnapshot { keys }));
        Ok(())
    }
}

impl KeyRow {
    fn into_entry(self) -> Result<(PublicKey, KeyInfo), CatalogError> {
        let public_key = parse_public_key(&self.public_key)?;
        let info = KeyInfo {
            public_key,
            key_id: self.id,
            project_id: ProjectId::from_sql(self.project_id),
            organization_id: OrganizationId::from_sql(self.organization_id),
            active: self.active,
            rate_limit: RateLimit::from_sql(self.rate_limit_count, self.rate_limit_window_seconds),
        };
        Ok((public_key, info))
    }
}

#[cfg(test)]
mod tests;
