//! Uploads under way: chunks that have come, and files that are being put together of them.

use std::collections::BTreeSet;

use mayday_event::{OrganizationId, Timestamp};
use sqlx::{FromRow, QueryBuilder};

use crate::{Catalog, CatalogError, debug_files::push_texts, issues::IN_LIST};

/// How long a chunk waits for the rest of its file: an upload that was cut off goes on where it stopped.
pub const CHUNK_MS: i64 = Timestamp::DAY_MS;
/// How long a process may be silent about a file that it puts together before another may begin anew.
const CLAIM_MS: i64 = 60_000;
/// How long the reason of a failure is remembered, for whoever asks.
const FAILURE_MS: i64 = 60 * 60_000;
/// Chunks that are given for deletion at once.
const EXPIRED: i64 = 1000;

/// A file that is being put together, or that could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assembly {
    /// Some process is at it.
    UnderWay,
    /// It is not what it should be; the text says why.
    Failed(String),
}

/// What an upload is for: a file's SHA-1 means something within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssemblyKey {
    pub organization_id: OrganizationId,
    /// `difs/PROJECT`, `artifacts`
    pub scope: String,
    /// Of the whole file, hexadecimal.
    pub sha1: String,
}

impl Catalog {
    /// Notes chunks, each with its SHA-1 and its bytes, whose blobs are written.
    pub async fn add_chunks(
        &self,
        organization: OrganizationId,
        chunks: &[(String, u64)],
    ) -> Result<(), CatalogError> {
        let expires = self.clock.now().plus_ms(CHUNK_MS);
        let mut tx = self.write().await?;
        for chunks in chunks.chunks(IN_LIST) {
            QueryBuilder::new("INSERT INTO upload_chunks (organization_id, sha1, bytes, expires) ")
                .push_values(chunks, |mut row, (sha1, bytes)| {
                    row.push_bind(organization.to_sql()).push_bind(sha1.clone());
                    row.push_bind(i64::try_from(*bytes).unwrap_or(i64::MAX)).push_bind(expires.0);
                })
                .push(" ON CONFLICT (organization_id, sha1) DO UPDATE SET expires = excluded.expires")
                .build()
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Of these chunks, those that are there, each with its bytes; they wait for their file a while longer.
    pub async fn chunks_there(
        &self,
        organization: OrganizationId,
        chunks: &[String],
    ) -> Result<Vec<(String, u64)>, CatalogError> {
        let now = self.clock.now();
        let mut there = Vec::new();
        let distinct = Vec::from_iter(BTreeSet::from_iter(chunks.iter().map(String::as_str)));
        for chunks in distinct.chunks(IN_LIST) {
            let mut query =
                QueryBuilder::new("SELECT sha1, bytes FROM upload_chunks WHERE organization_id = ");
            query.push_bind(organization.to_sql()).push(" AND expires > ").push_bind(now.0);
            query.push(" AND sha1 IN ");
            push_texts(&mut query, chunks.iter().copied());
            let rows: Vec<(String, i64)> = query.build_query_as().fetch_all(&self.reader).await?;
            there.extend(rows.into_iter().map(|(sha1, bytes)| (sha1, u64::try_from(bytes).unwrap_or(0))));
        }
        Ok(there)
    }

    /// Gives these chunks another time to go: soon, when their file is whole.
    pub async fn expire_chunks(
        &self,
        organization: OrganizationId,
        chunks: &[String],
        expires: Timestamp,
    ) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        for chunks in chunks.chunks(IN_LIST) {
            let mut query = QueryBuilder::new("UPDATE upload_chunks SET expires = ");
            query.push_bind(expires.0).push(" WHERE organization_id = ").push_bind(organization.to_sql());
            query.push(" AND expires > ").push_bind(expires.0).push(" AND sha1 IN ");
            push_texts(&mut query, chunks.iter().map(String::as_str));
            query.build().execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Forgets chunks whose time is over, some at a time; their blobs are to be deleted. Empty: there are no more.
    pub async fn take_expired_chunks(&self) -> Result<Vec<(OrganizationId, String)>, CatalogError> {
        let now = self.clock.now();
        let mut tx = self.write().await?;
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT organization_id, sha1 FROM upload_chunks WHERE expires <= $1 ORDER BY expires LIMIT $2",
        )
        .bind(now.0)
        .bind(EXPIRED)
        .fetch_all(&mut *tx)
        .await?;
        for (organization, sha1) in &rows {
            sqlx::query("DELETE FROM upload_chunks WHERE organization_id = $1 AND sha1 = $2")
                .bind(organization)
                .bind(sha1)
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query("DELETE FROM assemblies WHERE expires <= $1").bind(now.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(rows.into_iter().map(|(id, sha1)| (OrganizationId::from_sql(id), sha1)).collect())
    }

    /// Forgets these chunks at once; their blobs are to be deleted.
    pub async fn forget_chunks(
        &self,
        organization: OrganizationId,
        chunks: &[String],
    ) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        for chunks in chunks.chunks(IN_LIST) {
            let mut query = QueryBuilder::new("DELETE FROM upload_chunks WHERE organization_id = ");
            query.push_bind(organization.to_sql()).push(" AND sha1 IN ");
            push_texts(&mut query, chunks.iter().map(String::as_str));
            query.build().execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// What is known of a file that is not whole yet.
    pub async fn assembly(&self, key: &AssemblyKey) -> Result<Option<Assembly>, CatalogError> {
        let row: Option<AssemblyRow> = sqlx::query_as(
            "SELECT owner, detail FROM assemblies
             WHERE organization_id = $1 AND scope = $2 AND sha1 = $3 AND expires > $4",
        )
        .bind(key.organization_id.to_sql())
        .bind(&key.scope)
        .bind(&key.sha1)
        .bind(self.clock.now().0)
        .fetch_optional(&self.reader)
        .await?;
        Ok(row.map(|row| match row.owner.is_empty() {
            true => Assembly::Failed(row.detail),
            false => Assembly::UnderWay,
        }))
    }

    /// Takes a file to put it together; false: another process is at it. The owner renews its claim while it works, by
    /// claiming again.
    pub async fn claim_assembly(&self, key: &AssemblyKey, owner: &str) -> Result<bool, CatalogError> {
        let now = self.clock.now();
        let mut tx = self.write().await?;
        let claimed = sqlx::query(
            "INSERT INTO assemblies (organization_id, scope, sha1, owner, detail, expires)
             VALUES ($1, $2, $3, $4, '', $5)
             ON CONFLICT (organization_id, scope, sha1) DO UPDATE
             SET owner = excluded.owner, detail = '', expires = excluded.expires
             WHERE assemblies.owner = '' OR assemblies.owner = excluded.owner OR assemblies.expires <= $6",
        )
        .bind(key.organization_id.to_sql())
        .bind(&key.scope)
        .bind(&key.sha1)
        .bind(owner)
        .bind(now.plus_ms(CLAIM_MS).0)
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(claimed.rows_affected() > 0)
    }

    /// Ends a file's assembly: whole (`None`), or not, and why.
    pub async fn finish_assembly(
        &self,
        key: &AssemblyKey,
        failure: Option<&str>,
    ) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        let query = match failure {
            Some(detail) => sqlx::query(
                "UPDATE assemblies SET owner = '', detail = $4, expires = $5
                 WHERE organization_id = $1 AND scope = $2 AND sha1 = $3",
            )
            .bind(key.organization_id.to_sql())
            .bind(&key.scope)
            .bind(&key.sha1)
            .bind(detail)
            .bind(self.clock.now().plus_ms(FAILURE_MS).0),
            None => {
                sqlx::query("DELETE FROM assemblies WHERE organization_id = $1 AND scope = $2 AND sha1 = $3")
                    .bind(key.organization_id.to_sql())
                    .bind(&key.scope)
                    .bind(&key.sha1)
            }
        };
        query.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

#[derive(FromRow)]
struct AssemblyRow {
    owner: String,
    detail: String,
}

#[cfg(test)]
mod tests;
