//! The walk over the file: every record straight into the tables.

use super::ids::IdTable;
use super::records::{self, Broken};
use super::strings::{FileStrings, unresolved};
use super::survey::{Survey, field, part};
use super::wire::{Field, Wire};
use crate::base::convert::{to_u32, to_u64, wire_to_i64};
use crate::base::error::{ErrorKind, Notes, ParseError};
use crate::base::limits;
use crate::base::source::{Position, SourceId};
use crate::base::units::Nanos;
use crate::evidence::profiles::{
    Function, FunctionId, Label, LabelInterner, Line, Location, LocationId, Mapping, MappingId, Profile,
    StackInterner, ValueType,
};

/// A profile whose rows still name strings by index and definitions may miss.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) profile: Profile,
    pub(super) mappings: IdTable<Mapping>,
    pub(super) functions: IdTable<Function>,
    pub(super) locations: IdTable<Location>,
    pub(super) strings: FileStrings,
    pub(super) default_sample_type: u64,
    pub(super) doc_url: u64,
    pub(super) drop_frames: u64,
    pub(super) keep_frames: u64,
}

/// Reads all records up to where the survey found the top level sound.
pub(super) fn decode(
    bytes: &[u8],
    source: SourceId,
    survey: &Survey,
    notes: &mut Notes,
) -> Result<Decoded, ParseError> {
    let mut decoder = Decoder::new(source, survey, notes);
    let mut wire = Wire::new(bytes.get(..survey.end).unwrap_or(bytes));
    while let Ok(Some(field)) = wire.field() {
        decoder.record(field)?;
    }
    Ok(decoder.decoded)
}

struct Decoder<'n> {
    decoded: Decoded,
    notes: &'n mut Notes,
    /// Values that each sample must have.
    stride: usize,
    stacks: StackInterner,
    label_sets: LabelInterner,
    /// The locations and labels of the sample at hand.
    stack: Vec<LocationId>,
    labels: Vec<Label>,
}

