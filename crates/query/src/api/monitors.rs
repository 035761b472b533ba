//! Monitors of scheduled jobs: there are none here, and clients that ask are told so.

use actix_web::{
    HttpRequest,
    web::{Data, Path},
};

use super::{
    endpoint::Endpoint,
    respond::{Answer, whole},
};
use crate::{
    Query,
    auth::{AnyToken, Granted},
    read,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/organizations/{organization}/monitors/").get(list)]
}

async fn list(
    principal: Granted<AnyToken>,
    query: Data<Query>,
    organization: Path<String>,
    request: HttpRequest,
) -> Answer {
    read::projects::check_organization(&principal, &organization)?;
    whole(&query, &request, &[])
}
