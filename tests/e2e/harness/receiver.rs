//! A team's own service that receives hooks.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::StatusCode,
    web::{self, Bytes},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

/// One request, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    headers: BTreeMap<String, String>,
    body: Bytes,
    /// What it was answered.
    pub(crate) answered: u16,
}

impl Call {
    /// The body, once its signature is found to be made with `secret`.
    pub(crate) fn verified(&self, secret: &str) -> Value {
        let signature = self.header("x-mayday-signature");
        let hex = signature.strip_prefix("sha256=").unwrap_or_else(|| panic!("signature {signature}"));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
        mac.update(&self.body);
        mac.verify_slice(&hex::decode(hex).expect("hexadecimal")).expect("a signature of this body");
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }
}

/// Listens on this machine and remembers every call.
pub(crate) struct Receiver {
    pub(crate) url: String,
    state: web::Data<State>,
    handle: ServerHandle,
}

struct State {
    calls: Mutex<Vec<Call>>,
    answer: AtomicU16,
}

impl Receiver {
    /// On a free port, answering 200.
    pub(crate) fn start() -> Self {
        Self::start_on(0)
    }

    pub(crate) fn start_on(port: u16) -> Self {
        let state = web::Data::new(State { calls: Mutex::default(), answer: AtomicU16::new(200) });
        let shared = state.clone();
        let server =
            HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(receive)))
                .workers(1)
                .disable_signals()
                .bind(("127.0.0.1", port))
                .expect("a port to listen on");
        let url = format!("http://{}/hook", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url, state, handle }
    }

    /// What calls are answered from now on.
    pub(crate) fn answer(&self, status: u16) {
        self.state.answer.store(status, Ordering::Relaxed);
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Listens no more: connections are refused.
    pub(crate) async fn stop(self) {
        self.handle.stop(false).await;
    }
}

async fn receive(request: HttpRequest, body: Bytes, state: web::Data<State>) -> HttpResponse {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("").to_owned()));
    let answered = state.answer.load(Ordering::Relaxed);
    let call = Call { headers: headers.collect(), body, answered };
    state.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    HttpResponse::new(StatusCode::from_u16(answered).expect("a status"))
}
