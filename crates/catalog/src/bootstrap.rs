//! The first start: an organisation, a project, an administrator and an API token.

use mayday_event::{OrganizationId, ProjectId, PublicKey};

use crate::{
    Catalog, CatalogError,
    connect::{Connection, Sequence},
    dsn_keys::insert_key,
    members::{insert_member, insert_user},
    projects::{NewProject, insert_project},
    secrets,
    tokens::{SCOPES, insert_token},
};

/// What the first start made; the secrets are shown once and stored only as hashes.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    pub organization: String,
    pub project: String,
    pub project_id: ProjectId,
    pub public_key: PublicKey,
    pub api_token: String,
    pub admin_email: String,
    pub admin_password: String,
}

const ORGANIZATION: &str = "mayday";
const PROJECT: &str = "app";
const ADMIN_EMAIL: &str = "admin@mayday.local";

impl Catalog {
    /// Creates organisation `mayday`, project `app` and an administrator if there is no organisation yet.
    /// `None`: it was done before.
    pub async fn bootstrap(&self) -> Result<Option<Bootstrap>, CatalogError> {
        self.bootstrap_keeping(|_| Ok(())).await
    }

    /// The same, with `keep` writing the secrets down before they count: a process that is killed in between
    /// leaves a catalog without them, never secrets that nobody knows. Its error undoes everything.
    pub async fn bootstrap_keeping<E: From<CatalogError>>(
        &self,
        keep: impl FnOnce(&Bootstrap) -> Result<(), E>,
    ) -> Result<Option<Bootstrap>, E> {
        // Asked first without the write lock: hashing a password takes long, and once is enough.
        if self.is_set_up().await? {
            return Ok(None);
        }
        let admin_password = secrets::password()?;
        let password_hash = secrets::hash_password(admin_password.clone()).await?;
        let now = self.clock.now();
        let mut tx = self.write().await?;
        if has_organization(&mut tx).await? {
            return Ok(None);
        }
        let organization = insert_organization(&mut tx, now.0).await?;
        let admin = insert_user(&mut tx, ADMIN_EMAIL, "Administrator", &password_hash, now).await?;
        insert_member(&mut tx, organization, admin, true).await?;
        let project = NewProject::new(organization, "App", Some(PROJECT), "")?;
        let project_id = insert_project(&mut tx, &project, now).await?;
        let key = insert_key(&mut tx, project_id, "Default", now).await?;
        let token = insert_token(&mut tx, organization, admin, "first start", SCOPES, now).await?;
        let made = Bootstrap {
            organization: ORGANIZATION.to_owned(),
            project: PROJECT.to_owned(),
            project_id,
            public_key: key.public_key,
            api_token: token.secret,
            admin_email: ADMIN_EMAIL.to_owned(),
            admin_password,
        };
        keep(&made)?;
        tx.commit().await.map_err(CatalogError::from)?;
        self.refresh_keys().await?;
        Ok(Some(made))
    }

    async fn is_set_up(&self) -> Result<bool, CatalogError> {
        has_organization(&mut *self.reader.acquire().await?).await
    }
}

async fn has_organization(connection: &mut Connection) -> Result<bool, CatalogError> {
    let any: Option<i64> =
        sqlx::query_scalar("SELECT id FROM organizations LIMIT 1").fetch_optional(connection).await?;
    Ok(any.is_some())
}

async fn insert_organization(tx: &mut Connection, now: i64) -> Result<OrganizationId, CatalogError> {
    let id = Sequence::Organization.next(tx).await?;
    sqlx::query("INSERT INTO organizations (id, slug, name, created) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(ORGANIZATION)
        .bind("Mayday")
        .bind(now)
        .execute(tx)
        .await?;
    Ok(OrganizationId::from_sql(id))
}
