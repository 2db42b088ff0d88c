//! OTLP profiles as protobuf. There is no magic: the messages within tell it.

use std::borrow::Cow;

use super::dictionary::{Attribute, Dictionary, Function, Line, Location, Value as Attributed};
use super::samples::{Head, Reader, Sample};
use super::without_dictionary;
use crate::base::convert::wire_to_i64;
use crate::base::error::ParseError;
use crate::formats::wire::{Field, Value, Wire, WireError};

/// Fields of a message that are looked at to recognize it.
const FIELDS: usize = 64;

/// A message with the number of bytes of a length before it, which the collector's file exporter writes.
const LENGTH_BYTES: usize = 4;

/// True for profiles, with a dictionary or of before.
pub(super) fn is_profiles(bytes: &[u8]) -> bool {
    messages(bytes).next().is_some_and(|(_, message)| {
        let mut shape = Shape::default();
        each(message, FIELDS, |field| shape.data(field));
        shape.is_it()
    })
}

#[derive(Default)]
struct Shape {
    resources: u32,
    /// A profile of before the dictionary was in it.
    is_old: bool,
    has_profile: bool,
    has_dictionary: bool,
    is_other: bool,
}

impl Shape {
    const fn is_it(&self) -> bool {
        !self.is_other
            && self.resources > 0
            && (self.has_dictionary || self.is_old)
            && (self.has_profile || self.is_old)
            || !self.is_other && self.resources == 0 && self.has_dictionary && self.has_profile
    }

    fn data(&mut self, field: Field<'_>) {
        match (field.number, field.value) {
            (1, Value::Bytes(resource)) => {
                self.resources += 1;
                let mut has_scope = false;
                let whole = each(resource, FIELDS, |field| match (field.number, field.value) {
                    (2, Value::Bytes(scope)) => {
                        has_scope = true;
                        each(scope, FIELDS, |field| {
                            if let (2, Value::Bytes(profile)) = (field.number, field.value) {
                                self.profile(profile);
                            }
                        });
                    }
                    (1 | 3, Value::Bytes(_)) => {}
                    // A type of a value of pprof has numbers there.
                    (1..=3, _) => self.is_other = true,
                    _ => {}
                });
                self.is_other |= !whole || !has_scope;
            }
            (2, Value::Bytes(dictionary)) => {
                let mut tables = 0;
                let whole = each(dictionary, FIELDS, |field| match (field.number, field.value) {
                    (1..=7, Value::Bytes(_)) => tables += 1,
                    (1..=7, _) => self.is_other = true,
                    _ => {}
                });
                self.is_other |= !whole;
                self.has_dictionary |= tables > 0;
            }
            (1 | 2, _) => self.is_other = true,
            _ => {}
        }
    }

    /// What is in the place of a profile: of logs, spans and metrics other things are.
    fn profile(&mut self, message: Wire<'_>) {
        let (mut is_container, mut has_type, mut has_strings, mut is_profile) = (false, false, false, true);
        each(message.clone(), FIELDS, |field| match (field.number, field.value) {
            // ProfileContainer of 1.3: an id of 16 bytes, then times.
            (1, Value::Bytes(id)) if id.remaining() == 16 => is_container = true,
            (1, Value::Bytes(of)) => has_type = is_value_type(of),
            (2, Value::Fixed(_)) => {}
            (2, Value::Bytes(sample)) => is_profile &= !is_container || sample.remaining() != 8,
            (10, Value::Bytes(_)) => has_strings = true,
            (3, Value::Fixed(_)) => {}
            (1..=3, _) => is_profile = false,
            _ => {}
        });
        self.is_old |=
            (is_container && has_container_profile(message)) || (is_profile && has_type && has_strings);
        self.has_profile |= is_profile && !is_container;
    }
}

/// Field 7 of a container is the profile, which has a table of strings.
fn has_container_profile(container: Wire<'_>) -> bool {
    let mut has = false;
    each(container, FIELDS, |field| {
        if let (7, Value::Bytes(profile)) = (field.number, field.value) {
            each(profile, FIELDS, |field| {
                has |= matches!((field.number, field.value), (1 | 2, Value::Bytes(_)))
            });
        }
    });
    has
}

fn is_value_type(message: Wire<'_>) -> bool {
    let mut is_it = true;
    each(message, FIELDS, |field| is_it &= matches!((field.number, field.value), (1..=3, Value::Varint(_))));
    is_it
}

