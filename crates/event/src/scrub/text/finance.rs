//! Payment cards and bank accounts.

use super::{before, is_word};
use crate::scrub::mark::{self, CARD, IBAN, Spans};

/// Digits of a card number.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;
/// Digits that stand together where a card number is written in groups; the last may have fewer.
const GROUP_DIGITS: usize = 4;

/// Digits in groups, a space or hyphen between them.
pub(super) fn cards(text: &str) -> Spans {
    let bytes = text.as_bytes();
    let mut spans = Spans::new();
    let mut at = 0;
    while let Some(skipped) = bytes.get(at..).and_then(|rest| rest.iter().position(u8::is_ascii_digit)) {
        let start = at + skipped;
        match card(bytes, start) {
            Some(end) => {
                spans.push((start..end, mark::fitting(CARD, end - start).into()));
                at = end;
            }
            None => at = start + digits(bytes, start),
        }
    }
    spans
}

fn digits(bytes: &[u8], start: usize) -> usize {
    bytes.iter().skip(start).take_while(|byte| byte.is_ascii_digit()).count()
}

/// Where the card number ends that starts here, at the start of a group.
fn card(bytes: &[u8], start: usize) -> Option<usize> {
    // The groups of an UUID are no card, nor are the decimals of a number.
    let apart = |byte: Option<&u8>| !is_word(byte) && !matches!(byte, Some(b'-' | b'.'));
    if !apart(before(bytes, start)) {
        return None;
    }
    let mut number = Vec::with_capacity(*CARD_DIGITS.end());
    let (mut at, mut separator) = (start, None);
    loop {
        let group = digits(bytes, at);
        if number.len() + group > *CARD_DIGITS.end() {
            return None;
        }
        number.extend(bytes.iter().skip(at).take(group).map(|byte| byte - b'0'));
        at += group;
        let next = bytes.get(at).copied();
        let goes_on = matches!(next, Some(b' ' | b'-')) && separator.is_none_or(|it| Some(it) == next);
        let ends = !is_word(bytes.get(at)) && next != Some(b'-') && !is_decimal(bytes, at);
        if ends && is_card(&number) {
            return Some(at);
        }
        if !goes_on || group < GROUP_DIGITS || !bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
            return None;
        }
        separator = next;
        at += 1;
    }
}

/// `.5` comes next.
fn is_decimal(bytes: &[u8], at: usize) -> bool {
    bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
}

/// Whether a network of cards gives numbers of this start and length, and the check digit is right.
fn is_card(number: &[u8]) -> bool {
    if !CARD_DIGITS.contains(&number.len()) {
        return false;
    }
    let start = number.iter().take(4).fold(0_u32, |start, digit| start * 10 + u32::from(*digit));
    let lengths: &[usize] = match start {
        // Visa
        4000..=4999 => &[13, 16, 19],
        // Mastercard
        5100..=5599 | 2221..=2720 => &[16],
        // American Express
        3400..=3499 | 3700..=3799 => &[15],
        // Diners Club
        3000..=3059 | 3600..=3699 | 3800..=3999 => &[14, 16],
        // JCB
        3528..=3589 => &[16, 17, 18, 19],
        // Discover, UnionPay, RuPay, Maestro
        6000..=6999 => &[16, 17, 18, 19],
        5000..=5099 | 5600..=5899 => &[12, 13, 14, 15, 16, 17, 18, 19],
        _ => &[],
    };
    lengths.contains(&number.len()) && luhn(number)
}

fn luhn(number: &[u8]) -> bool {
    let digit = |(at, digit): (usize, &u8)| match u32::from(*digit) {
        digit if at % 2 == 0 => digit,
        digit => digit * 2 / 10 + digit * 2 % 10,
    };
    number.iter().rev().enumerate().map(digit).sum::<u32>() % 10 == 0
}

