//! Hooks: where a project's transitions are told.

use std::net::Ipv6Addr;

use mayday_event::{ProjectId, Timestamp};
use sqlx::FromRow;
use url::{Host, Url};

use crate::{
    Catalog, CatalogError,
    alerts::{Hook, TransitionKind},
    connect::{Connection, Sequence},
    secrets,
};

/// Hooks of a project at most.
const MAX_HOOKS: i64 = 20;
/// Bytes of a hook's URL at most.
const MAX_URL: usize = 2048;
/// Bytes of a hook's secret at most.
const MAX_SECRET: usize = 256;

impl Catalog {
    /// A project's hooks, oldest first.
    pub async fn hooks(&self, project: ProjectId) -> Result<Vec<Hook>, CatalogError> {
        let rows: Vec<HookRow> = sqlx::query_as(
            "SELECT id, project_id, url, events, secret, active, created FROM hooks
             WHERE project_id = $1 ORDER BY id",
        )
        .bind(project.to_sql())
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(Hook::try_from).collect()
    }

    /// Adds a hook; only transitions after this are told. A secret is generated where none is given.
    pub async fn create_hook(
        &self,
        project: ProjectId,
        url: &str,
        events: &[TransitionKind],
        secret: Option<&str>,
    ) -> Result<Hook, CatalogError> {
        let url = check_url(url)?;
        let mut events = events.to_vec();
        events.sort_unstable();
        events.dedup();
        if events.is_empty() {
            let actions = TransitionKind::ALL.map(TransitionKind::action).join(", ");
            return Err(CatalogError::Invalid(format!("events: give at least one of {actions}")));
        }
        let secret = match secret {
            Some(secret) => check_secret(secret)?,
            None => secrets::random_hex()?,
        };
        let mut tx = self.write().await?;
        check_room(&mut tx, project).await?;
        let id = Sequence::Hook.next(&mut tx).await?;
        let hook =
            Hook { id, project_id: project, url, events, secret, active: true, created: self.clock.now() };
        insert_hook(&mut tx, &hook).await?;
        tx.commit().await?;
        Ok(hook)
    }

    /// Removes a hook and its undelivered deliveries.
    pub async fn delete_hook(&self, project: ProjectId, id: i64) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        let deleted = sqlx::query("DELETE FROM hooks WHERE id = $1 AND project_id = $2")
            .bind(id)
            .bind(project.to_sql())
            .execute(&mut *tx)
            .await?;
        if deleted.rows_affected() == 0 {
            return Err(CatalogError::NotFound("hook"));
        }
        sqlx::query("DELETE FROM deliveries WHERE hook_id = $1 AND state = 'pending'")
            .bind(id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn check_room(tx: &mut Connection, project: ProjectId) -> Result<(), CatalogError> {
    let hooks: Option<i64> = sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM hooks h WHERE h.project_id = p.id) FROM projects p WHERE p.id = $1",
    )
    .bind(project.to_sql())
    .fetch_optional(tx)
    .await?;
    if hooks.ok_or(CatalogError::NotFound("project"))? >= MAX_HOOKS {
        return Err(CatalogError::Invalid(format!(
            "a project has at most {MAX_HOOKS} hooks; remove one first"
        )));
    }
    Ok(())
}

async fn insert_hook(tx: &mut Connection, hook: &Hook) -> Result<(), CatalogError> {
    let after_transition = Sequence::Transition.last(tx).await?;
    sqlx::query(
        "INSERT INTO hooks (id, project_id, url, events, secret, active, after_transition, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(hook.id)
    .bind(hook.project_id.to_sql())
    .bind(&hook.url)
    .bind(hook.events.iter().map(|kind| kind.action()).collect::<Vec<_>>().join(" "))
    .bind(&hook.secret)
    .bind(hook.active)
    .bind(after_transition)
    .bind(hook.created.0)
    .execute(tx)
    .await?;
    Ok(())
}

fn check_url(text: &str) -> Result<String, CatalogError> {
    let refuse = |why: &str| Err(CatalogError::Invalid(format!("url: {why}")));
    if text.len() > MAX_URL {
        return refuse(&format!("it is longer than {MAX_URL} bytes"));
    }
    let Ok(url) = Url::parse(text.trim()) else {
        return refuse("it is not a URL such as https://example.com/hook");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("use http or https");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return refuse("it has no host");
    }
    if is_link_local(&url) {
        return refuse("a link-local address cannot be a receiver");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("leave out user name and password: deliveries are signed with the secret");
    }
    Ok(url.into())
}

/// Where clouds serve a machine its own credentials. Only addresses written out are seen: hooks are set by
/// operators, who are trusted with other hosts of their network, and a name may come to mean another address
/// at any time.
fn is_link_local(url: &Url) -> bool {
    let v6_is =
        |ip: Ipv6Addr| ip.is_unicast_link_local() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_link_local());
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_link_local(),
        Some(Host::Ipv6(ip)) => v6_is(ip),
        Some(Host::Domain(_)) | None => false,
    }
}

fn check_secret(secret: &str) -> Result<String, CatalogError> {
    if secret.is_empty() || secret.len() > MAX_SECRET {
        return Err(CatalogError::Invalid(format!(
            "secret: give 1 to {MAX_SECRET} bytes, or leave it out and one is made"
        )));
    }
    Ok(secret.to_owned())
}

/// Kinds as the column `events` has them.
pub(crate) fn events_from_sql(events: &str) -> Result<Vec<TransitionKind>, CatalogError> {
    events.split_whitespace().map(TransitionKind::from_sql).collect()
}

#[derive(FromRow)]
struct HookRow {
    id: i64,
    project_id: i64,
    url: String,
    events: String,
    secret: String,
    active: bool,
    created: i64,
}

impl TryFrom<HookRow> for Hook {
    type Error = CatalogError;

    fn try_from(row: HookRow) -> Result<Self, CatalogError> {
        Ok(Self {
            id: row.id,
            project_id: ProjectId::from_sql(row.project_id),
            url: row.url,
            events: events_from_sql(&row.events)?,
            secret: row.secret,
            active: row.active,
            created: Timestamp(row.created),
        })
    }
}

#[cfg(test)]
mod tests;
