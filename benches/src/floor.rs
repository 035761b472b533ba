//! The floor: the least that a server on this HTTP stack can do with a report and still have looked at it.

use std::{
    net::{SocketAddr, TcpListener},
    thread::available_parallelism,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::header, web};
use clap::Args;
use mayday_event::{
    capped::{InflateLimits, inflate},
    limits,
};
use serde_json::json;

/// What `mayday-benches floor` can be told.
#[derive(Debug, Args)]
pub(crate) struct FloorArgs {
    /// Address to listen on; port 0 picks a free one, which is printed
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// Serves until it is told to stop, with as many workers as mayday has.
pub(crate) fn serve(args: &FloorArgs) -> anyhow::Result<()> {
    let listener = TcpListener::bind(args.listen)?;
    crate::print(&format!("{}\n", listener.local_addr()?))?;
    actix_web::rt::System::new().block_on(async move {
        let app = || {
            App::new()
                .app_data(web::PayloadConfig::new(limits::BODY_BYTES))
                .route("/api/{project}/{endpoint}/", web::post().to(report))
        };
        let workers = available_parallelism().map_or(2, usize::from);
        HttpServer::new(app).workers(workers).listen(listener)?.run().await
    })?;
    Ok(())
}

/// Inflates under the caps that mayday inflates under, discards, answers.
async fn report(request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let encoding = request.headers().get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    match inflate(body, encoding.unwrap_or_default(), &InflateLimits::default()) {
        Ok(inflated) => {
            std::hint::black_box(inflated);
            HttpResponse::Ok().json(json!({"id": "00000000000000000000000000000000"}))
        }
        Err(error) => HttpResponse::BadRequest().json(json!({"detail": error.to_string()})),
    }
}
