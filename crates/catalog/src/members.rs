//! Members of an organisation: whom issues are assigned to, and who may decide.

use mayday_event::{OrganizationId, Timestamp};

use crate::{
    Catalog, CatalogError,
    connect::{Connection, Sequence},
    secrets,
};

/// Longest e-mail address, bytes (RFC 5321).
const MAX_EMAIL: usize = 254;
/// Characters of a member's name at most.
const MAX_NAME: usize = 100;

/// A member of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub user_id: i64,
    pub email: String,
    pub name: String,
    /// Administrators decide over settings, keys, hooks, tokens and members.
    pub is_admin: bool,
}

/// A member just added, with the password that is shown this once.
#[derive(Debug, Clone)]
pub struct NewMember {
    pub member: Member,
    pub password: String,
}

impl Catalog {
    /// Members of an organisation, by name.
    pub async fn members(&self, organization: OrganizationId) -> Result<Vec<Member>, CatalogError> {
        let rows: Vec<(i64, String, String, bool)> = sqlx::query_as(
            "SELECT u.id, u.email, u.name, m.is_admin FROM members m JOIN users u ON u.id = m.user_id
             WHERE m.organization_id = $1 ORDER BY u.name, u.id",
        )
        .bind(organization.to_sql())
        .fetch_all(&self.reader)
        .await?;
        let member = |(user_id, email, name, is_admin)| Member { user_id, email, name, is_admin };
        Ok(rows.into_iter().map(member).collect())
    }

    /// Adds somebody who is not known yet, with a generated password.
    pub async fn add_member(
        &self,
        organization: OrganizationId,
        email: &str,
        name: &str,
        is_admin: bool,
    ) -> Result<NewMember, CatalogError> {
        let (email, name) = (email.trim().to_lowercase(), name.trim());
        check(&email, name)?;
        let password = secrets::password()?;
        let password_hash = secrets::hash_password(password.clone()).await?;
        let now = self.clock.now();
        let mut tx = self.write().await?;
        let user_id = insert_user(&mut tx, &email, name, &password_hash, now).await?;
        insert_member(&mut tx, organization, user_id, is_admin).await?;
        tx.commit().await?;
        let member = Member { user_id, email, name: name.to_owned(), is_admin };
        Ok(NewMember { member, password })
    }
}

fn check(email: &str, name: &str) -> Result<(), CatalogError> {
    let is_address = email
        .split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
    if !is_address || email.len() > MAX_EMAIL || email.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(CatalogError::Invalid("email: is not an e-mail address".into()));
    }
    if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(CatalogError::Invalid(format!(
            "name: give at most {MAX_NAME} characters without control characters"
        )));
    }
    Ok(())
}

pub(crate) async fn insert_user(
    tx: &mut Connection,
    email: &str,
    name: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<i64, CatalogError> {
    let id = Sequence::User.next(&mut *tx).await?;
    sqlx::query("INSERT INTO users (id, email, name, password_hash, created) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(email)
        .bind(name)
        .bind(password_hash)
        .bind(now.0)
        .execute(tx)
        .await
        .map_err(CatalogError::conflict("member"))?;
    Ok(id)
}

pub(crate) async fn insert_member(
    tx: &mut Connection,
    organization: OrganizationId,
    user_id: i64,
    is_admin: bool,
) -> Result<(), CatalogError> {
    sqlx::query("INSERT INTO members (organization_id, user_id, is_admin) VALUES ($1, $2, $3)")
        .bind(organization.to_sql())
        .bind(user_id)
        .bind(is_admin)
        .execute(tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn a_member_logs_in_with_the_password_that_is_shown_once() {
        let fixture = Fixture::in_memory().await;
        let add =
            async |email: &str| fixture.catalog.add_member(fixture.organization, email, "Ann", false).await;
        let made = add(" Ann@Example.com ").await.unwrap();
        assert_eq!((made.member.email.as_str(), made.member.is_admin), ("ann@example.com", false));
        let session = fixture.catalog.log_in("ann@example.com", &made.password).await.unwrap().unwrap();
        let (principal, _) = fixture.catalog.principal_by_session(&session.token).await.unwrap().unwrap();
        assert_eq!((principal.user_id, principal.is_admin), (made.member.user_id, false));
        let members = fixture.catalog.members(fixture.organization).await.unwrap();
        assert!(members.contains(&made.member), "{members:?}");
        assert!(matches!(add("ann@example.com").await, Err(CatalogError::Conflict("member"))));
        for email in ["", "ann", "@", "a@", "a@b@c", "a b@c", &format!("a@{}", "b".repeat(300))] {
            assert!(matches!(add(email).await, Err(CatalogError::Invalid(_))), "{email}");
        }
    }
}
