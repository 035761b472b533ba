//! Who a token belongs to, and what it may do.

use serde_json::json;

use super::{
    endpoint::Endpoint,
    respond::{Answer, ok},
};
use crate::auth::{AnyToken, Granted};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/").get(index)]
}

async fn index(principal: Granted<AnyToken>) -> Answer {
    ok(json!({
        "version": "0",
        "auth": { "scopes": principal.scopes },
        "user": {
            "id": principal.user_id.to_string(),
            "email": principal.email,
            "username": principal.email,
            "name": principal.name,
        },
    }))
}
