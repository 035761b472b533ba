//! A web shop whose page runs `@sentry/browser`: the only origin besides the server's.

use std::{fs, path::Path};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::StatusCode,
    web::{self, Bytes, Data, PayloadConfig},
};

use super::{Bootstrap, clients::scripts, http_client, provision};

/// Serves the page until dropped.
pub(crate) struct Shop {
    pub(crate) url: String,
    handle: ServerHandle,
}

impl Shop {
    /// On a free port.
    pub(crate) fn start() -> Self {
        Self::start_before(None)
    }

    /// One that passes on what is posted to `/tunnel`, as it came.
    pub(crate) fn start_with_tunnel(bootstrap: &Bootstrap) -> Self {
        Self::start_before(Some(format!("{}/api/{}/envelope/", bootstrap.url, bootstrap.project_id)))
    }

    fn start_before(tunnel_end: Option<String>) -> Self {
        let app = move || {
            let app =
                App::new().app_data(PayloadConfig::new(1 << 20)).app_data(Data::new(tunnel_end.clone()));
            app.route("/tunnel", web::post().to(pass_on)).route("/{path:.*}", web::get().to(serve))
        };
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .expect("a port to listen on");
        let url = format!("http://{}/", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url, handle }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // The order to stop is given by the call; its future only waits for the end.
        drop(self.handle.stop(false));
    }
}

/// Neither headers nor query: the tunnel knows nothing of what it carries.
async fn pass_on(body: Bytes, end: Data<Option<String>>) -> HttpResponse {
    let Some(end) = end.as_ref() else { return HttpResponse::NotFound().finish() };
    let answer = http_client().post(end).body(body.to_vec()).send().await.expect("the server answers");
    let status = StatusCode::from_u16(answer.status().as_u16()).expect("a status");
    HttpResponse::build(status).body(answer.bytes().await.expect("its body"))
}

async fn serve(path: web::Path<String>) -> HttpResponse {
    let file = match path.as_str() {
        "" => scripts().join("browser_client.html"),
        "browser_client.mjs" => scripts().join("browser_client.mjs"),
        // Browsers ask for it unasked.
        "favicon.ico" => return HttpResponse::NoContent().finish(),
        package => provision().join("node").join(package),
    };
    let Ok(content) = fs::read(&file) else { return HttpResponse::NotFound().finish() };
    HttpResponse::Ok().content_type(content_type(&file)).body(content)
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        _ => "text/javascript; charset=utf-8",
    }
}
