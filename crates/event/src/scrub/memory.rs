//! Text in a dump of memory.
//!
//! What lies on a crashed stack has no key and no form that tells a password from a file name: all text goes, and what a
//! view of registers needs (addresses, numbers, lengths) stays.

use std::ops::RangeInclusive;

/// Shortest text that is seen, bytes of UTF-8. An address is shorter: its two highest bytes are 0.
const UTF8_BYTES: usize = 7;
/// Shortest text that is seen, units of UTF-16.
const UTF16_UNITS: usize = 4;
/// Units of UTF-16 that may be text: the alphabets up to Arabic. Beyond, each half of an address would be a letter.
const LETTERS: RangeInclusive<u32> = 0x20..=0x6ff;
/// What stands for a byte of text.
const MASK: u8 = b'*';

/// `hex` with its text masked; `None` if there is none, or these are no hexadecimal digits.
pub(super) fn masked(digits: &str) -> Option<String> {
    let mut bytes = hex::decode(digits).ok()?;
    // What was masked may lengthen the text beside it.
    let mut is_changed = false;
    while mask_utf16(&mut bytes) | mask_utf8(&mut bytes) {
        is_changed = true;
    }
    is_changed.then(|| hex::encode(bytes))
}

/// Whether anything is otherwise now.
fn mask_utf8(bytes: &mut [u8]) -> bool {
    let mut is_text = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            is_text.resize(is_text.len() + character.len_utf8(), !character.is_control());
        }
        is_text.resize(is_text.len() + chunk.invalid().len(), false);
    }
    mask_runs(bytes, 1, UTF8_BYTES, &is_text)
}

/// Little-endian, as all that is in the wild.
fn mask_utf16(bytes: &mut [u8]) -> bool {
    let (units, _) = bytes.as_chunks::<2>();
    let unit = |pair: &[u8; 2]| u32::from(u16::from_le_bytes(*pair));
    let is_letter = |unit: u32| {
        LETTERS.contains(&unit) && char::from_u32(unit).is_some_and(|character| !character.is_control())
    };
    let is_text: Vec<bool> = units.iter().map(|pair| is_letter(unit(pair))).collect();
    mask_runs(bytes, 2, UTF16_UNITS, &is_text)
}

/// Masks runs of at least `least` units of `size` bytes that are text; whether anything is otherwise now.
fn mask_runs(bytes: &mut [u8], size: usize, least: usize, is_text: &[bool]) -> bool {
    let (mut is_changed, mut start) = (false, 0);
    // A run may end with the last unit.
    for (at, is_text) in is_text.iter().chain([&false]).enumerate() {
        if *is_text {
            continue;
        }
        if at - start >= least {
            for unit in bytes.get_mut(start * size..at * size).unwrap_or_default().chunks_exact_mut(size) {
                is_changed |= mask_unit(unit);
            }
        }
        start = at + 1;
    }
    is_changed
}

fn mask_unit(unit: &mut [u8]) -> bool {
    let mut is_changed = false;
    for (at, byte) in unit.iter_mut().enumerate() {
        let mask = if at == 0 { MASK } else { 0 };
        is_changed |= *byte != mask;
        *byte = mask;
    }
    is_changed
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    fn after(bytes: &[u8]) -> Vec<u8> {
        let digits = hex::encode(bytes);
        hex::decode(masked(&digits).unwrap_or(digits)).unwrap()
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn text_goes_whatever_it_is_and_its_length_stays() {
        for (text, is_gone) in [("hunter2", true), ("Jürgen", true), ("Иван", true), ("pass", false)] {
            let memory = [&[0; 8], text.as_bytes(), &[0; 9]].concat();
            let gone = [&[0; 8], "*".repeat(text.len()).as_bytes(), &[0; 9]].concat();
            assert_eq!(after(&memory), if is_gone { gone } else { memory }, "{text}");
        }
        for text in ["pass", "Müller", "Иван"] {
            let memory = [&[0; 8][..], &utf16(text), &[0; 8]].concat();
            assert_eq!(
                after(&memory),
                [&[0; 8][..], &utf16(&"*".repeat(text.chars().count())), &[0; 8]].concat()
            );
        }
    }

    #[test]
    fn addresses_and_numbers_stay() {
        let words: [u64; 7] = [
            0x0000_5567_4141_4141,
            0x0000_7ffc_6d41_2e38,
            0x0000_0001_0435_7a6c,
            0xffff_8000_1234_5678,
            0xb400_007a_5c41_4243,
            65,
            u64::MAX,
        ];
        let memory: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
        assert_eq!(after(&memory), memory);
        assert_eq!(masked("no digits"), None);
        assert_eq!(masked("123"), None);
    }

    proptest! {
        #[test]
        fn masked_twice_is_masked_once_and_as_long(
            bits in vec(select(vec![&b"a"[..], b"secret", b"\0", b"\x01", b"\xc3\xa9", b"\xe9\x04", b"*\0", b"\x85", b"\xff"]), 0..40),
        ) {
            let memory = bits.concat();
            let once = after(&memory);
            prop_assert_eq!(once.len(), memory.len());
            prop_assert_eq!(after(&once), once);
        }
    }
}
