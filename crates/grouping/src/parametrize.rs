//! Messages without what varies: numbers, ids, addresses, paths, quoted text and so on become placeholders, in one
//! pass over the text.

use std::net::IpAddr;

/// Longest part of a message that is looked at; what tells two causes apart comes first.
const MESSAGE_BYTES: usize = 1024;
/// Longest quoted text.
const QUOTED_BYTES: usize = 256;

/// `Order 4711 of "Ann" failed` → `Order <num> of <str> failed`.
pub(crate) fn parametrize(message: &str) -> String {
    let (mut rest, _) = message.split_at(message.floor_char_boundary(MESSAGE_BYTES));
    let mut out = String::with_capacity(rest.len());
    let mut previous_word = "";
    let mut after_word = false;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = quoted(rest).filter(|_| !after_word) {
            out.push_str("<str>");
            rest = after;
            after_word = true;
        } else if let Some(after) = skip_thousands(rest, &out) {
            rest = after;
        } else if is_token_char(first) {
            let (token, after) = token(rest);
            let bare = token.trim_end_matches(['.', ':', '?']);
            replace(bare, previous_word, &mut out);
            out.extend(token.strip_prefix(bare));
            previous_word = bare;
            rest = after;
            after_word = true;
        } else {
            match first.is_whitespace() {
                true if out.ends_with(' ') => {}
                true => out.push(' '),
                false => out.push(first),
            }
            rest = rest.split_at(first.len_utf8()).1;
            after_word = false;
        }
    }
    out
}

/// What follows the text in quotes that `text` starts with. An apostrophe within a word opens and closes none.
fn quoted(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    let close = match chars.next()? {
        '\'' => '\'',
        '"' => '"',
        '`' => '`',
        '“' => '”',
        '«' => '»',
        _ => return None,
    };
    let inside = chars.as_str();
    let (within, _) = inside.split_at(inside.floor_char_boundary(QUOTED_BYTES));
    within.match_indices(close).find_map(|(at, mark)| {
        let after = inside.get(at + mark.len()..)?;
        (!after.starts_with(char::is_alphanumeric)).then_some(after)
    })
}

/// The token that `text` starts with, and what follows it. A URL's query holds what other tokens do not.
fn token(text: &str) -> (&str, &str) {
    let to = |ends: &dyn Fn(char) -> bool| text.split_at(text.find(ends).unwrap_or(text.len()));
    match to(&|c| !is_token_char(c)) {
        (token, _) if token.contains("://") => to(&|c| c.is_whitespace() || "\"'`<>()[]{}|,".contains(c)),
        split => split,
    }
}

fn is_token_char(c: char) -> bool {
    c.is_alphanumeric() || "_-./:@+%~\\?&#$".contains(c)
}

/// Numbers after these words are causes, not data.
const CODES: [&str; 6] = ["http", "status", "code", "errno", "signal", "error"];

/// Why Apple's systems end processes, by the codes that they give.
pub(crate) const TERMINATIONS: [&str; 7] =
    ["0x8badf00d", "0xdead10cc", "0xc00010ff", "0xbaadca11", "0xdeadfa11", "0xbad22222", "0xbaaaaaad"];

fn replace(token: &str, previous_word: &str, out: &mut String) {
    if CODES.iter().any(|word| previous_word.eq_ignore_ascii_case(word)) && is_digits(token) {
        out.push_str(token);
    } else if is_android_user(token, out) {
        out.push_str("u<num>");
    } else if TERMINATIONS.iter().any(|code| token.eq_ignore_ascii_case(code)) {
        out.push_str(&token.to_ascii_lowercase());
    } else if let Some(placeholder) = placeholder(token) {
        out.push_str(placeholder);
    } else {
        replace_parts(token, out);
    }
}

