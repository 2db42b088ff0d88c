//! The protobuf wire format, read in place. Positions are absolute: every
//! cursor is a window on the whole source.

use crate::base::convert::{to_u64, to_usize};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits::PROTOBUF_GROUP_DEPTH;
use crate::base::source::Position;

/// What is wrong with the wire, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WireError {
    pub(super) at: usize,
    pub(super) cause: Cause,
}

/// The ways in which the wire can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The data ends inside of a field.
    Truncated,
    /// A length goes past the end of what holds it.
    Overrun { length: u64, left: u64 },
    /// A varint of more than 64 bits.
    LongVarint,
    /// A field number of 0, or past 2^29.
    FieldNumber(u64),
    /// A wire type that does not exist, or a group that does not end.
    WireType(u8),
    /// A field of another type than the format has.
    Type { found: &'static str },
}

impl WireError {
    /// The error of a source that could not be read past here.
    pub(super) fn into_parse_error(self, part: &'static str) -> ParseError {
        let kind = match self.cause {
            Cause::Truncated | Cause::Overrun { .. } => ErrorKind::Truncated,
            _ => ErrorKind::Malformed,
        };
        ParseError::new(kind, Position::offset(to_u64(self.at)), part, self.cause.to_string())
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truncated => write!(f, "the data ends inside a field"),
            Self::Overrun { length, left } => {
                write!(f, "a length of {length} bytes, but only {left} are left")
            }
            Self::LongVarint => write!(f, "a varint of more than 64 bits"),
            Self::FieldNumber(number) => write!(f, "{number} is not a valid field number"),
            Self::WireType(3) => write!(f, "a group that does not end"),
            Self::WireType(wire_type) => write!(f, "{wire_type} is not a valid wire type here"),
            Self::Type { found } => write!(f, "{found} is not valid for this field"),
        }
    }
}

/// A field's content.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    Varint(u64),
    /// Four or eight bytes, as a number.
    Fixed(u64),
    /// A message, string or packed list.
    Bytes(Wire<'a>),
    /// A group, skipped: no field of the format.
    Group,
}

/// A field: its number, where it starts, and its content.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    pub(super) number: u32,
    pub(super) at: usize,
    pub(super) value: Value<'a>,
}

impl<'a> Field<'a> {
    /// The number of a scalar field.
    pub(super) fn varint(&self) -> Result<u64, WireError> {
        match self.value {
            Value::Varint(value) => Ok(value),
            _ => Err(self.mismatch()),
        }
    }

    /// The content of a message, string or packed list.
    pub(super) fn bytes(self) -> Result<Wire<'a>, WireError> {
        match self.value {
            Value::Bytes(wire) => Ok(wire),
            _ => Err(self.mismatch()),
        }
    }

    fn mismatch(&self) -> WireError {
        let found = match self.value {
            Value::Varint(_) => "a number",
            Value::Fixed(_) => "a fixed-width number",
            Value::Bytes(_) => "a message or string",
            Value::Group => "a group",
        };
        WireError { at: self.at, cause: Cause::Type { found } }
    }
}

