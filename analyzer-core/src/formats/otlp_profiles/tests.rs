//! Real stacks in both forms, and drawn messages.

use std::collections::BTreeMap;

use super::*;
use crate::formats::sampled::testing::{read, try_read};
use crate::formats::{Probe, recognize};

const REAL_PROTO: &[u8] = include_bytes!("../../../tests/fixtures/sampled/profiles.otlp.pb");
const REAL_JSON: &str = include_str!("../../../tests/fixtures/sampled/profiles.otlp.json");

fn name(path: &str, bytes: &[u8]) -> Option<&'static str> {
    recognize(&Probe { path, bytes }).map(|format| format.name)
}

/// A field with a length.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("short");
    assert!(length < 128);
    [&[number << 3 | 2, length][..], content].concat()
}

fn number(number: u8, value: u8) -> Vec<u8> {
    vec![number << 3, value]
}

fn fixed(field: u8, value: u64) -> Vec<u8> {
    [&[field << 3 | 1][..], &value.to_le_bytes()].concat()
}

/// A file with one function, and these samples in one profile of a type with this index.
fn file(sample_type: u8, samples: &[Vec<u8>]) -> Vec<u8> {
    let kind = field(1, &[number(1, sample_type), number(2, 3)].concat());
    let samples: Vec<u8> = samples.iter().flat_map(|sample| field(2, sample)).collect();
    let profile = field(2, &[kind, samples].concat());
    let strings = ["", "main.work", "samples", "count", "off_cpu"];
    let tables = [
        field(2, &[]),
        field(2, &[number(2, 16), field(3, &number(1, 1))].concat()),
        field(3, &[]),
        field(3, &number(1, 1)),
        strings.iter().flat_map(|text| field(5, text.as_bytes())).collect(),
        field(7, &[]),
        field(7, &field(1, &[1])),
    ];
    [field(1, &field(2, &profile)), field(2, &tables.concat())].concat()
}

#[test]
fn both_forms_of_real_stacks_add_up() {
    // The count by a line that knows nothing of the parser: times in the JSON.
    let times = REAL_JSON.split("\"timestampsUnixNano\":[").skip(1);
    let counted: usize = times.map(|list| list.split(']').next().unwrap().split(',').count()).sum();
    assert_eq!(counted, 36);
    let (proto, json) = (read("p", REAL_PROTO), read("j", REAL_JSON.as_bytes()));
    assert_eq!((proto.format, json.format), ("otlp-profiles", "otlp-profiles-json"));
    for read in [&proto, &json] {
        read.check();
        assert_eq!(read.columns(), ["samples/count"]);
        assert_eq!(read.total(0), 36);
        assert_eq!(read.facts.kind.as_deref(), Some("on-cpu"));
        assert_eq!(read.times().len(), 36);
        assert_eq!(read.labels(0), ["service.name=video", "process.pid=4121"]);
        let hash: i64 =
            read.stacks(0).iter().filter(|(stack, _)| stack.contains("main.hash")).map(|(_, n)| n).sum();
        assert_eq!(hash, 6);
    }
    assert_eq!(proto.stacks(0), json.stacks(0));
}

#[test]
fn times_without_values_count_one_each_and_values_count_as_they_are() {
    let timed = [number(1, 1), fixed(5, 7), fixed(5, 9)].concat();
    let valued = [number(1, 1), field(4, &[40])].concat();
    let each = [number(1, 1), field(4, &[3, 4]), fixed(5, 1), fixed(5, 2)].concat();
    let empty = number(1, 1);
    let read = read("x", &file(2, &[timed, valued, each, empty]));
    read.check();
    assert_eq!(read.stacks(0), BTreeMap::from([("main.work".to_owned(), 2 + 40 + 7)]));
    assert_eq!(read.profile().samples.len(), 5);
    // One of them has no time.
    assert!(read.times().is_empty());
    assert!(read.facts.notes.rows().iter().any(|note| note.code == "empty-samples"));
}

#[test]
fn types_of_several_messages_are_columns() {
    let sample = [number(1, 1), field(4, &[5])].concat();
    let (cpu, off) = (file(2, std::slice::from_ref(&sample)), file(4, &[sample]));
    let framed: Vec<u8> = [&cpu, &off]
        .into_iter()
        .flat_map(|message| [&u32::try_from(message.len()).unwrap().to_be_bytes()[..], message].concat())
        .collect();
    let read = read("x", &framed);
    read.check();
    assert_eq!(read.columns(), ["samples/count", "off_cpu/count"]);
    assert_eq!((read.total(0), read.total(1)), (5, 5));
}

