//! API tokens: what programs authenticate with.

use mayday_event::{OrganizationId, Timestamp};
use sqlx::FromRow;

use crate::{
    Catalog, CatalogError,
    access::{Principal, PrincipalRow},
    connect::{Connection, Sequence},
    secrets,
};

/// All scopes there are, with Sentry's names.
pub const SCOPES: &[&str] = &[
    "org:read",
    "org:write",
    "org:admin",
    "org:ci",
    "member:read",
    "member:write",
    "member:admin",
    "team:read",
    "team:write",
    "project:read",
    "project:write",
    "project:admin",
    "project:releases",
    "event:read",
    "event:write",
    "event:admin",
    "alerts:read",
    "alerts:write",
];

/// A token's last use is written down at most this often.
const LAST_USED_MS: i64 = 60_000;
/// Characters of a token's name at most.
const MAX_NAME: usize = 100;

/// An API token as people manage it; its secret is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    pub id: i64,
    pub user_id: i64,
    pub name: String,
    pub scopes: Vec<String>,
    pub created: Timestamp,
    /// To the minute.
    pub last_used: Option<Timestamp>,
}

/// An API token just created, with the secret that is shown this once.
#[derive(Debug, Clone)]
pub struct NewApiToken {
    pub token: ApiToken,
    pub secret: String,
}

impl Catalog {
    /// Whose API token this is; `None` if nobody's.
    pub async fn principal_by_token(&self, token: &str) -> Result<Option<Principal>, CatalogError> {
        #[derive(FromRow)]
        struct Row {
            #[sqlx(flatten)]
            principal: PrincipalRow,
            token_id: i64,
            scopes: String,
            last_used: Option<i64>,
        }
        let row: Option<Row> = sqlx::query_as(
            "SELECT u.id AS user_id, u.email, u.name, o.id AS organization_id, o.slug AS organization_slug,
                    m.is_admin, t.id AS token_id, t.scopes, t.last_used
             FROM api_tokens t
             JOIN users u ON u.id = t.user_id
             JOIN organizations o ON o.id = t.organization_id
             JOIN members m ON m.organization_id = t.organization_id AND m.user_id = t.user_id
             WHERE t.token_hash = $1",
        )
        .bind(secrets::token_hash(token))
        .fetch_optional(&self.reader)
        .await?;
        let Some(row) = row else { return Ok(None) };
        self.note_token_use(row.token_id, row.last_used.map(Timestamp)).await?;
        Ok(Some(row.principal.into_principal(split_scopes(&row.scopes))))
    }

    async fn note_token_use(&self, id: i64, last_used: Option<Timestamp>) -> Result<(), CatalogError> {
        let now = self.clock.now();
        if last_used.is_some_and(|last| now.since_ms(last) < LAST_USED_MS) {
            return Ok(());
        }
        let mut tx = self.write().await?;
        sqlx::query("UPDATE api_tokens SET last_used = $1 WHERE id = $2")
            .bind(now.0)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// An organisation's API tokens, oldest first.
    pub async fn api_tokens(&self, organization: OrganizationId) -> Result<Vec<ApiToken>, CatalogError> {
        #[derive(FromRow)]
        struct Row {
            id: i64,
            user_id: i64,
            name: String,
            scopes: String,
            created: i64,
            last_used: Option<i64>,
        }
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, user_id, name, scopes, created, last_used FROM api_tokens
             WHERE organization_id = $1 ORDER BY id",
        )
        .bind(organization.to_sql())
        .fetch_all(&self.reader)
        .await?;
        let token = |row: Row| ApiToken {
            id: row.id,
            user_id: row.user_id,
            name: row.name,
            scopes: split_scopes(&row.scopes),
            created: Timestamp(row.created),
            last_used: row.last_used.map(Timestamp),
        };
        Ok(rows.into_iter().map(token).collect())
    }

    /// Creates an API token for a member; it may do what its scopes say, of [`SCOPES`].
    pub async fn create_api_token(
        &self,
        organization: OrganizationId,
        user_id: i64,
        name: &str,
        scopes: &[&str],
    ) -> Result<NewApiToken, CatalogError> {
        let name_length = name.trim().chars().count();
        if name_length == 0 || name_length > MAX_NAME {
            return Err(CatalogError::Invalid(format!("name: give 1 to {MAX_NAME} characters")));
        }
        if scopes.is_empty() {
            return Err(CatalogError::Invalid(format!("scopes: give at least one of {}", SCOPES.join(", "))));
        }
        if let Some(unknown) = scopes.iter().find(|scope| !SCOPES.contains(scope)) {
            return Err(CatalogError::Invalid(format!(
                "scope {unknown:?} is unknown; known are {}",
                SCOPES.join(", ")
            )));
        }
        let mut tx = self.write().await?;
        let member: Option<i64> =
            sqlx::query_scalar("SELECT user_id FROM members WHERE organization_id = $1 AND user_id = $2")
                .bind(organization.to_sql())
                .bind(user_id)
                .fetch_optional(&mut *tx)
                .await?;
        let user_id = member.ok_or(CatalogError::NotFound("member"))?;
        let token =
            insert_token(&mut tx, organization, user_id, name.trim(), scopes, self.clock.now()).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Revokes an API token: it stops working at once.
    pub async fn revoke_api_token(&self, organization: OrganizationId, id: i64) -> Result<(), CatalogError> {
        let mut tx = self.write().await?;
        let revoked = sqlx::query("DELETE FROM api_tokens WHERE organization_id = $1 AND id = $2")
            .bind(organization.to_sql())
            .bind(id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        if revoked.rows_affected() == 0 { Err(CatalogError::NotFound("token")) } else { Ok(()) }
    }
}

pub(crate) async fn insert_token(
    tx: &mut Connection,
    organization: OrganizationId,
    user_id: i64,
    name: &str,
    scopes: &[&str],
    now: Timestamp,
) -> Result<NewApiToken, CatalogError> {
    let secret = secrets::api_token()?;
    let id = Sequence::ApiToken.next(tx).await?;
    sqlx::query(
        "INSERT INTO api_tokens (id, organization_id, user_id, name, token_hash, scopes, created)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(organization.to_sql())
    .bind(user_id)
    .bind(name)
    .bind(secrets::token_hash(&secret))
    .bind(scopes.join(" "))
    .bind(now.0)
    .execute(tx)
    .await?;
    let token = ApiToken {
        id,
        user_id,
        name: name.to_owned(),
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        created: now,
        last_used: None,
    };
    Ok(NewApiToken { token, secret })
}

fn split_scopes(scopes: &str) -> Vec<String> {
    scopes.split_whitespace().map(str::to_owned).collect()
}
