//! The published `sentry` and `sentry-minidump` crates in a program that really segfaults.
//! Arguments: the DSN, a folder in which a copy of the minidump stays as `kept.dmp`.

use std::{fs, hint::black_box, path::PathBuf, thread, time::Duration};

use sentry::ClientOptions;
use sentry_minidump::MinidumpIntegration;

/// Of the thread that overruns its stack: a minidump holds it all.
const STACK_BYTES: usize = 128 << 10;

#[inline(never)]
fn checkout(depth: u64) -> u64 {
    let cart = black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { checkout(depth + 1) + cart[black_box(3)] }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (dsn, folder) = arguments.next().zip(arguments.next()).expect("usage: rust-crasher DSN FOLDER");
    let folder = PathBuf::from(folder);
    let kept = folder.join("kept.dmp");
    let minidump = MinidumpIntegration::new()
        .crashes_dir(folder)
        .before_capture(move |scope, dump| {
            scope.set_tag("flavour", "salty");
            fs::copy(dump, &kept).expect("a copy of the minidump");
        })
        .flush_timeout(Duration::from_secs(10));
    let options = ClientOptions::new().release("shop@1.2.3").environment("e2e").add_integration(minidump);
    // From here on this is the app's process; the other one reports its crash.
    let _guard = sentry::init((dsn, options));
    let doomed = thread::Builder::new().name("checkout".into()).stack_size(STACK_BYTES);
    let total = doomed.spawn(|| checkout(0)).expect("a thread").join();
    unreachable!("the stack held: {total:?}");
}
