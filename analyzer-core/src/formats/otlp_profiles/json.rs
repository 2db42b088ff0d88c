//! OTLP profiles as JSON: one object, or one after the other. Numbers of 64 bits are texts.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, de};

use super::dictionary::{Attribute, Dictionary, Function, Line, Location, Value};
use super::samples::{Head, Reader, Sample};
use super::without_dictionary;
use crate::base::convert::{f64_to_i64, to_u64, wire_to_i64};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::limits;
use crate::base::source::Position;
use crate::formats::Probe;

/// True for an object with profiles of resources.
pub(super) fn is_profiles(probe: &Probe<'_>) -> bool {
    let head = probe.head();
    head.trim_ascii_start().starts_with(b"{") && memchr::memmem::find(head, b"\"resourceProfiles\"").is_some()
}

/// A number of up to 64 bits, as a number or as a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Int(u64);

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Int;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a number, or a number as text")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Int, E> {
                Ok(Int(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Int, E> {
                Ok(Int(u64::from_ne_bytes(number.to_ne_bytes())))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Int, E> {
                self.visit_i64(f64_to_i64(number))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Int, E> {
                let number = text.parse().map(Int);
                number
                    .or_else(|_| {
                        text.parse().map(|number: i64| Int(u64::from_ne_bytes(number.to_ne_bytes())))
                    })
                    .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Data<'a> {
    #[serde(borrow)]
    resource_profiles: Vec<ResourceProfiles<'a>>,
    #[serde(borrow)]
    dictionary: Option<Tables<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResourceProfiles<'a> {
    #[serde(borrow)]
    resource: Resource<'a>,
    scope_profiles: Vec<ScopeProfiles>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resource<'a> {
    #[serde(borrow)]
    attributes: Vec<Pair<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ScopeProfiles {
    profiles: Vec<OneProfile>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OneProfile {
    sample_type: ValueType,
    // 1.7 and 1.8 have the older name.
    #[serde(alias = "sample")]
    samples: Vec<OneSample>,
    time_unix_nano: Int,
    duration_nano: Int,
    period_type: ValueType,
    period: Int,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ValueType {
    type_strindex: Int,
    unit_strindex: Int,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OneSample {
    stack_index: Int,
    attribute_indices: Vec<Int>,
    values: Vec<Int>,
    timestamps_unix_nano: Vec<Int>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Tables<'a> {
    mapping_table: Vec<OneMapping>,
    location_table: Vec<OneLocation>,
    function_table: Vec<OneFunction>,
    #[serde(borrow)]
    string_table: Vec<Text<'a>>,
    #[serde(borrow)]
    attribute_table: Vec<Pair<'a>>,
    stack_table: Vec<OneStack>,
}

/// A text that is borrowed where it has no escapes.
#[derive(Default, Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OneMapping {
    filename_strindex: Int,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OneLocation {
    mapping_index: Int,
    address: Int,
    #[serde(alias = "line")]
    lines: Vec<OneLine>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OneLine {
    function_index: Int,
    line: Int,
    column: Int,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OneFunction {
    name_strindex: Int,
    system_name_strindex: Int,
    filename_strindex: Int,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OneStack {
    location_indices: Vec<Int>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Pair<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    key_strindex: Int,
    #[serde(borrow)]
    value: AnyValue<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AnyValue<'a> {
    #[serde(borrow)]
    string_value: Option<Cow<'a, str>>,
    string_value_strindex: Option<Int>,
    int_value: Option<Int>,
    bool_value: Option<bool>,
}

/// Reads all objects.
/// # Errors
/// Broken JSON, no dictionary, or past the limits of profiles.
pub(super) fn read<'a>(bytes: &'a [u8], reader: &mut Reader<'_>) -> Result<(), ParseError> {
    if bytes.len() > limits::JSON_BYTES {
        let message = format!("JSON of more than {} MiB", limits::JSON_BYTES >> 20);
        return Err(ParseError::new(ErrorKind::LimitExceeded, Position::default(), "file", message));
    }
    let mut parts = Vec::new();
    for data in objects(bytes) {
        let data = data.map_err(|error| {
            let kind = if error.is_eof() { ErrorKind::Truncated } else { ErrorKind::Malformed };
            ParseError::new(kind, Position::line(to_u64(error.line())), "JSON", error.to_string())
        })?;
        let Some(tables) = data.dictionary else { return Err(without_dictionary()) };
        let dictionary = dictionary(tables);
        dictionary.check()?;
        let profiles = data.resource_profiles.iter().flat_map(|resource| &resource.scope_profiles);
        for profile in profiles.flat_map(|scope| &scope.profiles) {
            reader.announce(&head(profile), &dictionary);
        }
        parts.push((dictionary, data.resource_profiles));
    }
    for (mut dictionary, resources) in parts {
        for resource in resources {
            let attributes: Vec<Attribute<'a>> =
                resource.resource.attributes.into_iter().map(attribute).collect();
            reader.resource(&attributes, &dictionary);
            for profile in resource.scope_profiles.into_iter().flat_map(|scope| scope.profiles) {
                reader.profile(&head(&profile), &dictionary);
                for sample in profile.samples {
                    reader.sample(&of_json(sample), &mut dictionary, 0)?;
                }
            }
        }
        reader.end(&dictionary);
    }
    Ok(())
}

fn objects<'a>(bytes: &'a [u8]) -> impl Iterator<Item = serde_json::Result<Data<'a>>> {
    serde_json::Deserializer::from_slice(bytes).into_iter()
}

/// Dictionary of the only object of some bytes, and what its profiles say of themselves.
pub(super) fn tables(bytes: &[u8]) -> Option<(Dictionary<'_>, Vec<Head>)> {
    let data = objects(bytes).next()?.ok()?;
    let profiles = data.resource_profiles.iter().flat_map(|resource| &resource.scope_profiles);
    let heads = profiles.flat_map(|scope| &scope.profiles).map(head).collect();
    Some((dictionary(data.dictionary?), heads))
}

fn head(profile: &OneProfile) -> Head {
    let pair = |of: &ValueType| (of.type_strindex.0, of.unit_strindex.0);
    Head {
        sample_type: pair(&profile.sample_type),
        period_type: pair(&profile.period_type),
        period: wire_to_i64(profile.period.0),
        time: profile.time_unix_nano.0,
        duration: profile.duration_nano.0,
    }
}

fn of_json(sample: OneSample) -> Sample {
    let numbers = |list: Vec<Int>| list.into_iter().map(|number| number.0).collect();
    Sample {
        stack: sample.stack_index.0,
        attributes: numbers(sample.attribute_indices),
        values: sample.values.into_iter().map(|value| wire_to_i64(value.0)).collect(),
        times: numbers(sample.timestamps_unix_nano),
    }
}

fn dictionary(tables: Tables<'_>) -> Dictionary<'_> {
    let line = |line: OneLine| Line {
        function: line.function_index.0,
        line: wire_to_i64(line.line.0),
        column: wire_to_i64(line.column.0),
    };
    let location = |location: OneLocation| Location {
        mapping: location.mapping_index.0,
        address: location.address.0,
        lines: location.lines.into_iter().map(line).collect(),
    };
    let function = |function: OneFunction| Function {
        name: function.name_strindex.0,
        system_name: function.system_name_strindex.0,
        file: function.filename_strindex.0,
    };
    let stack = |stack: OneStack| stack.location_indices.into_iter().map(|index| index.0).collect();
    Dictionary {
        strings: tables.string_table.into_iter().map(|text| text.0).collect(),
        mappings: tables.mapping_table.into_iter().map(|mapping| mapping.filename_strindex.0).collect(),
        functions: tables.function_table.into_iter().map(function).collect(),
        locations: tables.location_table.into_iter().map(location).collect(),
        attributes: tables.attribute_table.into_iter().map(attribute).collect(),
        stacks: tables.stack_table.into_iter().map(stack).collect(),
        ..Dictionary::default()
    }
}

fn attribute(pair: Pair<'_>) -> Attribute<'_> {
    let AnyValue { string_value, string_value_strindex, int_value, bool_value } = pair.value;
    let value = match (string_value, string_value_strindex, int_value, bool_value) {
        (Some(text), ..) => Value::Text(text),
        (_, Some(index), ..) => Value::Index(index.0),
        (_, _, Some(number), _) => Value::Number(wire_to_i64(number.0)),
        (.., Some(is_so)) => Value::Text(Cow::Borrowed(if is_so { "true" } else { "false" })),
        _ => Value::Other,
    };
    Attribute { key: pair.key, key_index: pair.key_strindex.0, value }
}