#[test]
fn profiles_of_before_the_dictionary_are_refused_with_the_reason() {
    let json = r#"{"resourceProfiles":[{"scopeProfiles":[{"profiles":[{"profileId":"00"}]}]}]}"#;
    let refused = |bytes: &[u8]| try_read("x", bytes).err().unwrap();
    assert!(refused(json.as_bytes()).contains("before 1.7"));
    // 1.5: a container with an id and times, the profile within.
    let profile = [field(1, &[number(1, 1), number(2, 2)].concat()), field(10, b"cpu")].concat();
    let container = [field(1, &[7; 16]), fixed(2, 1), fixed(3, 2), field(7, &profile)].concat();
    let old = field(1, &field(2, &field(2, &container)));
    assert!(refused(&old).contains("before 1.7"));
    // 1.6: the tables in the profile.
    let old = field(1, &field(2, &field(2, &profile)));
    assert!(refused(&old).contains("before 1.7"));
}

#[test]
fn profiles_of_pprof_and_spans_are_no_profiles_of_opentelemetry() {
    let pprof = [0x0a, 4, 0x08, 1, 0x10, 2, 0x32, 0, 0x32, 3, b'c', b'p', b'u', 0x32, 2, b'n', b's'];
    assert_eq!(name("x", &pprof), Some("pprof"));
    let span = [field(1, &[7; 16]), field(2, &[1; 8]), field(5, b"GET /"), fixed(7, 1)].concat();
    let spans = field(1, &[field(1, &[]), field(2, &field(2, &span))].concat());
    assert!(!super::proto::is_profiles(&spans));
    let log = [fixed(1, 7), field(3, b"INFO")].concat();
    assert!(!super::proto::is_profiles(&field(1, &field(2, &field(2, &log)))));
}

#[test]
fn broken_and_dangling_messages_are_said() {
    let sample = [number(1, 99), fixed(5, 7)].concat();
    let read = read("x", &file(2, &[sample]));
    read.check();
    assert_eq!(read.total(0), 1);
    assert!(read.facts.notes.rows().iter().any(|note| note.code == "dangling-index"));
    for length in 0..REAL_PROTO.len() {
        let cut = &REAL_PROTO[..length];
        let (mut evidence, mut facts) = (Evidence::default(), Facts::default());
        let input = Input { source: crate::base::source::SourceId(0), path: "", bytes: cut };
        // Never a panic, and never a profile of less than there was without an error.
        let result = (FORMATS[0].parse)(&input, &mut evidence, &mut facts);
        assert!(result.is_err() || evidence.profiles.iter().next().unwrap().samples.is_empty(), "{length}");
    }
}

#[test]
fn services_programs_and_labels_are_secrets() {
    use crate::formats::redaction::{Marks, blank_out, shown};
    let shown = shown(REAL_JSON, b'.', |input, marks| super::secrets::of_json(input, marks).unwrap());
    for kept in
        ["service.name", "main.hash", "runtime.mcall", "\"samples\"", "nanoseconds", "1795973700000000000"]
    {
        assert!(shown.contains(kept), "{kept}");
    }
    for secret in ["\"video\"", "/video"] {
        assert!(REAL_JSON.contains(secret) && !shown.contains(secret), "{secret}");
    }
    let input = Input { source: crate::base::source::SourceId(0), path: "", bytes: REAL_PROTO };
    let mut marks = Marks::new(REAL_PROTO);
    super::secrets::of_proto(&input, &mut marks).unwrap();
    let mut bytes = REAL_PROTO.to_vec();
    for word in &marks.words {
        bytes[word.start..word.end].fill(b'.');
    }
    for blank in marks.blanks.clone() {
        blank_out(&mut bytes[blank]);
    }
    let has = |bytes: &[u8], text: &str| memchr::memmem::find(bytes, text.as_bytes()).is_some();
    assert!(has(REAL_PROTO, "video") && !has(&bytes, "video"));
    assert!(has(&bytes, "main.hash") && has(&bytes, "service.name"));
    assert_eq!(read("x", &bytes).total(0), 36);
}