/// A token that is data as a whole.
fn placeholder(token: &str) -> Option<&'static str> {
    if token.contains("://") {
        return Some("<url>");
    }
    if let Some((user, host)) = token.split_once('@')
        && !user.is_empty()
        && host.contains('.')
        && !host.contains('@')
    {
        return Some("<email>");
    }
    Some(match token {
        token if is_uuid(token) => "<uuid>",
        token if is_ip(token) || is_hardware_address(token) => "<ip>",
        token if is_date(token) => "<date>",
        token if is_path(token) => "<path>",
        token if is_hex(token) => "<num>",
        _ => return None,
    })
}

/// The words of a token one by one.
fn replace_parts(token: &str, out: &mut String) {
    let signed =
        token.strip_prefix(['-', '+']).filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit()));
    let mut rest = signed.unwrap_or(token);
    while let Some(first) = rest.chars().next() {
        let separates = |c: char| !c.is_alphanumeric() && c != '_';
        if separates(first) {
            // A sign or separator within a number belongs to it.
            out.push(first);
            rest = rest.split_at(first.len_utf8()).1;
            continue;
        }
        let (word, after) = rest.split_at(rest.find(separates).unwrap_or(rest.len()));
        rest = after;
        let is_identity = out.ends_with(['@', '#']) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_identity || is_id(word) {
            out.push_str("<num>");
        } else if is_digits(word) {
            out.push_str("<num>");
            rest = skip_fraction(rest);
        } else if is_hex(word) {
            out.push_str("<num>");
        } else {
            replace_digits(word, out);
        }
    }
}

/// What follows `.5` or `.000.000`.
fn skip_fraction(text: &str) -> &str {
    let mut rest = text;
    while let Some(digits) =
        rest.strip_prefix('.').filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit()))
    {
        rest = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    rest
}

/// As sizes are printed.
const BYTE_UNITS: [&str; 8] = ["B", "KB", "kB", "MB", "GB", "KiB", "MiB", "GiB"];