impl<'n> Decoder<'n> {
    fn new(source: SourceId, survey: &Survey, notes: &'n mut Notes) -> Self {
        let mut profile = Profile::new(source);
        let (samples, stride) = (survey.count(field::SAMPLE), survey.count(field::SAMPLE_TYPE));
        // A value takes a byte of its sample at least, a sample two of the file.
        let values = samples.saturating_mul(stride).min(survey.sample_bytes);
        profile.samples.values.reserve(values.min(limits::PROFILE_VALUES));
        profile.samples.stack.reserve(samples);
        profile.samples.labels.reserve(samples);
        profile.samples.offset.reserve(samples);
        // Most of a sample is its stack; what is not used is given back at the end.
        profile.stacks.reserve(samples, survey.sample_bytes / 4 * 3);
        let mut strings = FileStrings::default();
        strings.reserve(survey.count(field::STRING_TABLE));
        Self {
            decoded: Decoded {
                profile,
                mappings: IdTable::new(survey.count(field::MAPPING).min(limits::PROFILE_ROWS)),
                functions: IdTable::new(survey.count(field::FUNCTION).min(limits::PROFILE_ROWS)),
                locations: IdTable::new(survey.count(field::LOCATION).min(limits::PROFILE_ROWS)),
                strings,
                default_sample_type: 0,
                doc_url: 0,
                drop_frames: 0,
                keep_frames: 0,
            },
            notes,
            stride,
            stacks: StackInterner::default(),
            label_sets: LabelInterner::default(),
            stack: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// Reads a record; one that is broken is left out with a note.
    /// # Errors
    /// `LimitExceeded` if the tables would grow past their limits.
    fn record(&mut self, field: Field<'_>) -> Result<(), ParseError> {
        let (at, number) = (field.at, field.number);
        if let Err((error, broken)) = self.read(field) {
            let message = format!("{} at byte {}: {}; the record is omitted", broken, error.at, error.cause);
            self.notes.data_loss("broken-record", Some(position(at)), message);
        }
        self.check_limits(at, number)
    }

    fn read(&mut self, field: Field<'_>) -> Result<(), Broken> {
        let name = part(field.number);
        let in_field = |error| (error, name);
        let number = |field: &Field<'_>| field.varint().map_err(in_field);
        let decoded = &mut self.decoded;
        let profile = &mut decoded.profile;
        match field.number {
            field::SAMPLE => return self.sample(field.at, message(field, name)?),
            field::LOCATION => return self.location(field.at, message(field, name)?),
            field::FUNCTION => {
                let at = field.at;
                let function = records::function(message(field, name)?)?;
                let is_new = decoded.functions.define(function.id, function);
                self.check_id(at, "Function.id", function.id, is_new);
            }
            field::MAPPING => {
                let at = field.at;
                let mapping = records::mapping(message(field, name)?)?;
                let is_new = decoded.mappings.define(mapping.id, mapping);
                self.check_id(at, "Mapping.id", mapping.id, is_new);
            }
            field::STRING_TABLE => {
                let text = message(field, name)?;
                decoded.strings.push(text.at(), text.remaining());
            }
            field::SAMPLE_TYPE => {
                // A broken one keeps its place: the values are told apart by position.
                profile.sample_types.push(ValueType::default());
                let value_type = records::value_type(message(field, name)?)?;
                profile.sample_types.last_mut().into_iter().for_each(|last| *last = value_type);
            }
            field::PERIOD_TYPE => profile.period_type = Some(records::value_type(message(field, name)?)?),
            field::DROP_FRAMES => decoded.drop_frames = number(&field)?,
            field::KEEP_FRAMES => decoded.keep_frames = number(&field)?,
            field::TIME_NANOS => profile.time = nanos(number(&field)?),
            field::DURATION_NANOS => profile.duration = nanos(number(&field)?),
            field::PERIOD => profile.period = Some(wire_to_i64(number(&field)?)).filter(|&n| n != 0),
            field::DEFAULT_SAMPLE_TYPE => decoded.default_sample_type = number(&field)?,
            field::DOC_URL => decoded.doc_url = number(&field)?,
            field::COMMENT => {
                numbers(field, |index| profile.comments.push(unresolved(index))).map_err(in_field)?
            }
            _ => {}
        }
        Ok(())
    }

    fn sample(&mut self, at: usize, mut wire: Wire<'_>) -> Result<(), Broken> {
        self.stack.clear();
        self.labels.clear();
        let first = self.decoded.profile.samples.values.len();
        let result = self.sample_fields(&mut wire);
        let samples = &mut self.decoded.profile.samples;
        let values = samples.values.len() - first;
        if let Err(broken) = result {
            samples.values.truncate(first);
            return Err(broken);
        }
        if values != self.stride {
            samples.values.truncate(first);
            let message = format!(
                "Sample.value: {values} values, but the profile has {} sample types; the sample is omitted",
                self.stride
            );
            self.notes.data_loss("value-count", Some(position(at)), message);
            return Ok(());
        }
        let root_first = self.stack.iter().rev().copied();
        let profile = &mut self.decoded.profile;
        if let Some(stack) = self.stacks.intern(&mut profile.stacks, root_first) {
            profile.samples.stack.push(stack);
            profile.samples.labels.push(self.label_sets.intern(&mut profile.label_sets, &self.labels));
            profile.samples.offset.push(to_u32(at));
        } else {
            profile.samples.values.truncate(first);
        }
        Ok(())
    }

    fn sample_fields(&mut self, wire: &mut Wire<'_>) -> Result<(), Broken> {
        let in_part = |part| move |error| (error, part);
        while let Some(field) = wire.field().map_err(in_part("Sample"))? {
            match field.number {
                1 => {
                    let (stack, locations) = (&mut self.stack, &mut self.decoded.locations);
                    numbers(field, |id| stack.push(LocationId(locations.row(id))))
                        .map_err(in_part("Sample.location_id"))?;
                }
                2 => {
                    let values = &mut self.decoded.profile.samples.values;
                    numbers(field, |value| values.push(wire_to_i64(value)))
                        .map_err(in_part("Sample.value"))?;
                }
                3 => {
                    let label = field.bytes().map_err(in_part("Sample.label"))?;
                    self.labels.push(records::label(label)?);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn location(&mut self, at: usize, wire: Wire<'_>) -> Result<(), Broken> {
        let Decoded { profile, functions, locations, mappings, .. } = &mut self.decoded;
        let begin = profile.lines.len();
        let lines = &mut profile.lines;
        let result = records::location(wire, |function, line, column| {
            let function = (function != 0).then(|| FunctionId(functions.row(function)));
            lines.push(Line { function, line, column });
        });
        let raw = match result {
            Ok(raw) => raw,
            Err(broken) => {
                lines.truncate(begin);
                return Err(broken);
            }
        };
        let location = Location {
            id: raw.id,
            mapping: (raw.mapping_id != 0).then(|| MappingId(mappings.row(raw.mapping_id))),
            address: raw.address,
            lines_begin: to_u32(begin),
            lines_end: to_u32(lines.len()),
            is_folded: raw.is_folded,
            is_defined: true,
        };
        let is_new = locations.define(raw.id, location);
        if !is_new {
            lines.truncate(begin);
        }
        self.check_id(at, "Location.id", raw.id, is_new);
        Ok(())
    }

    fn check_id(&mut self, at: usize, part: &str, id: u64, is_new: bool) {
        if !is_new {
            let message = format!("{part} {id} is defined twice; the first definition is used");
            self.notes.data_loss("duplicate-id", Some(position(at)), message);
        } else if id == 0 {
            let message = format!("{part} is 0, which the format reserves for \"none\"");
            self.notes.repaired("reserved-id", Some(position(at)), message);
        }
    }

    fn check_limits(&self, at: usize, number: u32) -> Result<(), ParseError> {
        let decoded = &self.decoded;
        let profile = &decoded.profile;
        let rows = decoded.locations.len().max(decoded.functions.len()).max(profile.lines.len());
        let exceeded = [
            (rows, limits::PROFILE_ROWS, "locations, lines or functions"),
            (profile.samples.values.len(), limits::PROFILE_VALUES, "values"),
            (profile.sample_types.len(), limits::PROFILE_SAMPLE_TYPES, "sample types"),
            (profile.label_sets.label_count(), limits::PROFILE_LABELS, "labels"),
        ];
        match exceeded.iter().find(|(count, limit, _)| count > limit) {
            Some((_, limit, what)) => {
                let message = format!("more than {limit} {what}");
                Err(ParseError::new(ErrorKind::LimitExceeded, position(at), part(number), message))
            }
            None => Ok(()),
        }
    }
}

/// The content of a field that holds a message or string.
fn message<'a>(field: Field<'a>, part: &'static str) -> Result<Wire<'a>, Broken> {
    field.bytes().map_err(|error| (error, part))
}

/// The numbers of a repeated field, packed or not.
fn numbers(field: Field<'_>, mut each: impl FnMut(u64)) -> Result<(), super::wire::WireError> {
    if let Ok(value) = field.varint() {
        each(value);
        return Ok(());
    }
    let mut wire = field.bytes()?;
    while !wire.is_at_end() {
        each(wire.varint()?);
    }
    Ok(())
}

fn nanos(value: u64) -> Option<Nanos> {
    (value != 0).then(|| Nanos(wire_to_i64(value)))
}

pub(super) fn position(at: usize) -> Position {
    Position::offset(to_u64(at))
}
