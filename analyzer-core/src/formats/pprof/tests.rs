//! The tables against the plain decoding by `prost`.

use std::path::{Path, PathBuf};

use prost::Message;

use super::{encode, proto};
use crate::base::convert::id_to_usize;
use crate::base::source::{Input, SourceId};
use crate::evidence::Evidence;
use crate::evidence::profiles::{LabelValue, Profile, ValueType};
use crate::formats::Facts;
use crate::formats::container::{Budget, Leaf, unwrap};

fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pprof");
    let mut files = Vec::new();
    for producer in ["go1.21.13", "go1.26.6"] {
        let folder = std::fs::read_dir(root.join(producer)).unwrap();
        files.extend(folder.map(|entry| entry.unwrap().path()));
    }
    files.sort();
    assert!(files.len() >= 18);
    files
}

fn decoded_bytes(path: &Path) -> Vec<u8> {
    let leaf = Leaf::new(path.display().to_string(), std::fs::read(path).unwrap());
    unwrap(leaf, &mut Budget::default()).remove(0).bytes
}

fn tables(bytes: &[u8]) -> Evidence {
    let mut evidence = Evidence::default();
    let input = Input { source: SourceId(0), path: "unknown", bytes };
    super::parse(&input, &mut evidence, &mut Facts::default()).unwrap();
    evidence
}

#[test]
fn the_tables_hold_what_prost_decodes() {
    for path in fixtures() {
        let bytes = decoded_bytes(&path);
        let plain = proto::Profile::decode(bytes.as_slice()).unwrap();
        let evidence = tables(&bytes);
        Comparison { plain: &plain, evidence: &evidence }.run(&path.display().to_string());
    }
}

#[test]
fn unpacked_numbers_and_strings_first_give_the_same_tables() {
    let bytes = decoded_bytes(&fixtures()[0]);
    let plain = proto::Profile::decode(bytes.as_slice()).unwrap();
    let mut reordered = Vec::new();
    for text in &plain.string_table {
        prost::encoding::bytes::encode(6, text, &mut reordered);
    }
    for sample in &plain.sample {
        let mut body = Vec::new();
        for id in &sample.location_id {
            prost::encoding::uint64::encode(1, id, &mut body);
        }
        for value in &sample.value {
            prost::encoding::int64::encode(2, value, &mut body);
        }
        for label in &sample.label {
            prost::encoding::message::encode(3, label, &mut body);
        }
        prost::encoding::bytes::encode(2, &body, &mut reordered);
    }
    let rest = proto::Profile { sample: Vec::new(), string_table: Vec::new(), ..plain.clone() };
    reordered.extend(rest.encode_to_vec());
    let evidence = tables(&reordered);
    Comparison { plain: &plain, evidence: &evidence }.run("reordered");
}

#[test]
fn an_exported_profile_reads_back_the_same() {
    for path in fixtures() {
        let evidence = tables(&decoded_bytes(&path));
        let profile = evidence.profiles.iter().next().unwrap();
        let exported = encode(profile, &evidence.strings);
        let plain = proto::Profile::decode(exported.as_slice()).unwrap();
        let again = tables(&exported);
        Comparison { plain: &plain, evidence: &again }.run("exported");
        let again = again.profiles.iter().next().unwrap();
        assert_eq!(again.samples.values, profile.samples.values);
        assert_eq!(again.samples.stack, profile.samples.stack);
        assert_eq!(
            (again.time, again.period, again.lines.len()),
            (profile.time, profile.period, profile.lines.len())
        );
    }
}

struct Comparison<'a> {
    plain: &'a proto::Profile,
    evidence: &'a Evidence,
}

