//! What in a message is a cause, not data: error codes and missing methods.

use std::sync::LazyLock;

use regex::Regex;

use crate::parametrize::TERMINATIONS;

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
            \s* (?: [:=\#] | of | was | is )? \s* \(?
          | \( code [\ :=] \s*
          | \b code = )
        (-?[0-9]{1,6}) \b",
    )
    .ok()
});

/// `-[Cart setBadge:]`, as in `unrecognized selector`.
static METHOD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[-+]\[[\w.$]+ [\w:$]+\]").ok());

/// `404 Not Found`, wherever it stands.
static STATUS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?xi) \b ([45][0-9]{2}) \s+ (?: Bad\ Request | Unauthorized | Payment\ Required | Forbidden | Not\ Found
        | Method\ Not\ Allowed | Request\ Time-?out | Conflict | Gone | Unprocessable | Too\ Many\ Requests
        | Internal\ Server\ Error | Not\ Implemented | Bad\ Gateway | Service\ Unavailable | Gateway\ Time-?out )",
    )
    .ok()
});

/// `PERMISSION_DENIED: no access`: the name of an error before the message for people.
static NAMED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\s*([A-Z][A-Z_]{3,40}[A-Z])(?::|\s*$)").ok());

/// `assertion "count <= max" failed`, `Assertion failed: (count <= max)`: the condition.
static ASSERTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?xi) \b (?: assert(?:ion)? \s+ ["'`\u{2018}]? ([^"`\n]{1,200}?) ["'`\u{2019}]? \s+ failed
        | (?:assertion|check|precondition)\ failed: \s* ([^\n]{1,200}?) (?: ,\ (?:function|file) | $ | \n ) )"#,
    )
    .ok()
});

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
    for expression in [&*STATUS, &*NAMED].into_iter().flatten() {
        let found = expression.captures_iter(message).filter_map(|found| found.get(1));
        for code in found.map(|code| code.as_str()) {
            if !codes.iter().any(|known| known == code) {
                codes.push(code.to_owned());
            }
        }
    }
    if let Some(asserted) = ASSERTION.as_ref().and_then(|assertion| assertion.captures(message)) {
        let condition = asserted.get(1).or(asserted.get(2)).map(|condition| condition.as_str().trim());
        codes.extend(condition.map(|condition| condition.trim_matches(['(', ')', '.']).to_owned()));
    }
    let words = || message.split(|c: char| !c.is_ascii_alphanumeric());
    codes.extend(words().filter(|word| ERRNOS.contains(word)).map(str::to_owned));
    let killed_by = |word: &str| TERMINATIONS.iter().find(|code| word.eq_ignore_ascii_case(code));
    codes.extend(words().filter_map(killed_by).map(|code| (*code).to_owned()));
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
            ("invalid status code of 404 for this request", "404"),
            ("resulted in a 404 Not Found response", "404"),
            ("HTTP 404 Not Found", "404"),
            ("PERMISSION_DENIED: Missing or insufficient permissions", "PERMISSION_DENIED"),
            ("a.c:12: f: assertion \"n <= max\" failed", "n <= max"),
            ("Assertion failed: (n <= max), function f, file a.c, line 12.", "n <= max"),
            ("FRONTBOARD 0x8BADF00D scene-create", "0x8badf00d"),
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
