//! A web shop whose page runs `@sentry/browser`: the only origin besides the server's.

use std::{fs, path::Path};

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, web};

use super::{clients::scripts, provision};

/// Serves the page until dropped.
pub(crate) struct Shop {
    pub(crate) url: String,
    handle: ServerHandle,
}

impl Shop {
    /// On a free port.
    pub(crate) fn start() -> Self {
        let server = HttpServer::new(|| App::new().route("/{path:.*}", web::get().to(serve)))
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
