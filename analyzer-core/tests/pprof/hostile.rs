//! Broken and odd profiles, made from a good one.

use analyzer_core::base::error::ErrorKind;
use analyzer_core::base::source::Position;
use analyzer_core::formats::Sniff;

use crate::support::{Loaded, fixture_bytes, parse, sniff};

fn decoded(bytes: &[u8]) -> Loaded {
    parse("unknown", bytes.to_vec()).unwrap()
}

fn good() -> Vec<u8> {
    fixture_bytes("go1.26.6/heap")
}

fn with_tail(tail: &[u8]) -> Vec<u8> {
    [&good(), tail].concat()
}

#[test]
fn every_cut_keeps_what_stands_before_or_says_why_not() {
    let bytes = good();
    let whole = decoded(&bytes).profile().samples.len();
    let mut last = 0;
    for cut in (1..bytes.len()).step_by(7) {
        match parse("unknown", bytes[..cut].to_vec()) {
            Ok(loaded) => {
                let samples = loaded.profile().samples.len();
                assert!(samples >= last && samples <= whole, "cut at {cut}");
                last = samples;
            }
            Err(error) => {
                assert!(matches!(error.kind, ErrorKind::Truncated | ErrorKind::Malformed), "{error}");
                assert!(error.at.offset.unwrap() <= u64::try_from(cut).unwrap(), "{error}");
            }
        }
    }
    assert_eq!(last, whole, "the last cuts only lose names");
}

#[test]
fn a_cut_inside_of_the_names_keeps_all_samples_and_is_partial() {
    let bytes = good();
    let loaded = decoded(&bytes[..bytes.len() - 30]);
    assert_eq!(loaded.profile().samples.len(), decoded(&bytes).profile().samples.len());
    assert!(loaded.codes().contains(&"truncated"), "{:?}", loaded.notes);
    let note = loaded.notes.iter().find(|note| note.code == "truncated").unwrap();
    assert!(note.message.starts_with("Profile.string_table at byte"), "{}", note.message);
}

#[test]
fn any_flipped_bit_gives_a_profile_or_an_error_and_never_a_panic() {
    let bytes = good();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        if let Ok(loaded) = parse("unknown", flipped) {
            let profile = loaded.profile();
            assert_eq!(
                profile.samples.values.len(),
                profile.samples.len() * profile.sample_types.len(),
                "flip at {at}"
            );
        }
    }
}

#[test]
fn nonsense_after_a_profile_is_said_with_its_place() {
    let length = u64::try_from(good().len()).unwrap();
    for (tail, code) in [
        (&[0x13, 0x08, 0x01][..], "broken-off"), // a group that does not end
        (&[0x80; 13], "broken-off"),             // a varint that does not end
        (&[0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20], "truncated"), // a length of 1 TiB
    ] {
        let loaded = decoded(&with_tail(tail));
        let note = loaded.notes.iter().find(|note| note.code == code).unwrap();
        assert!(note.at.unwrap().offset.unwrap() >= length, "{note:?}");
    }
}

#[test]
fn a_sample_with_too_few_values_is_left_out() {
    let loaded = decoded(&with_tail(&[0x12, 6, 0x0a, 1, 1, 0x12, 1, 5]));
    assert_eq!(loaded.profile().samples.len(), decoded(&good()).profile().samples.len());
    let note = loaded.notes.iter().find(|note| note.code == "value-count").unwrap();
    assert_eq!(note.at, Some(Position::offset(good().len().try_into().unwrap())));
    assert!(note.message.contains("1 values, but the profile has 4"), "{}", note.message);
}

#[test]
fn an_empty_stack_and_negative_values_are_kept() {
    let minus_one = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    let tail = [&[0x12, 15, 0x12, 13, 1, 2, 3][..], &minus_one].concat();
    let loaded = decoded(&with_tail(&tail));
    let profile = loaded.profile();
    assert_eq!(profile.samples.values.last_chunk(), Some(&[1, 2, 3, -1]));
    let last = *profile.samples.stack.last().unwrap();
    assert_eq!(profile.stacks.locations(last).count(), 0);
    assert!(loaded.notes.is_empty(), "{:?}", loaded.notes);
}

