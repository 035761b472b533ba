//! The published `sentry` crate in a program whose threads panic. Arguments: the DSN, how many threads.

use std::{hint::black_box, time::Duration};

use sentry::{Breadcrumb, ClientOptions, Hub, Level, User};

#[inline(never)]
fn charge(items: &[u32], index: usize) -> u32 {
    items[index]
}

#[inline(never)]
fn checkout() -> u32 {
    charge(&[700, 500], black_box(7))
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (dsn, times) = arguments.next().zip(arguments.next()).expect("usage: rust-client DSN TIMES");
    let options =
        ClientOptions::new().release("shop@1.2.3").environment("e2e").in_app_include(["rust_client"]);
    let _guard = sentry::init((dsn, options));
    sentry::configure_scope(|scope| {
        scope.set_tag("flavour", "salty");
        scope.set_user(Some(User {
            id: Some("user-7".into()),
            email: Some("ada@example.com".into()),
            ..User::default()
        }));
    });
    sentry::add_breadcrumb(Breadcrumb {
        category: Some("cart".into()),
        message: Some("two items in the cart".into()),
        level: Level::Info,
        ..Breadcrumb::default()
    });
    for _ in 0..times.parse().expect("how many threads") {
        std::thread::spawn(checkout).join().expect_err("a panic");
        let client = Hub::current().client().expect("a client");
        assert!(client.flush(Some(Duration::from_secs(5))), "the report is not answered");
    }
}
