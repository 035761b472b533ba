//! API tokens of an organisation.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path},
};
use mayday_catalog::access::{ApiToken, Principal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    respond::{Answer, created, date, no_content, whole},
};
use crate::{
    Query, QueryError,
    auth::{Administrator, Granted, OrgAdmin},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::at("/api-tokens/").get(list).post(create),
        Endpoint::at("/api-tokens/{token}/").delete(revoke),
    ]
}

async fn list(principal: Granted<OrgAdmin>, query: Data<Query>, request: HttpRequest) -> Answer {
    let tokens = query.catalog.api_tokens(principal.organization_id).await?;
    whole(&query, &request, &tokens.iter().map(token_json).collect::<Vec<_>>())
}

#[derive(Deserialize)]
struct NewToken {
    name: String,
    scopes: Vec<String>,
}

/// 201 with the token itself, which is shown this once.
async fn create(
    principal: Granted<Administrator<OrgAdmin>>,
    query: Data<Query>,
    body: Json<NewToken>,
) -> Answer {
    let scopes: Vec<_> = body.scopes.iter().map(String::as_str).collect();
    check_own(&principal, &scopes)?;
    let Principal { organization_id, user_id, .. } = *principal;
    let new = query.catalog.create_api_token(organization_id, user_id, &body.name, &scopes).await?;
    let mut json = token_json(&new.token);
    json["token"] = new.secret.into();
    created(json)
}

async fn revoke(
    principal: Granted<Administrator<OrgAdmin>>,
    query: Data<Query>,
    token: Path<String>,
) -> Answer {
    let id = token.parse().map_err(|_| QueryError::NotFound("token"))?;
    query.catalog.revoke_api_token(principal.organization_id, id).await?;
    no_content()
}

/// A token may make none that may more than itself.
fn check_own(principal: &Principal, scopes: &[&str]) -> Result<(), QueryError> {
    match scopes.iter().find(|scope| !principal.scopes.iter().any(|own| own == *scope)) {
        Some(scope) => {
            Err(QueryError::Invalid(format!("scopes: {scope:?} is not among those of the token that asks")))
        }
        None => Ok(()),
    }
}

fn token_json(token: &ApiToken) -> Value {
    json!({
        "id": token.id.to_string(),
        "name": token.name,
        "scopes": token.scopes,
        "dateCreated": date(Some(token.created)),
        "dateLastUsed": date(token.last_used),
    })
}