impl Comparison<'_> {
    fn profile(&self) -> &Profile {
        self.evidence.profiles.iter().next().unwrap()
    }

    fn text(&self, id: crate::base::intern::StrId) -> String {
        self.evidence.strings.get(id).to_owned()
    }

    fn string(&self, index: i64) -> String {
        String::from_utf8(self.plain.string_table[usize::try_from(index).unwrap()].clone()).unwrap()
    }

    fn optional(&self, index: i64) -> Option<String> {
        Some(self.string(index)).filter(|text| !text.is_empty())
    }

    fn same_type(&self, ours: ValueType, theirs: &proto::ValueType) {
        assert_eq!(self.text(ours.kind), self.string(theirs.r#type));
        assert_eq!(self.text(ours.unit), self.string(theirs.unit));
    }

    fn run(&self, name: &str) {
        let (profile, plain) = (self.profile(), self.plain);
        assert_eq!(profile.sample_types.len(), plain.sample_type.len(), "{name}");
        for (&ours, theirs) in profile.sample_types.iter().zip(&plain.sample_type) {
            self.same_type(ours, theirs);
        }
        assert_eq!(profile.period_type.is_some(), plain.period_type.is_some(), "{name}");
        if let (Some(ours), Some(theirs)) = (profile.period_type, &plain.period_type) {
            self.same_type(ours, theirs);
        }
        let optional = |id: Option<_>| id.map(|id| self.text(id));
        assert_eq!(optional(profile.default_sample_type), self.optional(plain.default_sample_type), "{name}");
        assert_eq!(optional(profile.drop_frames), self.optional(plain.drop_frames), "{name}");
        assert_eq!(optional(profile.keep_frames), self.optional(plain.keep_frames), "{name}");
        assert_eq!(profile.time.map_or(0, |time| time.0), plain.time_nanos, "{name}");
        assert_eq!(profile.duration.map_or(0, |time| time.0), plain.duration_nanos, "{name}");
        assert_eq!(profile.period.unwrap_or(0), plain.period, "{name}");
        let comments: Vec<_> = plain.comment.iter().map(|&comment| self.string(comment)).collect();
        assert_eq!(profile.comments.iter().map(|&c| self.text(c)).collect::<Vec<_>>(), comments, "{name}");
        self.samples(name);
        self.locations(name);
        self.functions(name);
        self.mappings(name);
    }

    fn samples(&self, name: &str) {
        let (profile, plain) = (self.profile(), self.plain);
        assert_eq!(profile.samples.len(), plain.sample.len(), "{name}");
        let stride = profile.sample_types.len();
        for (row, theirs) in plain.sample.iter().enumerate() {
            assert_eq!(profile.samples.values[row * stride..(row + 1) * stride], theirs.value, "{name}");
            let stack = profile.stacks.locations(profile.samples.stack[row]);
            let mut stack: Vec<_> = stack.map(|id| profile.locations[id_to_usize(id.0)].id).collect();
            stack.reverse();
            assert_eq!(stack, theirs.location_id, "{name}");
            let labels = profile.label_sets.get(profile.samples.labels[row]);
            assert_eq!(labels.len(), theirs.label.len(), "{name}");
            for (ours, theirs) in labels.iter().zip(&theirs.label) {
                assert_eq!(self.text(ours.key), self.string(theirs.key), "{name}");
                let value = match ours.value {
                    LabelValue::Text(text) => (self.text(text), 0, String::new()),
                    LabelValue::Number { value, unit } => {
                        (String::new(), value, unit.map(|unit| self.text(unit)).unwrap_or_default())
                    }
                    LabelValue::EmptyOrZero => Default::default(),
                };
                assert_eq!(
                    value,
                    (self.string(theirs.str), theirs.num, self.string(theirs.num_unit)),
                    "{name}"
                );
            }
        }
    }

    fn locations(&self, name: &str) {
        let (profile, plain) = (self.profile(), self.plain);
        assert_eq!(profile.locations.len(), plain.location.len(), "{name}");
        for theirs in &plain.location {
            let ours = profile.locations.iter().find(|ours| ours.id == theirs.id).unwrap();
            assert_eq!((ours.address, ours.is_folded), (theirs.address, theirs.is_folded), "{name}");
            assert_eq!(profile.mapping_of(ours).map_or(0, |mapping| mapping.id), theirs.mapping_id, "{name}");
            let lines: Vec<_> = profile
                .lines_of(ours)
                .iter()
                .map(|line| {
                    (profile.function_of(line).map_or(0, |function| function.id), line.line, line.column)
                })
                .collect();
            let their_lines: Vec<_> =
                theirs.line.iter().map(|line| (line.function_id, line.line, line.column)).collect();
            assert_eq!(lines, their_lines, "{name}");
        }
    }

    fn functions(&self, name: &str) {
        let (profile, plain) = (self.profile(), self.plain);
        assert_eq!(profile.functions.len(), plain.function.len(), "{name}");
        for theirs in &plain.function {
            let ours = profile.functions.iter().find(|ours| ours.id == theirs.id).unwrap();
            assert_eq!(self.text(ours.name), self.string(theirs.name), "{name}");
            assert_eq!(self.text(ours.system_name), self.string(theirs.system_name), "{name}");
            assert_eq!(self.text(ours.file), self.string(theirs.filename), "{name}");
            assert_eq!(ours.start_line, theirs.start_line, "{name}");
        }
    }

    fn mappings(&self, name: &str) {
        let (profile, plain) = (self.profile(), self.plain);
        assert_eq!(profile.mappings.len(), plain.mapping.len(), "{name}");
        for (ours, theirs) in profile.mappings.iter().zip(&plain.mapping) {
            let place = (ours.id, ours.start, ours.limit, ours.offset);
            let their_place = (theirs.id, theirs.memory_start, theirs.memory_limit, theirs.file_offset);
            assert_eq!(place, their_place, "{name}");
            assert_eq!(self.text(ours.file), self.string(theirs.filename), "{name}");
            assert_eq!(self.text(ours.build_id), self.string(theirs.build_id), "{name}");
            let has = (ours.has_functions, ours.has_filenames, ours.has_line_numbers, ours.has_inline_frames);
            let theirs = (
                theirs.has_functions,
                theirs.has_filenames,
                theirs.has_line_numbers,
                theirs.has_inline_frames,
            );
            assert_eq!(has, theirs, "{name}");
        }
    }
}
