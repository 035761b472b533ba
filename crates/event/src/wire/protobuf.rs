//! Looking into protobuf messages without decoding them: what is decoded costs many times its size.

use bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

/// Which fields of a message are messages, or texts in a list, and what these hold.
pub(crate) struct Shape(pub(crate) &'static [(u32, &'static Shape)]);

impl Shape {
    /// Holds no messages, or is a text, which cannot be looked into.
    pub(crate) const LEAF: Self = Self(&[]);

    /// How many messages a message holds, in all depths.
    pub(crate) fn count(&self, message: &[u8]) -> Result<usize, String> {
        let mut count = 0;
        if self.0.is_empty() {
            return Ok(count);
        }
        for field in fields(message) {
            let (number, child) = field?;
            if let Some((_, shape)) = self.0.iter().find(|(known, _)| *known == number) {
                count += 1 + shape.count(child)?;
            }
        }
        Ok(count)
    }
}

/// The messages, texts and bytes in the field with this number, in order. An error is the last.
pub(crate) fn children(message: &[u8], number: u32) -> impl Iterator<Item = Result<&[u8], String>> {
    fields(message).filter_map(move |field| match field {
        Ok((found, child)) => (found == number).then_some(Ok(child)),
        Err(error) => Some(Err(error)),
    })
}

/// All fields that have a length, with their numbers.
fn fields(message: &[u8]) -> impl Iterator<Item = Result<(u32, &[u8]), String>> {
    let mut rest = message;
    std::iter::from_fn(move || {
        let next = next_field(&mut rest);
        if next.is_err() {
            rest = &[];
        }
        next.transpose()
    })
}

fn next_field<'m>(rest: &mut &'m [u8]) -> Result<Option<(u32, &'m [u8])>, String> {
    while rest.has_remaining() {
        let (number, wire_type) = decode_key(rest).map_err(|error| error.to_string())?;
        if wire_type != WireType::LengthDelimited {
            skip_field(wire_type, number, rest, DecodeContext::default())
                .map_err(|error| error.to_string())?;
            continue;
        }
        let length = decode_varint(rest).map_err(|error| error.to_string())?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some((child, after)) = rest.split_at_checked(length) else {
            return Err(format!("a message of {length} bytes ends after {}", rest.len()));
        };
        *rest = after;
        return Ok(Some((number, child)));
    }
    Ok(None)
}
