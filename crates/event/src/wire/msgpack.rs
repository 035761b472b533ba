//! MessagePack, in which sentry-native writes event and breadcrumbs while it waits for a crash.
//! <https://github.com/msgpack/msgpack/blob/master/spec.md>

use serde_json::{Map, Number, Value};

/// Deepest nesting.
const DEPTH: usize = 64;
/// Most values together: one of a byte takes a hundred in memory.
const VALUES: usize = 100_000;

/// The values that stand one after the other. What follows the last whole one is passed over: a crash may have come
/// while the file was written. So is what is nested too deeply, or is too much. Binary data is read as text; extensions
/// are null.
pub fn values(bytes: &[u8]) -> Vec<Value> {
    let mut reader = Reader { rest: bytes, values_left: VALUES };
    std::iter::from_fn(|| reader.value(DEPTH)).collect()
}

struct Reader<'a> {
    rest: &'a [u8],
    values_left: usize,
}

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    /// A big-endian number of so many bytes, at most eight.
    fn unsigned(&mut self, width: usize) -> Option<u64> {
        let bytes = self.bytes(width)?;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn length(&mut self, width: usize) -> Option<usize> {
        self.unsigned(width)?.try_into().ok()
    }

    fn signed(&mut self, width: usize) -> Option<i64> {
        let unused_bits = 64 - 8 * u32::try_from(width).ok()?;
        Some((self.unsigned(width)? << unused_bits).cast_signed() >> unused_bits)
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        self.values_left = self.values_left.checked_sub(1)?;
        let &[tag] = self.bytes(1)? else { return None };
        let low = |mask: u8| usize::from(tag & mask);
        Some(match tag {
            0x00..=0x7f => tag.into(),
            0x80..=0x8f => self.map(low(0x0f), depth)?,
            0x90..=0x9f => self.array(low(0x0f), depth)?,
            0xa0..=0xbf => self.text(low(0x1f))?,
            0xc2 => false.into(),
            0xc3 => true.into(),
            0xc4..=0xc6 => self.sized_text(1 << (tag - 0xc4))?,
            0xc7..=0xc9 => {
                let length = self.length(1 << (tag - 0xc7))?;
                self.extension(length)?
            }
            0xca => number(f32::from_bits(self.unsigned(4)?.try_into().ok()?).into()),
            0xcb => number(f64::from_bits(self.unsigned(8)?)),
            0xcc..=0xcf => self.unsigned(1 << (tag - 0xcc))?.into(),
            0xd0..=0xd3 => self.signed(1 << (tag - 0xd0))?.into(),
            0xd4..=0xd8 => self.extension(1 << (tag - 0xd4))?,
            0xd9..=0xdb => self.sized_text(1 << (tag - 0xd9))?,
            0xdc | 0xdd => {
                let length = self.length(2 << (tag - 0xdc))?;
                self.array(length, depth)?
            }
            0xde | 0xdf => {
                let length = self.length(2 << (tag - 0xde))?;
                self.map(length, depth)?
            }
            0xe0..=0xff => tag.cast_signed().into(),
            0xc0 | 0xc1 => Value::Null,
        })
    }

    fn sized_text(&mut self, width: usize) -> Option<Value> {
        let length = self.length(width)?;
        self.text(length)
    }

    fn text(&mut self, length: usize) -> Option<Value> {
        Some(String::from_utf8_lossy(self.bytes(length)?).into())
    }

    /// A byte for its type, then its data.
    fn extension(&mut self, length: usize) -> Option<Value> {
        self.bytes(length.checked_add(1)?)?;
        Some(Value::Null)
    }

    fn array(&mut self, length: usize, depth: usize) -> Option<Value> {
        (0..length).map(|_| self.value(depth)).collect()
    }

    fn map(&mut self, length: usize, depth: usize) -> Option<Value> {
        let entry = |_| {
            let key = match self.value(depth)? {
                Value::String(key) => key,
                // As texts within texts they would double with each level.
                Value::Array(_) | Value::Object(_) => return None,
                scalar => scalar.to_string(),
            };
            Some((key, self.value(depth)?))
        };
        (0..length).map(entry).collect::<Option<Map<_, _>>>().map(Value::Object)
    }
}

/// JSON knows neither infinity nor NaN.
fn number(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_value_is_read() {
        for (bytes, value) in [
            (&b"\x2a"[..], json!(42)),
            (b"\xff", json!(-1)),
            (b"\xc0", json!(null)),
            (b"\xc2", json!(false)),
            (b"\xc3", json!(true)),
            (b"\xcc\xff", json!(255)),
            (b"\xcd\x01\x00", json!(256)),
            (b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", json!(u64::MAX)),
            (b"\xd0\x80", json!(-128)),
            (b"\xd1\x80\x00", json!(-32768)),
            (b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", json!(i64::MIN)),
            (b"\xca\x3f\x80\x00\x00", json!(1.0)),
            (b"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", json!(1.5)),
            (b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", json!(null)),
            (b"\xa2hi", json!("hi")),
            (b"\xd9\x02hi", json!("hi")),
            (b"\xda\x00\x02hi", json!("hi")),
            (b"\xc4\x02h\xff", json!("h\u{fffd}")),
            (b"\x92\x01\xa1b", json!([1, "b"])),
            (b"\xdc\x00\x01\x07", json!([7])),
            (b"\x82\xa1a\x01\x02\xc3", json!({ "a": 1, "2": true })),
            (b"\xdf\x00\x00\x00\x01\xa1a\x90", json!({ "a": [] })),
            (b"\xd6\xff\x00\x00\x00\x00", json!(null)),
            (b"\xc7\x01\x05\x00", json!(null)),
        ] {
            assert_eq!(values(bytes), [value], "{bytes:x?}");
        }
    }

    #[test]
    fn a_torn_end_costs_no_more_than_itself() {
        assert_eq!(values(b"\x81\xa1a\x01\x81\xa1b\x02\x81\xa1c"), [json!({ "a": 1 }), json!({ "b": 2 })]);
        assert_eq!(values(b"\xdf\xff\xff\xff\xff\xa1a"), Vec::<Value>::new());
        // A map as a key.
        assert_eq!(values(b"\x81\x81\xa1a\x01\x02"), Vec::<Value>::new());
    }

    #[test]
    fn depth_and_number_are_bounded() {
        assert_eq!(values(&[&[0x91; DEPTH - 1][..], &[1]].concat()).len(), 1);
        assert!(values(&[&[0x91; 100_000][..], &[1]].concat()).is_empty());
        assert_eq!(values(&[0xc0; VALUES + 1]).len(), VALUES);
    }
}
