//! Samples and names of a profile as `prost` decodes them, beside the engine's
//! tables, which are read off the wire without messages in between.

use analyzer_core::base::limits::STRING_BYTES;
use analyzer_core::evidence::Evidence;
use analyzer_core::evidence::profiles::LabelValue;
use prost::Message;

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    string_table: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
    #[prost(message, repeated, tag = "3")]
    label: Vec<Label>,
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(int64, tag = "1")]
    key: i64,
    #[prost(int64, tag = "2")]
    str: i64,
    #[prost(int64, tag = "3")]
    num: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint64, tag = "3")]
    address: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
    #[prost(int64, tag = "2")]
    line: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
}

/// Compares a profile that the engine read without a note.
///
/// # Panics
/// Where the two differ. What prost refuses is not compared.
pub(crate) fn compare(bytes: &[u8], evidence: &Evidence) {
    let Ok(plain) = Profile::decode(bytes) else { return };
    // The engine cuts these, and the session says so.
    if plain.string_table.iter().any(|text| text.len() > STRING_BYTES) {
        return;
    }
    let Some(profile) = evidence.profiles.iter().next() else { return };
    let text = |index: i64| {
        let bytes = usize::try_from(index).ok().and_then(|index| plain.string_table.get(index));
        bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    };
    assert_eq!(profile.samples.len(), plain.sample.len());
    let values: Vec<i64> = plain.sample.iter().flat_map(|sample| sample.value.iter().copied()).collect();
    assert_eq!(profile.samples.values, values);
    for (row, theirs) in plain.sample.iter().enumerate() {
        let stack = profile.stacks.locations(profile.samples.stack[row]);
        let mut stack: Vec<u64> = stack.map(|id| profile.locations[id.0 as usize].id).collect();
        stack.reverse();
        assert_eq!(stack, theirs.location_id, "sample {row}");
        let labels = profile.label_sets.get(profile.samples.labels[row]);
        assert_eq!(labels.len(), theirs.label.len(), "sample {row}");
        for (ours, theirs) in labels.iter().zip(&theirs.label) {
            assert_eq!(evidence.strings.get(ours.key), text(theirs.key), "sample {row}");
            match ours.value {
                LabelValue::Text(value) => assert_eq!(evidence.strings.get(value), text(theirs.str)),
                LabelValue::Number { value, .. } => assert_eq!(value, theirs.num),
                LabelValue::EmptyOrZero => assert_eq!((theirs.num, text(theirs.str)), (0, String::new())),
            }
        }
    }
    let name_of = |id: u64| plain.function.iter().find(|function| function.id == id).map(|f| text(f.name));
    for theirs in &plain.location {
        let Some(ours) = profile.locations.iter().find(|ours| ours.id == theirs.id) else {
            panic!("location {} is missing", theirs.id)
        };
        assert_eq!(ours.address, theirs.address);
        let lines: Vec<_> = profile
            .lines_of(ours)
            .iter()
            .map(|line| {
                let name = profile.function_of(line).map(|function| evidence.strings.get(function.name));
                (name.map(str::to_owned), line.line)
            })
            .collect();
        let plain: Vec<_> = theirs.line.iter().map(|line| (name_of(line.function_id), line.line)).collect();
        assert_eq!(lines, plain, "location {}", theirs.id);
    }
}
