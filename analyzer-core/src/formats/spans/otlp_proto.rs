//! `TracesData` of opentelemetry-proto (trace/v1/trace.proto), field by field: it has no magic number, so that a
//! whole path of fields down to a span's two ids is what it is told by.

use prost::encoding::{WireType, decode_key, decode_varint};

use super::add::{Adder, Attribute, Raw, best, is_read, kind_of_number};
use crate::base::convert::{to_u64, to_usize, wire_to_i64};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::formats::{Facts, Probe, Sniff};

/// A field's content.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32,
    Bytes(&'a [u8]),
}

/// The fields of a message; an error ends it, and says how many bytes were left.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    is_over: bool,
}

pub(super) const fn fields(bytes: &[u8]) -> Fields<'_> {
    Fields { rest: bytes, is_over: false }
}

impl<'a> Fields<'a> {
    fn read(&mut self) -> Option<(u32, Value<'a>)> {
        let (number, wire_type) = decode_key(&mut self.rest).ok()?;
        let value = match wire_type {
            WireType::Varint => Value::Varint(decode_varint(&mut self.rest).ok()?),
            WireType::SixtyFourBit => Value::Fixed64(u64::from_le_bytes(self.take(8)?.try_into().ok()?)),
            WireType::ThirtyTwoBit => self.take(4).map(|_| Value::Fixed32)?,
            WireType::LengthDelimited => {
                let length = to_usize(decode_varint(&mut self.rest).ok()?)?;
                Value::Bytes(self.take(length)?)
            }
            WireType::StartGroup | WireType::EndGroup => return None,
        };
        Some((number, value))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(part)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Value<'a>), usize>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over || self.rest.is_empty() {
            return None;
        }
        let left = self.rest.len();
        let field = self.read();
        self.is_over = field.is_none();
        Some(field.ok_or(left))
    }
}

/// The messages and strings of a field.
fn each(bytes: &[u8], wanted: u32) -> impl Iterator<Item = &[u8]> {
    fields(bytes).filter_map(move |field| match field {
        Ok((number, Value::Bytes(bytes))) if number == wanted => Some(bytes),
        _ => None,
    })
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    // Field 1, length-delimited.
    if probe.bytes.first() != Some(&0x0a) {
        return Sniff::No;
    }
    let spans =
        each(probe.bytes, 1).take(4).flat_map(|resource| each(resource, 2)).flat_map(|scope| each(scope, 2));
    let has_ids = |span: &[u8]| {
        each(span, 1).next().is_some_and(|id| id.len() == 16)
            && each(span, 2).next().is_some_and(|id| id.len() == 8)
    };
    if spans.take(4).any(has_ids) { Sniff::ByContent } else { Sniff::No }
}

/// Parses every span.
/// # Errors
/// `Malformed` without a span. What follows a break is missing, and noted.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let start = input.bytes.as_ptr().addr();
    let offset = |part: &[u8]| Position::offset(to_u64(part.as_ptr().addr().saturating_sub(start)));
    let mut adder = Adder::new(input, evidence, facts);
    let mut cut = None;
    for field in fields(input.bytes) {
        match field {
            Ok((1, Value::Bytes(resource))) => self::resource(resource, &offset, &mut adder),
            Ok(_) => {}
            Err(left) => cut = Some(input.bytes.len() - left),
        }
    }
    let cut = cut.map(|at| Position::offset(to_u64(at)));
    match (adder.finish("otlp-spans"), cut) {
        (Ok(()), None) => Ok(()),
        (Ok(()), Some(at)) => {
            facts.is_partial = true;
            facts.notes.data_loss("cut", Some(at), "The file is damaged from here on; the rest is missing.");
            Ok(())
        }
        (Err(_), Some(at)) => {
            Err(ParseError::new(ErrorKind::Truncated, at, "spans", "the data ends within the first resource"))
        }
        (Err(error), None) => Err(error),
    }
}

/// The attributes with texts of a message: `KeyValue { key = 1, value = 2 { string_value = 1 } }`.
fn attributes(bytes: &[u8], field: u32) -> impl Iterator<Item = (&str, &str)> {
    each(bytes, field).filter_map(|pair| {
        let key = each(pair, 1).next().filter(|key| is_read(key))?;
        let value = each(each(pair, 2).next()?, 1).next()?;
        Some((std::str::from_utf8(key).ok()?, std::str::from_utf8(value).ok()?))
    })
}

fn resource(bytes: &[u8], offset: &impl Fn(&[u8]) -> Position, adder: &mut Adder<'_>) {
    let own = each(bytes, 1).next().unwrap_or_default();
    let service = best(Attribute::Service, attributes(own, 1));
    let instance = best(Attribute::Instance, attributes(own, 1));
    for span in each(bytes, 2).flat_map(|scope| each(scope, 2)) {
        adder.add(self::span(span, service, instance), offset(span));
    }
}

fn span<'a>(bytes: &'a [u8], service: &'a str, instance: &'a str) -> Option<Raw<'a>> {
    let mut raw = Raw { service, instance, ..Raw::default() };
    for (number, value) in fields(bytes).filter_map(Result::ok) {
        match (number, value) {
            (1, Value::Bytes(id)) => raw.trace = u128::from_be_bytes(id.try_into().ok()?),
            (2, Value::Bytes(id)) => raw.id = u64::from_be_bytes(id.try_into().ok()?),
            (4, Value::Bytes(id)) => raw.parent = id.try_into().ok().map(u64::from_be_bytes),
            (5, Value::Bytes(name)) => raw.name = std::str::from_utf8(name).unwrap_or_default(),
            (6, Value::Varint(kind)) => raw.kind = kind_of_number(kind),
            (7, Value::Fixed64(time)) => raw.start = wire_to_i64(time).max(0),
            (8, Value::Fixed64(time)) => raw.end = wire_to_i64(time).max(0),
            _ => {}
        }
    }
    raw.peer = best(Attribute::Peer, attributes(bytes, 9));
    (raw.trace != 0).then_some(raw)
}
