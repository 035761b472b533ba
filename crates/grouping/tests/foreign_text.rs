//! What the fuzz targets check, on a stable compiler: with text that comes close to what people write and clients send.

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "a library where the fuzz targets use it")]
mod checks;

use proptest::{collection::vec, prelude::*, sample::select};

/// Parts of rules, of names and of messages.
fn part() -> impl Strategy<Value = String> {
    let known = vec![
        "error.type:",
        "error.value:",
        "stack.function:",
        "stack.module:",
        "stack.package:",
        "family:",
        "app:",
        "tags.screen:",
        "level:",
        "message:",
        "sdk:",
        "release:",
        "!",
        "*",
        "**",
        "\"",
        "\\",
        "{{ default }}",
        "{{ error.type",
        "}}",
        "->",
        ",",
        "+app",
        "-app",
        "^-group",
        "v+app",
        "max-frames=",
        "min-frames=",
        "title=",
        "[",
        "] |",
        "| [",
        "#",
        "\n",
        "\0",
        " ",
        "std::*",
        "lambda$",
        "$1",
        "$$Lambda$14/0x0000",
        "invokeSuspend",
        "closure #1 in ",
        "thunk for @escaping",
        "{{closure}}",
        "(anonymous namespace)::",
        "<lambda_1>",
        "operator<",
        "_$s4main",
        "_ZN4main",
        "webpack:///./src/",
        "~1",
        ".<anonymous>",
        "0x7f00",
        "4711",
        "user@example.com",
        "https://a.b/c?d=e",
        "'quoted'",
        "12ab34cd-0000-4000-8000-000000000000",
        "é",
        "\u{202e}",
        "<",
        ">",
        "(",
        ")",
        "::",
        "@",
        "`1",
    ];
    prop_oneof![4 => select(known).prop_map(str::to_owned), 1 => "\\PC{0,8}", 1 => any::<char>().prop_map(String::from)]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    vec(part(), 0..24).prop_map(|parts| parts.concat().into_bytes())
}

proptest! {
    #[test]
    fn rules_are_read_or_refused(bytes in text()) {
        checks::rules(&bytes);
    }

    #[test]
    fn any_name_has_one_place(bytes in text()) {
        checks::names(&bytes);
    }

    #[test]
    fn any_bytes_are_an_event_or_not(bytes in vec(any::<u8>(), 0..200)) {
        checks::event(&bytes);
    }
}
