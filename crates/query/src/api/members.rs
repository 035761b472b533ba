//! Members of an organisation.

use actix_web::{
    HttpRequest,
    web::{Data, Json, Path},
};
use mayday_catalog::access::Member;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    respond::{Answer, created, whole},
};
use crate::{
    Query, QueryError,
    auth::{Administrator, Granted, MemberRead, MemberWrite},
    read,
};

/// What an organisation's administrators and its other members are called, as Sentry has it.
const ROLES: [(&str, bool); 2] = [("admin", true), ("member", false)];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/organizations/{organization}/members/").get(list).post(add)]
}

async fn list(
    principal: Granted<MemberRead>,
    query: Data<Query>,
    organization: Path<String>,
    request: HttpRequest,
) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    let members = read::projects::members(&query, &principal).await?;
    whole(&query, &request, &members.iter().map(member_json).collect::<Vec<_>>())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewMember {
    email: String,
    #[serde(default)]
    name: String,
    org_role: String,
}

/// 201 with the password, which is shown this once.
async fn add(
    principal: Granted<Administrator<MemberWrite>>,
    query: Data<Query>,
    organization: Path<String>,
    body: Json<NewMember>,
) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    let NewMember { email, name, org_role } = body.into_inner();
    let role = ROLES.into_iter().find(|(role, _)| *role == org_role);
    let unknown = || QueryError::Invalid(format!("orgRole: {org_role:?} is not admin or member"));
    let (_, is_admin) = role.ok_or_else(unknown)?;
    let new = query.catalog.add_member(principal.organization_id, &email, &name, is_admin).await?;
    let mut json = member_json(&new.member);
    json["password"] = new.password.into();
    created(json)
}

fn member_json(member: &Member) -> Value {
    let role = ROLES.into_iter().find(|(_, is_admin)| *is_admin == member.is_admin);
    json!({
        "id": member.user_id.to_string(),
        "email": member.email,
        "name": member.name,
        "orgRole": role.map(|(role, _)| role),
    })
}