#[test]
fn duplicate_reserved_and_missing_ids_are_said_and_the_first_definition_stands() {
    let good = decoded(&good());
    let tail = [
        &[0x22, 5, 0x08, 1, 0x18, 0x99, 0x13][..], // location 1 again
        &[0x22, 3, 0x18, 0xb4, 0x24],              // a location with id 0
        &[0x12, 11, 0x0a, 3, 0xff, 0xff, 0x7f, 0x12, 4, 1, 1, 1, 1], // names a location that is not there
    ]
    .concat();
    let loaded = decoded(&with_tail(&tail));
    assert_eq!(loaded.codes(), ["duplicate-id", "reserved-id", "undefined-location"]);
    let first = |loaded: &Loaded| *loaded.profile().locations.iter().find(|l| l.id == 1).unwrap();
    assert_eq!(first(&loaded).address, first(&good).address);
    assert_eq!(loaded.profile().samples.len(), good.profile().samples.len() + 1);
    assert_eq!(loaded.profile().locations.iter().filter(|location| !location.is_defined).count(), 1);
}

#[test]
fn ids_up_to_64_bits_do_not_cost_memory() {
    // sample_type (1, 2); a function, a location and a sample with the id 2^64 - 1; strings "", cpu, ns
    let id = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    let mut bytes = vec![0x0a, 4, 0x08, 1, 0x10, 2];
    bytes.extend([&[0x2a, 13, 0x08][..], &id, &[0x10, 1]].concat());
    bytes.extend([&[0x22, 24, 0x08][..], &id, &[0x22, 11, 0x08], &id].concat());
    bytes.extend([&[0x12, 15, 0x0a, 10][..], &id, &[0x12, 1, 7]].concat());
    bytes.extend([0x32, 0, 0x32, 3, b'c', b'p', b'u', 0x32, 2, b'n', b's']);
    let loaded = decoded(&bytes);
    let profile = loaded.profile();
    assert!(loaded.notes.is_empty(), "{:?}", loaded.notes);
    assert_eq!(profile.locations[0].id, u64::MAX);
    let function = profile.function_of(&profile.lines[0]).unwrap();
    assert_eq!(loaded.text(function.name), "cpu");
}

#[test]
fn two_concatenated_profiles_give_the_first_and_a_note() {
    let (first, second) = (good(), fixture_bytes("go1.26.6/cache-heap-t2"));
    let loaded = decoded(&[first.clone(), second].concat());
    assert_eq!(loaded.codes(), ["profiles-concatenated"]);
    assert_eq!(loaded.notes[0].at, Some(Position::offset(first.len().try_into().unwrap())));
    assert_eq!(loaded.profile().samples.len(), decoded(&first).profile().samples.len());
}

#[test]
fn a_profile_without_types_or_names_is_an_error_that_says_so() {
    let error = |bytes: &[u8]| parse("unknown", bytes.to_vec()).map(|_| ()).unwrap_err();
    assert_eq!(error(&[0x32, 0, 0x32, 1, b'x']).part, "Profile.sample_type");
    assert_eq!(error(&[0x0a, 4, 0x08, 1, 0x10, 2]).part, "Profile.string_table");
    let cut = error(&good()[..200]);
    assert_eq!((cut.kind, cut.part), (ErrorKind::Truncated, "Profile.string_table"), "{cut}");
}

#[test]
fn a_profile_is_told_by_its_content_whatever_its_name() {
    assert_eq!(sniff("unknown", &good()), Sniff::ByContent);
    assert_eq!(sniff("unknown", &good()[..500]), Sniff::ByContent);
    assert_eq!(sniff("heap.pb.gz", b"404 page not found\n"), Sniff::No);
}
