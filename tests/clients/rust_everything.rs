//! The published `sentry` crate: an error with a file, in a session. Argument: the DSN.

use std::{
    io::{self, Write},
    time::Duration,
};

use sentry::{ClientOptions, Hub, protocol::Attachment};

fn main() {
    let dsn = std::env::args().nth(1).expect("usage: rust-everything DSN");
    let options = ClientOptions::new().release("shop@1.2.3").environment("e2e").auto_session_tracking(true);
    let _guard = sentry::init((dsn, options));
    sentry::configure_scope(|scope| {
        scope.add_attachment(Attachment {
            buffer: b"cart 17\n\x00\xff\n".to_vec(),
            filename: "cart.bin".to_owned(),
            content_type: Some("application/octet-stream".to_owned()),
            ty: None,
        });
    });
    let broken = "no cart".parse::<u32>().expect_err("no number");
    let id = sentry::capture_error(&broken);
    writeln!(io::stdout(), "{}", id.simple()).expect("somebody listens");
    sentry::end_session();
    let client = Hub::current().client().expect("a client");
    assert!(client.flush(Some(Duration::from_secs(5))), "the report is not answered");
}
