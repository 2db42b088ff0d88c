//! The small messages: one function each, field by field as profile.proto has them.
//! Strings are still indexes of the file's table (see [`super::strings::unresolved`]).

use super::strings::unresolved;
use super::wire::{Wire, WireError};
use crate::base::convert::wire_to_i64;
use crate::evidence::profiles::{Function, Label, LabelValue, Mapping, ValueType};

/// Why a record could not be read, and in which of its fields.
pub(super) type Broken = (WireError, &'static str);

fn in_part(part: &'static str) -> impl Fn(WireError) -> Broken {
    move |error| (error, part)
}

/// A scalar field of the message.
macro_rules! scalar {
    ($field:ident, $part:literal) => {
        $field.varint().map_err(in_part($part))?
    };
}

/// Reads a `ValueType`.
pub(super) fn value_type(mut wire: Wire<'_>) -> Result<ValueType, Broken> {
    let mut value_type = ValueType::default();
    while let Some(field) = wire.field().map_err(in_part("ValueType"))? {
        match field.number {
            1 => value_type.kind = unresolved(scalar!(field, "ValueType.type")),
            2 => value_type.unit = unresolved(scalar!(field, "ValueType.unit")),
            _ => {}
        }
    }
    Ok(value_type)
}

/// Reads a `Mapping`.
pub(super) fn mapping(mut wire: Wire<'_>) -> Result<Mapping, Broken> {
    let mut mapping = Mapping::default();
    while let Some(field) = wire.field().map_err(in_part("Mapping"))? {
        match field.number {
            1 => mapping.id = scalar!(field, "Mapping.id"),
            2 => mapping.start = scalar!(field, "Mapping.memory_start"),
            3 => mapping.limit = scalar!(field, "Mapping.memory_limit"),
            4 => mapping.offset = scalar!(field, "Mapping.file_offset"),
            5 => mapping.file = unresolved(scalar!(field, "Mapping.filename")),
            6 => mapping.build_id = unresolved(scalar!(field, "Mapping.build_id")),
            7 => mapping.has_functions = scalar!(field, "Mapping.has_functions") != 0,
            8 => mapping.has_filenames = scalar!(field, "Mapping.has_filenames") != 0,
            9 => mapping.has_line_numbers = scalar!(field, "Mapping.has_line_numbers") != 0,
            10 => mapping.has_inline_frames = scalar!(field, "Mapping.has_inline_frames") != 0,
            _ => {}
        }
    }
    Ok(mapping)
}

/// Reads a `Function`.
pub(super) fn function(mut wire: Wire<'_>) -> Result<Function, Broken> {
    let mut function = Function::default();
    while let Some(field) = wire.field().map_err(in_part("Function"))? {
        match field.number {
            1 => function.id = scalar!(field, "Function.id"),
            2 => function.name = unresolved(scalar!(field, "Function.name")),
            3 => function.system_name = unresolved(scalar!(field, "Function.system_name")),
            4 => function.file = unresolved(scalar!(field, "Function.filename")),
            5 => function.start_line = wire_to_i64(scalar!(field, "Function.start_line")),
            _ => {}
        }
    }
    Ok(function)
}

/// A `Location` as it stands in the file; its lines are handed to `on_line`
/// as (function id, line, column).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RawLocation {
    pub(super) id: u64,
    pub(super) mapping_id: u64,
    pub(super) address: u64,
    pub(super) is_folded: bool,
}

/// Reads a `Location`.
pub(super) fn location(
    mut wire: Wire<'_>,
    mut on_line: impl FnMut(u64, i64, i64),
) -> Result<RawLocation, Broken> {
    let mut location = RawLocation::default();
    while let Some(field) = wire.field().map_err(in_part("Location"))? {
        match field.number {
            1 => location.id = scalar!(field, "Location.id"),
            2 => location.mapping_id = scalar!(field, "Location.mapping_id"),
            3 => location.address = scalar!(field, "Location.address"),
            4 => {
                let (function, line, column) = line(field.bytes().map_err(in_part("Location.line"))?)?;
                on_line(function, line, column);
            }
            5 => location.is_folded = scalar!(field, "Location.is_folded") != 0,
            _ => {}
        }
    }
    Ok(location)
}

fn line(mut wire: Wire<'_>) -> Result<(u64, i64, i64), Broken> {
    let mut line = (0, 0, 0);
    while let Some(field) = wire.field().map_err(in_part("Line"))? {
        match field.number {
            1 => line.0 = scalar!(field, "Line.function_id"),
            2 => line.1 = wire_to_i64(scalar!(field, "Line.line")),
            3 => line.2 = wire_to_i64(scalar!(field, "Line.column")),
            _ => {}
        }
    }
    Ok(line)
}

/// Reads a `Label`. A text wins over a number, as in pprof's own reader.
pub(super) fn label(mut wire: Wire<'_>) -> Result<Label, Broken> {
    let (mut key, mut text, mut number, mut unit) = (0, 0, 0, 0);
    while let Some(field) = wire.field().map_err(in_part("Label"))? {
        match field.number {
            1 => key = scalar!(field, "Label.key"),
            2 => text = scalar!(field, "Label.str"),
            3 => number = scalar!(field, "Label.num"),
            4 => unit = scalar!(field, "Label.num_unit"),
            _ => {}
        }
    }
    let value = if text != 0 {
        LabelValue::Text(unresolved(text))
    } else if number != 0 || unit != 0 {
        LabelValue::Number { value: wire_to_i64(number), unit: (unit != 0).then(|| unresolved(unit)) }
    } else {
        LabelValue::EmptyOrZero
    };
    Ok(Label { key: unresolved(key), value })
}
