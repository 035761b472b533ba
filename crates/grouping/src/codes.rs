//! What in a message is a cause, not data: error codes and missing methods.

use std::sync::LazyLock;

use regex::Regex;

/// Longest part of a message that is looked at.
const MESSAGE_BYTES: usize = 1024;

/// Most codes of one message that count.
const CODES: usize = 4;

/// `HTTP 404`, `status code: 503`, `(code 2067`, `Code=-1009`, `[Errno 13`, `OSStatus error -34018`.
static NUMBERED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)
        (?: \b (?: http (?:/[0-9.]+)? | (?:http|response|error|exit|result)?[\ _-]?status (?:[\ _-]?code)?
                 | (?:response|error|exit|result|http)[\ _-]?code | errno | osstatus (?:\ error)? )
            \s* [:=\#]? \s* \(?
          | \( code [\ :=] \s*
          | \b code = )
        (-?[0-9]{1,6}) \b",
    )
    .ok()
});

/// `-[Cart setBadge:]`, as in `unrecognized selector`.
static METHOD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[-+]\[[\w.$]+ [\w:$]+\]").ok());

/// POSIX's error numbers by name: those that apps meet.
const ERRNOS: [&str; 38] = [
    "E2BIG",
    "EACCES",
    "EADDRINUSE",
    "EADDRNOTAVAIL",
    "EAGAIN",
    "EBADF",
    "EBUSY",
    "ECANCELED",
    "ECONNABORTED",
    "ECONNREFUSED",
    "ECONNRESET",
    "EDQUOT",
    "EEXIST",
    "EFAULT",
    "EFBIG",
    "EHOSTUNREACH",
    "EINTR",
    "EINVAL",
    "EIO",
    "EISDIR",
    "ELOOP",
    "EMFILE",
    "ENAMETOOLONG",
    "ENETDOWN",
    "ENETUNREACH",
    "ENFILE",
    "ENODEV",
    "ENOENT",
    "ENOMEM",
    "ENOSPC",
    "ENOTCONN",
    "ENOTDIR",
    "ENOTEMPTY",
    "ENOTSUP",
    "EPERM",
    "EPIPE",
    "EROFS",
    "ETIMEDOUT",
];

/// The codes and methods that a message names, in order.
pub(crate) fn of(message: &str) -> Vec<String> {
    let (message, _) = message.split_at(message.floor_char_boundary(MESSAGE_BYTES));
    let mut codes: Vec<String> = Vec::new();
    if let Some(numbered) = &*NUMBERED {
        codes.extend(
            numbered.captures_iter(message).filter_map(|found| Some(found.get(1)?.as_str().to_owned())),
        );
    }
    if let Some(method) = &*METHOD {
        codes.extend(method.find_iter(message).map(|found| found.as_str().to_owned()));
    }
    let words = message.split(|c: char| !c.is_ascii_alphanumeric());
    codes.extend(words.filter(|word| ERRNOS.contains(word)).map(str::to_owned));
    codes.truncate(CODES);
    codes
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn codes_are_found_where_systems_write_them() {
        for (message, codes) in [
            ("HTTP 404 Not Found for https://a.example/v3/stores/8831", "404"),
            ("Request failed with status code 503", "503"),
            ("Server returned HTTP response code: 500 for URL", "500"),
            ("UNIQUE constraint failed: cart.id (code 2067 SQLITE_CONSTRAINT_UNIQUE)", "2067"),
            ("Error Domain=NSURLErrorDomain Code=-1009 \"offline\"", "-1009"),
            ("[Errno 13] Permission denied", "13"),
            ("/data/x.pdf: open failed: ENOSPC (No space left on device)", "ENOSPC"),
            (
                "-[Shop.Cell setVegan:]: unrecognized selector sent to instance 0x10be",
                "-[Shop.Cell setVegan:]",
            ),
        ] {
            assert_eq!(of(message).join(" "), codes, "{message}");
        }
    }

    #[test]
    fn numbers_that_are_data_are_no_codes() {
        for message in [
            "Order 4711 is not open",
            "voucher code 1234 is used up",
            "Index 5 out of bounds for length 3",
            "took 503 ms, ENTRY missing",
        ] {
            assert_eq!(of(message), Vec::<String>::new(), "{message}");
        }
    }
}
