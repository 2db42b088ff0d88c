//! From tables back to a file: the export of a profile.

use prost::Message;
use rustc_hash::FxHashMap;

use super::proto;
use crate::base::convert::to_i64;
use crate::base::intern::{StrId, StringTable};
use crate::evidence::profiles::{Label, LabelValue, Line, Location, Profile, ValueType};

/// The profile as an uncompressed `profile.proto` message. Ids are row numbers
/// from 1; locations that samples name and the source did not define are empty.
pub fn encode(profile: &Profile, strings: &StringTable) -> Vec<u8> {
    let mut names = Names { strings, indexes: FxHashMap::default(), table: Vec::new() };
    names.index(StringTable::EMPTY);
    let optional = |names: &mut Names<'_>, id: Option<StrId>| id.map_or(0, |id| names.index(id));
    let mut message = proto::Profile {
        sample_type: profile.sample_types.iter().map(|&t| value_type(t, &mut names)).collect(),
        sample: samples(profile, &mut names),
        mapping: mappings(profile, &mut names),
        location: profile
            .locations
            .iter()
            .zip(1..)
            .map(|(row, id)| location(row, id, profile.lines_of(row)))
            .collect(),
        function: functions(profile, &mut names),
        string_table: Vec::new(),
        drop_frames: optional(&mut names, profile.drop_frames),
        keep_frames: optional(&mut names, profile.keep_frames),
        time_nanos: profile.time.map_or(0, |time| time.0),
        duration_nanos: profile.duration.map_or(0, |duration| duration.0),
        period_type: profile.period_type.map(|t| value_type(t, &mut names)),
        period: profile.period.unwrap_or(0),
        comment: profile.comments.iter().map(|&comment| names.index(comment)).collect(),
        default_sample_type: optional(&mut names, profile.default_sample_type),
        doc_url: optional(&mut names, profile.doc_url),
    };
    message.string_table = names.table;
    message.encode_to_vec()
}

/// The string table of the file that is being written.
struct Names<'a> {
    strings: &'a StringTable,
    indexes: FxHashMap<StrId, i64>,
    table: Vec<Vec<u8>>,
}

impl Names<'_> {
    fn index(&mut self, id: StrId) -> i64 {
        let next = to_i64(self.table.len());
        let index = *self.indexes.entry(id).or_insert(next);
        if index == next {
            self.table.push(self.strings.get(id).as_bytes().to_vec());
        }
        index
    }
}

fn value_type(value_type: ValueType, names: &mut Names<'_>) -> proto::ValueType {
    proto::ValueType { r#type: names.index(value_type.kind), unit: names.index(value_type.unit) }
}

fn samples(profile: &Profile, names: &mut Names<'_>) -> Vec<proto::Sample> {
    let stride = profile.sample_types.len().max(1);
    let rows = profile.samples.stack.iter().zip(&profile.samples.labels);
    let values = profile.samples.values.chunks(stride);
    let sample = |((&stack, &labels), values): ((&_, &_), &[i64])| {
        let mut location_id: Vec<_> =
            profile.stacks.locations(stack).map(|location| u64::from(location.0) + 1).collect();
        location_id.reverse();
        let label = profile.label_sets.get(labels).iter().map(|&row| label(row, names)).collect();
        proto::Sample { location_id, value: values.to_vec(), label }
    };
    rows.zip(values).map(sample).collect()
}

fn label(label: Label, names: &mut Names<'_>) -> proto::Label {
    let key = names.index(label.key);
    let (mut str, mut num, mut num_unit) = (0, 0, 0);
    match label.value {
        LabelValue::Text(text) => str = names.index(text),
        LabelValue::Number { value, unit } => {
            num = value;
            num_unit = unit.map_or(0, |unit| names.index(unit));
        }
        LabelValue::EmptyOrZero => {}
    }
    proto::Label { key, str, num, num_unit }
}

fn mappings(profile: &Profile, names: &mut Names<'_>) -> Vec<proto::Mapping> {
    let mapping = |(row, id): (&crate::evidence::profiles::Mapping, u64)| proto::Mapping {
        id,
        memory_start: row.start,
        memory_limit: row.limit,
        file_offset: row.offset,
        filename: names.index(row.file),
        build_id: names.index(row.build_id),
        has_functions: row.has_functions,
        has_filenames: row.has_filenames,
        has_line_numbers: row.has_line_numbers,
        has_inline_frames: row.has_inline_frames,
    };
    profile.mappings.iter().zip(1..).map(mapping).collect()
}

fn functions(profile: &Profile, names: &mut Names<'_>) -> Vec<proto::Function> {
    let function = |(row, id): (&crate::evidence::profiles::Function, u64)| proto::Function {
        id,
        name: names.index(row.name),
        system_name: names.index(row.system_name),
        filename: names.index(row.file),
        start_line: row.start_line,
    };
    profile.functions.iter().zip(1..).map(function).collect()
}

fn location(row: &Location, id: u64, lines: &[Line]) -> proto::Location {
    let line = |line: &Line| proto::Line {
        function_id: line.function.map_or(0, |function| u64::from(function.0) + 1),
        line: line.line,
        column: line.column,
    };
    proto::Location {
        id,
        mapping_id: row.mapping.map_or(0, |mapping| u64::from(mapping.0) + 1),
        address: row.address,
        line: lines.iter().map(line).collect(),
        is_folded: row.is_folded,
    }
}
