//! The project that a path names, and who asks for it.

use std::{future::Future, ops::Deref, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    web::{Data, Path},
};
use mayday_catalog::projects::Project;
use serde::Deserialize;

use crate::{
    Query, QueryError,
    auth::{Granted, Need},
    read,
};

/// A project of the principal's organisation, for a token with a scope that the handler needs.
pub(super) struct InProject<N> {
    pub(super) principal: Granted<N>,
    project: Project,
}

#[derive(Deserialize)]
struct Named {
    organization: String,
    project: String,
}

impl<N> Deref for InProject<N> {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}

impl<N: Need + 'static> InProject<N> {
    async fn of(request: HttpRequest) -> Result<Self, QueryError> {
        let principal = Granted::extract(&request).await?;
        let unset = || QueryError::Internal("the API is configured without its state".into());
        let query = request.app_data::<Data<Query>>().ok_or_else(unset)?;
        let path = Path::<Named>::extract(&request).await.map_err(|_| QueryError::NotFound("project"))?;
        let project = read::projects::find(query, &principal, &path.organization, &path.project).await?;
        Ok(Self { principal, project })
    }
}

impl<N: Need + 'static> FromRequest for InProject<N> {
    type Error = QueryError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, QueryError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(Self::of(request.clone()))
    }
}