/// Hands each of the first fields on; false if the wire breaks.
fn each<'a>(mut wire: Wire<'a>, most: usize, mut see: impl FnMut(Field<'a>)) -> bool {
    for _ in 0..most {
        match wire.field() {
            Ok(Some(field)) => see(field),
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
    true
}

/// The messages of a file: it is one, or each has its length before it.
pub(super) fn messages(bytes: &[u8]) -> impl Iterator<Item = (usize, Wire<'_>)> {
    let prefix = |at: usize| {
        let length = bytes
            .get(at..at + LENGTH_BYTES)?
            .iter()
            .fold(0, |sum: usize, byte| (sum << 8) | usize::from(*byte));
        (length > 0 && length <= bytes.len() - at - LENGTH_BYTES).then_some(length)
    };
    // A message begins with a tag, a length with zeros.
    let is_framed = bytes.first().is_some_and(|byte| *byte < 8) && prefix(0).is_some();
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= bytes.len() {
            return None;
        }
        if !is_framed {
            let whole = Wire::new(bytes);
            at = bytes.len();
            return Some((0, whole));
        }
        let length = prefix(at).unwrap_or_else(|| bytes.len().saturating_sub(at + LENGTH_BYTES));
        let begin = at + LENGTH_BYTES;
        at = begin + length.max(1);
        Some((begin, Wire::part(bytes, begin, begin + length)))
    })
}

/// A profile, and whose it is.
pub(super) struct Announced<'a> {
    resource: usize,
    pub head: Head,
    message: Wire<'a>,
}

/// Reads all messages.
/// # Errors
/// A broken wire, no dictionary, or past the limits of profiles.
pub(super) fn read(bytes: &[u8], reader: &mut Reader<'_>) -> Result<(), ParseError> {
    // Columns come first: a sample has a value for each.
    let mut parts = Vec::new();
    for (_, message) in messages(bytes) {
        let mut has_dictionary = false;
        each(message.clone(), usize::MAX, |field| has_dictionary |= field.number == 2);
        if !has_dictionary {
            return Err(without_dictionary());
        }
        let part = data(message).map_err(|error| error.into_parse_error("ProfilesData"))?;
        let (dictionary, resources, profiles) = part;
        let Some(dictionary) = dictionary else {
            return Err(without_dictionary());
        };
        dictionary.check()?;
        for profile in &profiles {
            reader.announce(&profile.head, &dictionary);
        }
        parts.push((dictionary, resources, profiles));
    }
    for (mut dictionary, resources, profiles) in parts {
        let mut sample = Sample::default();
        for profile in profiles {
            let attributes = resources.get(profile.resource).map_or(&[][..], Vec::as_slice);
            reader.resource(attributes, &dictionary);
            reader.profile(&profile.head, &dictionary);
            let mut message = profile.message;
            let broken = |error: WireError| error.into_parse_error("Sample");
            while let Some(field) = message.field().map_err(broken)? {
                let at = field.at;
                if let (2, Value::Bytes(message)) = (field.number, field.value) {
                    self::sample(message, &mut sample).map_err(broken)?;
                    reader.sample(&sample, &mut dictionary, at)?;
                }
            }
        }
        reader.end(&dictionary);
    }
    Ok(())
}

pub(super) type Data<'a> = (Option<Dictionary<'a>>, Vec<Vec<Attribute<'a>>>, Vec<Announced<'a>>);

