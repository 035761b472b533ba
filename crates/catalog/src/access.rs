//! Who may do what: users, their sessions, API tokens; and the first start.

use mayday_event::{OrganizationId, ProjectId, PublicKey, Timestamp};

use crate::{Catalog, CatalogError};

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
    /// Creates organisation `mayday`, project `app` and an administrator if there is no organisation yet.
    /// `None`: it was done before.
    pub async fn bootstrap(&self) -> Result<Option<Bootstrap>, CatalogError> {
        Ok(None)
    }

    /// Whose API token this is; `None` if nobody's.
    pub async fn principal_by_token(&self, token: &str) -> Result<Option<Principal>, CatalogError> {
        let _ = token;
        Ok(None)
    }

    /// Checks an e-mail address and password (argon2, in constant time for unknown addresses) and begins a session.
    pub async fn log_in(&self, email: &str, password: &str) -> Result<Option<NewSession>, CatalogError> {
        let _ = (email, password);
        Ok(None)
    }

    /// Whose page session this is, with its CSRF secret; `None` if unknown or expired.
    pub async fn principal_by_session(
        &self,
        token: &str,
    ) -> Result<Option<(Principal, String)>, CatalogError> {
        let _ = token;
        Ok(None)
    }

    /// Ends a page session.
    pub async fn log_out(&self, token: &str) -> Result<(), CatalogError> {
        let _ = token;
        Ok(())
    }
}
