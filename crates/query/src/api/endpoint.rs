//! A path and its methods: what is registered with actix and compared with the OpenAPI document.

use std::borrow::Cow;

use actix_web::{
    FromRequest, Handler, HttpResponse, Resource, Responder, Route,
    http::{Method, header},
    web,
};
use serde_json::json;

/// All methods of one path.
pub(super) struct Endpoint {
    /// Below `/api/0`.
    path: Cow<'static, str>,
    methods: Vec<(Method, Route)>,
    /// Of a JSON body; else what holds for all.
    body_bytes: Option<usize>,
}

impl Endpoint {
    pub(super) fn at(path: impl Into<Cow<'static, str>>) -> Self {
        Self { path: path.into(), methods: Vec::new(), body_bytes: None }
    }

    /// Takes longer JSON bodies than others do.
    pub(super) fn body_bytes(self, limit: usize) -> Self {
        Self { body_bytes: Some(limit), ..self }
    }

    pub(super) fn get<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.method(Method::GET, handler)
    }

    pub(super) fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.method(Method::POST, handler)
    }

    pub(super) fn put<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.method(Method::PUT, handler)
    }

    pub(super) fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.method(Method::DELETE, handler)
    }

    fn method<F, Args>(mut self, method: Method, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.methods.push((method.clone(), web::method(method).to(handler)));
        self
    }

    /// With and without the slash at the end; 405 for other methods.
    pub(super) fn into_resource(self) -> Resource {
        let allow = self.methods.iter().map(|(method, _)| method.as_str()).collect::<Vec<_>>().join(", ");
        let not_allowed = move || {
            let detail = format!("method not allowed here; there are {allow}");
            let response = HttpResponse::MethodNotAllowed()
                .insert_header((header::ALLOW, allow.clone()))
                .json(json!({ "detail": detail }));
            std::future::ready(response)
        };
        let paths = [self.path.as_ref(), self.path.trim_end_matches('/')];
        let mut resource = web::resource(paths);
        if let Some(limit) = self.body_bytes {
            resource = resource.app_data(super::json_config(limit));
        }
        self.methods
            .into_iter()
            .fold(resource, |resource, (_, route)| resource.route(route))
            .default_service(web::to(not_allowed))
    }

    /// `("/projects/", ["GET"])`.
    #[cfg(test)]
    pub(super) fn names(&self) -> (&str, Vec<Method>) {
        (&self.path, self.methods.iter().map(|(method, _)| method.clone()).collect())
    }
}