/// A cursor over a window of the source.
#[derive(Clone, Debug)]
pub(super) struct Wire<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Wire<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, end: bytes.len() }
    }

    /// A window on a part of the source.
    pub(super) fn part(bytes: &'a [u8], at: usize, end: usize) -> Self {
        Self { bytes, at, end: end.min(bytes.len()) }
    }

    /// The number of the field that starts at `at`, if its tag can be read.
    pub(super) fn number_at(bytes: &'a [u8], at: usize) -> Option<u32> {
        let mut wire = Self { bytes, at, end: bytes.len() };
        wire.tag().ok().map(|(number, _)| number)
    }

    /// Bytes of the tag, and of the length if there is one, at the start.
    pub(super) fn head_length(bytes: &'a [u8]) -> usize {
        let mut wire = Self::new(bytes);
        if wire.tag().is_ok_and(|(_, wire_type)| wire_type == 2) && wire.varint().is_ok() {
            return wire.at();
        }
        bytes.len()
    }

    /// Absolute offset of the next byte.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Bytes that are left.
    pub(super) fn remaining(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.end
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    /// The next field, or `None` at the end.
    pub(super) fn field(&mut self) -> Result<Option<Field<'a>>, WireError> {
        if self.is_at_end() {
            return Ok(None);
        }
        let at = self.at;
        let (number, wire_type) = self.tag()?;
        let value = match wire_type {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed(self.fixed(8)?),
            2 => Value::Bytes(self.window()?),
            3 => self.skip_group(at, number).map(|()| Value::Group)?,
            5 => Value::Fixed(self.fixed(4)?),
            _ => return Err(WireError { at, cause: Cause::WireType(wire_type) }),
        };
        Ok(Some(Field { number, at, value }))
    }

    /// The next varint.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call costs more than the few bytes that most have")]
    pub(super) fn varint(&mut self) -> Result<u64, WireError> {
        match *self.rest() {
            [byte, ..] if byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(byte))
            }
            [low, high, ..] if high < 0x80 => {
                self.at += 2;
                Ok(u64::from(low & 0x7f) | u64::from(high) << 7)
            }
            [low, middle, high, ..] if high < 0x80 => {
                self.at += 3;
                Ok(u64::from(low & 0x7f) | u64::from(middle & 0x7f) << 7 | u64::from(high) << 14)
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, WireError> {
        let at = self.at;
        let mut value = 0;
        for (index, &byte) in self.rest().iter().take(10).enumerate() {
            let bits = u64::from(byte & 0x7f);
            if index == 9 && bits > 1 {
                break;
            }
            value |= bits << (7 * index);
            if byte < 0x80 {
                self.at += index + 1;
                return Ok(value);
            }
        }
        let cause = if self.remaining() < 10 { Cause::Truncated } else { Cause::LongVarint };
        Err(WireError { at, cause })
    }

    fn tag(&mut self) -> Result<(u32, u8), WireError> {
        let at = self.at;
        let tag = self.varint()?;
        let number = tag >> 3;
        match u32::try_from(number) {
            Ok(number) if number != 0 && number < 1 << 29 => {
                // Three bits.
                Ok((number, u8::try_from(tag & 7).unwrap_or(7)))
            }
            _ => Err(WireError { at, cause: Cause::FieldNumber(number) }),
        }
    }

    fn window(&mut self) -> Result<Wire<'a>, WireError> {
        let at = self.at;
        let length = self.varint()?;
        let left = self.remaining();
        match to_usize(length).filter(|&length| length <= left) {
            Some(length) => {
                let window = Wire { bytes: self.bytes, at: self.at, end: self.at + length };
                self.at += length;
                Ok(window)
            }
            None => Err(WireError { at, cause: Cause::Overrun { length, left: to_u64(left) } }),
        }
    }

    fn skip(&mut self, length: usize) -> Result<(), WireError> {
        if self.remaining() < length {
            return Err(WireError { at: self.at, cause: Cause::Truncated });
        }
        self.at += length;
        Ok(())
    }

    /// The next number of so many bytes, the lowest first.
    pub(super) fn fixed(&mut self, length: usize) -> Result<u64, WireError> {
        let at = self.at;
        self.skip(length)?;
        let bytes = self.bytes.get(at..self.at).unwrap_or_default();
        Ok(bytes.iter().rev().fold(0, |number, &byte| (number << 8) | u64::from(byte)))
    }

    fn skip_group(&mut self, at: usize, number: u32) -> Result<(), WireError> {
        let unterminated = WireError { at, cause: Cause::WireType(3) };
        let mut open = vec![number];
        while let Some(&innermost) = open.last() {
            if self.is_at_end() || open.len() > PROTOBUF_GROUP_DEPTH {
                return Err(unterminated);
            }
            match self.tag()? {
                (_, 0) => self.varint().map(drop)?,
                (_, 1) => self.skip(8)?,
                (_, 2) => self.window().map(drop)?,
                (number, 3) => open.push(number),
                (number, 4) if number == innermost => drop(open.pop()),
                (_, 5) => self.skip(4)?,
                _ => return Err(unterminated),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &[u8]) -> Result<Vec<u32>, WireError> {
        let mut wire = Wire::new(bytes);
        let mut numbers = Vec::new();
        while let Some(field) = wire.field()? {
            numbers.push(field.number);
        }
        Ok(numbers)
    }

    #[test]
    fn every_wire_type_is_stepped_over() {
        let bytes = [
            0x08, 0x96, 0x01, // 1: varint 150
            0x11, 0, 0, 0, 0, 0, 0, 0, 0, // 2: fixed64
            0x1a, 0x02, 0xff, 0xff, // 3: two bytes
            0x25, 0, 0, 0, 0, // 4: fixed32
            0x2b, 0x08, 0x01, 0x33, 0x34, 0x2c, // 5: group { 1: 1, 6: group {} }
            0x30, 0x00, // 6: 0
        ];
        assert_eq!(fields(&bytes), Ok(vec![1, 2, 3, 4, 5, 6]));
        let eight = Wire::new(&[0x11, 1, 2, 0, 0, 0, 0, 0, 0x80]).field().unwrap().unwrap();
        assert!(matches!(eight.value, Value::Fixed(0x8000_0000_0000_0201)));
    }

    #[test]
    fn breaks_are_told_apart_with_their_place() {
        let error = |bytes: &[u8]| fields(bytes).unwrap_err();
        assert_eq!(error(&[0x08, 0x80]), WireError { at: 1, cause: Cause::Truncated });
        assert_eq!(error(&[0x08, 0, 0x0a, 5, 1]).cause, Cause::Overrun { length: 5, left: 1 });
        assert_eq!(error(&[0x08, 0, 0x0a, 5, 1]).at, 3);
        assert_eq!(error(&[0x80; 13]), WireError { at: 0, cause: Cause::LongVarint });
        assert_eq!(error(&[0x13, 0x08, 0x01]), WireError { at: 0, cause: Cause::WireType(3) });
        assert_eq!(error(&[0x0e]).cause, Cause::WireType(6));
        assert_eq!(error(&[0x00, 0x00]).cause, Cause::FieldNumber(0));
        assert_eq!(error(&[0x15, 0, 0]).cause, Cause::Truncated);
    }

    #[test]
    fn varints_of_every_length_read_back() {
        for shift in 0..64 {
            let value: u64 = 1 << shift | 1;
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(value, &mut bytes);
            assert_eq!(Wire::new(&bytes).varint(), Ok(value));
        }
    }
}