/// In words, runs of three digits and more are data; fewer belong to names such as `utf8`. Before a unit (`12ms`)
/// any are.
fn replace_digits(word: &str, out: &mut String) {
    const NAME_DIGITS: usize = 2;
    let mut rest = word;
    let begins = word.starts_with(|c: char| c.is_ascii_digit());
    while !rest.is_empty() {
        let (digits, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        match digits.len() > NAME_DIGITS || begins && !digits.is_empty() {
            true => out.push_str("<num>"),
            false => out.push_str(digits),
        }
        let (letters, after) =
            after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        // How much it is decides the unit.
        out.push_str(if begins && BYTE_UNITS.contains(&letters) { "B" } else { letters });
        rest = after;
    }
}

/// As services make them: `cus_Nf8sKq2LmZ`, long and with digits here and there.
fn is_id(word: &str) -> bool {
    const SHORTEST: usize = 12;
    let mut runs = 0;
    let mut in_run = false;
    for byte in word.bytes() {
        let is_digit = byte.is_ascii_digit();
        runs += usize::from(is_digit && !in_run);
        in_run = is_digit;
    }
    word.len() >= SHORTEST && runs >= 2 && word.is_ascii()
}

/// `02:00:5e:10:00:ff`
fn is_hardware_address(token: &str) -> bool {
    let parts =
        token.split(':').map(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    parts.eq([true; 6])
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_uuid(token: &str) -> bool {
    let lengths =
        token.split('-').map(|part| (part.len(), part.bytes().all(|byte| byte.is_ascii_hexdigit())));
    lengths.eq([(8, true), (4, true), (4, true), (4, true), (12, true)])
}

/// Also with a port.
fn is_ip(token: &str) -> bool {
    let host = token.rsplit_once(':').filter(|(host, port)| is_digits(port) && host.contains('.'));
    let ip: Option<IpAddr> = host.map_or(token, |(host, _)| host).parse().ok();
    ip.is_some_and(|_| token.contains('.') || token.matches(':').count() > 1)
}

/// `2026-11-24`, `2026-11-24T04:02:01.5Z`, `04:02:01`.
fn is_date(token: &str) -> bool {
    let day = token.split(['T', 't']).next().unwrap_or(token);
    let of_lengths = |text: &str, mark: char, lengths: &[usize]| {
        let mut parts = text.split(mark);
        lengths.iter().all(|length| parts.next().is_some_and(|part| part.len() == *length && is_digits(part)))
            && parts.next().is_none()
    };
    let whole = token.split('.').next().unwrap_or(token);
    of_lengths(day, '-', &[4, 2, 2]) || of_lengths(whole, ':', &[2, 2, 2])
}

/// From a root, with two separators or more.
fn is_path(token: &str) -> bool {
    let mut chars = token.chars();
    match (chars.next(), chars.next(), chars.next()) {
        (Some('/' | '~'), _, _) => token.matches('/').count() >= 2 || token.starts_with("~/"),
        (Some(drive), Some(':'), Some('\\')) => drive.is_ascii_alphabetic(),
        _ => false,
    }
}

/// `0x…`, or five hexadecimal digits and more of which some are letters and some are not.
fn is_hex(token: &str) -> bool {
    const HASH_DIGITS: usize = 5;
    let all_hex = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match token.strip_prefix("0x").or_else(|| token.strip_prefix("0X")) {
        Some(digits) => all_hex(digits),
        None => {
            let (digits, letters) = (|c: char| c.is_ascii_digit(), |c: char| c.is_ascii_alphabetic());
            token.len() >= HASH_DIGITS && all_hex(token) && token.contains(digits) && token.contains(letters)
        }
    }
}

/// `u10` after an object's address, as Android prints a user.
fn is_android_user(token: &str, out: &str) -> bool {
    out.ends_with("<num> ") && token.strip_prefix('u').is_some_and(is_digits)
}

/// What follows `,000` in a number whose beginning is replaced.
fn skip_thousands<'t>(rest: &'t str, out: &str) -> Option<&'t str> {
    let group = rest.strip_prefix(',').filter(|_| out.ends_with("<num>"))?;
    let (digits, after) = group.split_at_checked(3)?;
    (is_digits(digits) && !after.starts_with(|c: char| c.is_ascii_digit())).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::parametrize;

    #[test]
    fn what_varies_becomes_a_placeholder() {
        for (message, expected) in [
            ("Order 4711 of \"Ann\" failed", "Order <num> of <str> failed"),
            ("took 12.5 ms, 1,234,567 rows, -3°", "took <num> ms, <num> rows, <num>°"),
            ("session 7f3e1f0a-22c1-4d1e-9a55-0c1b7f6f9a01", "session <uuid>"),
            ("from 192.168.0.1:8080 and 2001:db8::1", "from <ip> and <ip>"),
            ("GET https://a.example/x?id=1 failed", "GET <url> failed"),
            ("mail ann.lopez@shop.example", "mail <email>"),
            ("/data/user/0/app/r-9.pdf: open failed", "<path>: open failed"),
            ("C:\\Users\\ann\\x.db missing", "<path> missing"),
            ("closed 2026-11-24T08:02:59Z", "closed <date>"),
            ("object 0x7fb1c8d2a000 and 12345678", "object <num> and <num>"),
            ("Record{8b1a2f u0 app/.Service}", "Record{<num> u<num> app/.Service}"),
            ("Record{f00d1 u10 app/.Service}", "Record{<num> u<num> app/.Service}"),
            ("status 404", "status 404"),
            ("customer cus_Nf8sKq2LmZ of 02:00:5e:10:00:ff", "customer <num> of <ip>"),
            ("State#abcde after Foo@deadbee in 5m30s", "State#<num> after Foo@<num> in <num>m<num>s"),
            ("killed by 0x8BADF00D at 0x7fb1c8", "killed by 0x8badf00d at <num>"),
        ] {
            assert_eq!(parametrize(message), expected);
        }
    }

    #[test]
    fn words_stay() {
        for message in ["can't decode utf8 of x86", "deadbeef is a word", "Invalid state: not attached"] {
            assert_eq!(parametrize(message), message);
        }
    }
}
