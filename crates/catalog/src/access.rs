//! Who may do what: principals, and the sessions of their browsers.

use mayday_event::{OrganizationId, Timestamp};
use sqlx::FromRow;

use crate::{Catalog, CatalogError, secrets};

pub use crate::bootstrap::Bootstrap;
pub use crate::members::{Member, NewMember};
pub use crate::tokens::{ApiToken, NewApiToken, SCOPES};

/// How long a page session lasts.
const SESSION_MS: i64 = 14 * Timestamp::DAY_MS;
/// Characters of a password at most, so that hashing a login costs no more than it must.
const MAX_PASSWORD: usize = 1024;

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub user_id: i64,
    pub email: String,
    pub name: String,
    pub organization_id: OrganizationId,
    pub organization_slug: String,
    pub is_admin: bool,
    /// Empty for a session of a page; else the token's scopes, such as `project:read`, `event:write`.
    pub scopes: Vec<String>,
}

/// A page session just begun; `token` goes into the cookie, `csrf` into forms.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub token: String,
    pub csrf: String,
    pub expires: Timestamp,
}

impl Catalog {
    /// Checks an e-mail address and password (argon2, in constant time for unknown addresses) and begins a session.
    pub async fn log_in(&self, email: &str, password: &str) -> Result<Option<NewSession>, CatalogError> {
        let user: Option<(i64, i64, String)> = sqlx::query_as(
            "SELECT u.id, m.organization_id, u.password_hash
             FROM users u JOIN members m ON m.user_id = u.id
             WHERE u.email = $1 ORDER BY m.organization_id LIMIT 1",
        )
        .bind(email.trim().to_lowercase())
        .fetch_optional(&self.reader)
        .await?;
        if password.len() > MAX_PASSWORD {
            return Ok(None);
        }
        let hash = user.as_ref().map(|(_, _, hash)| hash.clone());
        let verified = secrets::verify_password(password.to_owned(), hash).await?;
        match user {
            Some((user, organization, _)) if verified => {
                Ok(Some(self.begin_session(user, organization).await?))
            }
            _ => Ok(None),
        }
    }

    async fn begin_session(&self, user: i64, organization: i64) -> Result<NewSession, CatalogError> {
        let now = self.clock.now();
        let session = NewSession {
            token: secrets::random_hex()?,
            csrf: secrets::random_hex()?,
            expires: now.plus_ms(SESSION_MS),
        };
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM sessions WHERE expires <= $1").bind(now.0).execute(&mut *tx).await?;
        sqlx::query(
            "INSERT INTO sessions (token_hash, user_id, organization_id, csrf, created, expires)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(secrets::token_hash(&session.token))
        .bind(user)
        .bind(organization)
        .bind(&session.csrf)
        .bind(now.0)
        .bind(session.expires.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Whose page session this is, with its CSRF secret; `None` if unknown or expired.
    pub async fn principal_by_session(
        &self,
        token: &str,
    ) -> Result<Option<(Principal, String)>, CatalogError> {
        #[derive(FromRow)]
        struct Row {
            #[sqlx(flatten)]
            principal: PrincipalRow,
            csrf: String,
        }
        let row: Option<Row> = sqlx::query_as(
            "SELECT u.id AS user_id, u.email, u.name, o.id AS organization_id, o.slug AS organization_slug,
                    m.is_admin, s.csrf
             FROM sessions s
             JOIN users u ON u.id = s.user_id
             JOIN organizations o ON o.id = s.organization_id
             JOIN members m ON m.organization_id = s.organization_id AND m.user_id = s.user_id
             WHERE s.token_hash = $1 AND s.expires > $2",
        )
        .bind(secrets::token_hash(token))
        .bind(self.clock.now().0)
        .fetch_optional(&self.reader)
        .await?;
        Ok(row.map(|row| (row.principal.into_principal(Vec::new()), row.csrf)))
    }

    /// Ends a page session.
    pub async fn log_out(&self, token: &str) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM sessions WHERE token_hash = $1")
            .bind(secrets::token_hash(token))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A principal's columns, as both sessions and tokens select them.
#[derive(FromRow)]
pub(crate) struct PrincipalRow {
    user_id: i64,
    email: String,
    name: String,
    organization_id: i64,
    organization_slug: String,
    is_admin: bool,
}

impl PrincipalRow {
    pub(crate) fn into_principal(self, scopes: Vec<String>) -> Principal {
        Principal {
            user_id: self.user_id,
            email: self.email,
            name: self.name,
            organization_id: OrganizationId::from_sql(self.organization_id),
            organization_slug: self.organization_slug,
            is_admin: self.is_admin,
            scopes,
        }
    }
}

#[cfg(test)]
mod tests;
