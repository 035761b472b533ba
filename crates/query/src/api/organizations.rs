//! Organisations: a token belongs to one.

use actix_web::{
    HttpRequest,
    web::{Data, Path},
};
use mayday_catalog::projects::Organization;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    respond::{Answer, date, ok, whole},
};
use crate::{
    Query,
    auth::{Granted, OrgRead},
    read,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/organizations/").get(list), Endpoint::at("/organizations/{organization}/").get(show)]
}

async fn list(principal: Granted<OrgRead>, query: Data<Query>, request: HttpRequest) -> Answer {
    let organization = read::projects::organization(&query, &principal).await?;
    whole(&query, &request, &[organization_json(&organization)])
}

async fn show(principal: Granted<OrgRead>, query: Data<Query>, organization: Path<String>) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    ok(organization_json(&read::projects::organization(&query, &principal).await?))
}

/// With all that `sentry-cli organizations list` insists on.
fn organization_json(organization: &Organization) -> Value {
    json!({
        "id": organization.id.to_string(),
        "slug": organization.slug,
        "name": organization.name,
        "dateCreated": date(Some(organization.created)),
        "status": { "id": "active", "name": "active" },
        "isEarlyAdopter": false,
        "require2FA": false,
        "requireEmailVerification": false,
        "features": [],
    })
}