pub(super) fn data(mut wire: Wire<'_>) -> Result<Data<'_>, WireError> {
    let (mut found, mut resources, mut profiles) = (None, Vec::new(), Vec::new());
    while let Some(field) = wire.field()? {
        match (field.number, field.value) {
            (1, Value::Bytes(mut resource)) => {
                let number = resources.len();
                let mut attributes = Vec::new();
                while let Some(field) = resource.field()? {
                    match (field.number, field.value) {
                        (1, Value::Bytes(mut of)) => {
                            while let Some(field) = of.field()? {
                                if let (1, Value::Bytes(pair)) = (field.number, field.value) {
                                    attributes.push(attribute(pair, 1, 3)?);
                                }
                            }
                        }
                        (2, Value::Bytes(mut scope)) => {
                            while let Some(field) = scope.field()? {
                                if let (2, Value::Bytes(message)) = (field.number, field.value) {
                                    let head = head(message.clone())?;
                                    profiles.push(Announced { resource: number, head, message });
                                }
                            }
                        }
                        _ => {}
                    }
                }
                resources.push(attributes);
            }
            (2, Value::Bytes(tables)) => found = Some(dictionary(tables)?),
            _ => {}
        }
    }
    Ok((found, resources, profiles))
}

fn head(mut wire: Wire<'_>) -> Result<Head, WireError> {
    let mut head = Head::default();
    while let Some(field) = wire.field()? {
        match (field.number, field.value) {
            (1, Value::Bytes(of)) => head.sample_type = pair(of)?,
            (5, Value::Bytes(of)) => head.period_type = pair(of)?,
            (3, Value::Fixed(time) | Value::Varint(time)) => head.time = time,
            (4, Value::Varint(duration) | Value::Fixed(duration)) => head.duration = duration,
            (6, Value::Varint(period)) => head.period = wire_to_i64(period),
            _ => {}
        }
    }
    Ok(head)
}

/// The first two numbers of a message.
fn pair(mut wire: Wire<'_>) -> Result<(u64, u64), WireError> {
    let mut pair = (0, 0);
    while let Some(field) = wire.field()? {
        match (field.number, field.value) {
            (1, Value::Varint(number)) => pair.0 = number,
            (2, Value::Varint(number)) => pair.1 = number,
            _ => {}
        }
    }
    Ok(pair)
}

fn dictionary(mut wire: Wire<'_>) -> Result<Dictionary<'_>, WireError> {
    let mut tables = Dictionary::default();
    while let Some(field) = wire.field()? {
        let Value::Bytes(mut row) = field.value else { continue };
        match field.number {
            1 => {
                let mut file = 0;
                while let Some(field) = row.field()? {
                    if let (4, Value::Varint(index)) = (field.number, field.value) {
                        file = index;
                    }
                }
                tables.mappings.push(file);
            }
            2 => tables.locations.push(location(row)?),
            3 => {
                let mut function = Function::default();
                while let Some(field) = row.field()? {
                    match (field.number, field.value) {
                        (1, Value::Varint(index)) => function.name = index,
                        (2, Value::Varint(index)) => function.system_name = index,
                        (3, Value::Varint(index)) => function.file = index,
                        _ => {}
                    }
                }
                tables.functions.push(function);
            }
            5 => tables.strings.push(String::from_utf8_lossy(row.rest())),
            6 => tables.attributes.push(attribute(row, 0, 1)?),
            7 => {
                let mut stack = Vec::new();
                while let Some(field) = row.field()? {
                    if field.number == 1 {
                        numbers(field, |index| stack.push(index))?;
                    }
                }
                tables.stacks.push(stack);
            }
            _ => {}
        }
    }
    Ok(tables)
}

fn location(mut wire: Wire<'_>) -> Result<Location, WireError> {
    let mut location = Location::default();
    while let Some(field) = wire.field()? {
        match (field.number, field.value) {
            (1, Value::Varint(index)) => location.mapping = index,
            (2, Value::Varint(address)) => location.address = address,
            (3, Value::Bytes(mut message)) => {
                let mut line = Line::default();
                while let Some(field) = message.field()? {
                    match (field.number, field.value) {
                        (1, Value::Varint(index)) => line.function = index,
                        (2, Value::Varint(number)) => line.line = wire_to_i64(number),
                        (3, Value::Varint(number)) => line.column = wire_to_i64(number),
                        _ => {}
                    }
                }
                location.lines.push(line);
            }
            _ => {}
        }
    }
    Ok(location)
}

/// A key with a value: the key is a text in one field, or an index in another.
fn attribute(mut wire: Wire<'_>, text: u32, index: u32) -> Result<Attribute<'_>, WireError> {
    let mut attribute = Attribute::default();
    while let Some(field) = wire.field()? {
        match (field.number, field.value) {
            (2, Value::Bytes(value)) => attribute.value = any_value(value)?,
            (number, Value::Bytes(key)) if number == text => {
                attribute.key = String::from_utf8_lossy(key.rest())
            }
            (number, Value::Varint(key)) if number == index => attribute.key_index = key,
            _ => {}
        }
    }
    Ok(attribute)
}

fn any_value(mut wire: Wire<'_>) -> Result<Attributed<'_>, WireError> {
    let mut value = Attributed::Other;
    while let Some(field) = wire.field()? {
        value = match (field.number, field.value) {
            (1, Value::Bytes(text)) => Attributed::Text(String::from_utf8_lossy(text.rest())),
            (2, Value::Varint(is_so)) => {
                Attributed::Text(Cow::Borrowed(if is_so != 0 { "true" } else { "false" }))
            }
            (3, Value::Varint(number)) => Attributed::Number(wire_to_i64(number)),
            (8, Value::Varint(index)) => Attributed::Index(index),
            _ => value,
        };
    }
    Ok(value)
}

fn sample(mut wire: Wire<'_>, sample: &mut Sample) -> Result<(), WireError> {
    sample.stack = 0;
    sample.attributes.clear();
    sample.values.clear();
    sample.times.clear();
    while let Some(field) = wire.field()? {
        match field.number {
            1 => sample.stack = field.varint()?,
            2 => numbers(field, |index| sample.attributes.push(index))?,
            4 => numbers(field, |value| sample.values.push(wire_to_i64(value)))?,
            5 => match field.value {
                Value::Fixed(time) => sample.times.push(time),
                Value::Bytes(mut packed) => {
                    sample.times.reserve(packed.remaining() / 8);
                    while !packed.is_at_end() {
                        sample.times.push(packed.fixed(8)?);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    Ok(())
}

/// The numbers of a repeated field, packed or not.
fn numbers(field: Field<'_>, mut take: impl FnMut(u64)) -> Result<(), WireError> {
    match field.value {
        Value::Varint(number) => take(number),
        Value::Bytes(mut packed) => {
            while !packed.is_at_end() {
                take(packed.varint()?);
            }
        }
        _ => {}
    }
    Ok(())
}
