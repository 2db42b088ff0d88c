//! pprof.

use analyzer_core::base::limits;
use analyzer_core::report::SourceStatus;

use crate::support::{Alone, MIB, assert_note};

/// A profile of one sample type, so that more records may follow.
fn head() -> Vec<u8> {
    let mut profile = vec![0x0a, 4, 8, 1, 16, 2];
    for text in ["", "samples", "count"] {
        put(&mut profile, 6, text.as_bytes());
    }
    profile
}

fn put(message: &mut Vec<u8>, field: u8, body: &[u8]) {
    message.push(field << 3 | 2);
    varint(message, body.len() as u64);
    message.extend_from_slice(body);
}

fn varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

/// `field: number` of a message.
fn number(message: &mut Vec<u8>, field: u8, value: u64) {
    message.push(field << 3);
    varint(message, value);
}

#[test]
fn ids_of_all_sizes_cost_what_their_records_cost() {
    let alone = Alone::new();
    let mut profile = head();
    for step in 0..100_000_u64 {
        let id = u64::MAX - step * 0x1_0000_0001;
        let (mut location, mut sample) = (Vec::new(), Vec::new());
        number(&mut location, 1, id);
        number(&mut sample, 1, id);
        number(&mut sample, 2, 1);
        put(&mut profile, 4, &location);
        put(&mut profile, 2, &sample);
    }
    let most = 40 * profile.len() + MIB;
    let report = alone.survive("ids.pb", profile, most);
    assert_eq!(report.profiles[0].samples, 100_000);
}

#[test]
fn a_million_labels_of_one_sample_and_of_many() {
    let alone = Alone::new();
    let mut one = head();
    let mut sample = Vec::new();
    number(&mut sample, 2, 1);
    let mut many = head();
    for label in 0..1_000_000_u64 {
        let mut body = Vec::new();
        number(&mut body, 1, 1);
        number(&mut body, 3, label);
        put(&mut sample, 3, &body);
        let mut own = Vec::new();
        number(&mut own, 2, 1);
        put(&mut own, 3, &body);
        put(&mut many, 2, &own);
    }
    put(&mut one, 2, &sample);
    for (name, profile, samples) in [("one.pb", one, 1), ("many.pb", many, 1_000_000)] {
        let most = 40 * profile.len() + 16 * MIB;
        let report = alone.survive(name, profile, most);
        assert_eq!(report.profiles[0].samples, samples, "{name}");
    }
}

#[test]
fn more_sample_types_than_the_limit_are_refused() {
    let alone = Alone::new();
    let mut profile = Vec::new();
    for _ in 0..=limits::PROFILE_SAMPLE_TYPES {
        profile.extend_from_slice(&[0x0a, 4, 8, 1, 16, 2]);
    }
    profile.extend_from_slice(&head());
    let report = alone.survive("types.pb", profile, MIB);
    assert_eq!(report.sources[0].status, SourceStatus::Failed);
    assert_note(&report.sources[0], "limit-exceeded", "more than 64 sample types");
}

/// Each sample of two bytes would have 64 values of eight bytes.
#[test]
fn values_that_samples_do_not_have_are_not_allocated() {
    let alone = Alone::new();
    let mut profile = Vec::new();
    for _ in 0..limits::PROFILE_SAMPLE_TYPES - 1 {
        profile.extend_from_slice(&[0x0a, 4, 8, 1, 16, 2]);
    }
    profile.extend_from_slice(&head());
    profile.extend([0x12, 0].repeat(1_000_000));
    let most = 40 * profile.len() + MIB;
    let report = alone.survive("values.pb", profile, most);
    assert_note(&report.sources[0], "value-count", "the sample is omitted");
}

#[test]
fn a_stack_of_a_million_frames_is_drawn_without_recursion() {
    let alone = Alone::new();
    let mut profile = head();
    let mut sample = Vec::new();
    for id in 1..=1_000_000 {
        number(&mut sample, 1, id);
    }
    number(&mut sample, 2, 1);
    put(&mut profile, 2, &sample);
    let most = 200 * profile.len() + 16 * MIB;
    let report = alone.survive("deep.pb", profile, most);
    assert_note(&report.sources[0], "undefined-location", "");
}

#[test]
fn a_name_of_megabytes_is_cut() {
    let alone = Alone::new();
    let mut profile = head();
    put(&mut profile, 6, &vec![b'x'; 20 * MIB]);
    put(&mut profile, 5, &[8, 1, 16, 3]);
    put(&mut profile, 4, &[8, 1, 34, 2, 8, 1]);
    put(&mut profile, 2, &[8, 1, 16, 1]);
    let report = alone.survive("name.pb", profile, 64 * MIB);
    assert_note(&report.sources[0], "string-cut", "longer than 32 KiB");
}