/// Length of an IBAN by country, from the registry of SWIFT.
#[rustfmt::skip]
const IBANS: [(&[u8; 2], usize); 88] = [
    (b"AD", 24), (b"AE", 23), (b"AL", 28), (b"AT", 20), (b"AZ", 28), (b"BA", 20), (b"BE", 16), (b"BG", 22),
    (b"BH", 22), (b"BI", 27), (b"BR", 29), (b"BY", 28), (b"CH", 21), (b"CR", 22), (b"CY", 28), (b"CZ", 24),
    (b"DE", 22), (b"DJ", 27), (b"DK", 18), (b"DO", 28), (b"EE", 20), (b"EG", 29), (b"ES", 24), (b"FI", 18),
    (b"FK", 18), (b"FO", 18), (b"FR", 27), (b"GB", 22), (b"GE", 22), (b"GI", 23), (b"GL", 18), (b"GR", 27),
    (b"GT", 28), (b"HN", 28), (b"HR", 21), (b"HU", 28), (b"IE", 22), (b"IL", 23), (b"IQ", 23), (b"IS", 26),
    (b"IT", 27), (b"JO", 30), (b"KW", 30), (b"KZ", 20), (b"LB", 28), (b"LC", 32), (b"LI", 21), (b"LT", 20),
    (b"LU", 20), (b"LV", 21), (b"LY", 25), (b"MC", 27), (b"MD", 24), (b"ME", 22), (b"MK", 19), (b"MN", 20),
    (b"MR", 27), (b"MT", 31), (b"MU", 30), (b"NI", 28), (b"NL", 18), (b"NO", 15), (b"OM", 23), (b"PK", 24),
    (b"PL", 28), (b"PS", 29), (b"PT", 25), (b"QA", 29), (b"RO", 24), (b"RS", 22), (b"RU", 33), (b"SA", 24),
    (b"SC", 31), (b"SD", 18), (b"SE", 24), (b"SI", 19), (b"SK", 24), (b"SM", 27), (b"SO", 23), (b"ST", 25),
    (b"SV", 28), (b"TL", 23), (b"TN", 24), (b"TR", 26), (b"UA", 29), (b"VA", 22), (b"VG", 24), (b"XK", 20),
];

pub(super) fn ibans(text: &str) -> Spans {
    let bytes = text.as_bytes();
    let mut spans = Spans::new();
    let mut at = 0;
    while let Some(skipped) = bytes.get(at..).and_then(|rest| rest.windows(4).position(is_start)) {
        let start = at + skipped;
        match iban(bytes, start) {
            Some(end) => {
                spans.push((start..end, mark::fitting(IBAN, end - start).into()));
                at = end;
            }
            None => at = start + 1,
        }
    }
    spans
}

/// Country and check digits.
fn is_start(window: &[u8]) -> bool {
    matches!(window, [a, b, c, d] if a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit())
}

/// Where the IBAN ends that starts here; spaces may be between its characters.
fn iban(bytes: &[u8], start: usize) -> Option<usize> {
    if is_word(before(bytes, start)) {
        return None;
    }
    let country = bytes.get(start..start + 2)?;
    let (_, length) = IBANS.iter().find(|(code, _)| *code == country)?;
    let mut characters = Vec::with_capacity(*length);
    let mut at = start;
    while characters.len() < *length {
        match bytes.get(at)? {
            b' ' if before(bytes, at) != Some(&b' ') => {}
            byte if byte.is_ascii_digit() || byte.is_ascii_uppercase() => characters.push(*byte),
            _ => return None,
        }
        at += 1;
    }
    (!is_word(bytes.get(at)) && is_right(&characters)).then_some(at)
}

/// Country and check digits last, letters as numbers from 10: one more than a multiple of 97.
fn is_right(characters: &[u8]) -> bool {
    let value = |rest: u32, byte: &u8| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    };
    let (first, rest) = characters.split_at(4);
    rest.iter().chain(first).fold(0, value) == 1
}
