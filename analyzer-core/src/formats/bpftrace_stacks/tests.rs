//! Real and drawn maps of bpftrace.

use std::collections::BTreeMap;

use crate::formats::sampled::testing::read;
use crate::formats::{Probe, recognize};

/// bpftrace 0.17, Go 1.27 with cgo.
const REAL: &str = include_str!("../../../tests/fixtures/sampled/bpftrace-profile.json");

#[test]
fn equal_keys_of_a_real_map_all_count() {
    // The count by a line that knows nothing of the parser: the numbers behind the keys.
    let counted: i64 = REAL
        .split("video\": ")
        .skip(1)
        .filter_map(|rest| rest.split([',', '}']).next()?.parse::<i64>().ok())
        .sum();
    assert_eq!(counted, 23);
    let read = read("bpftrace-profile.json", REAL.as_bytes());
    read.check();
    assert_eq!((read.format, read.total(0)), ("bpftrace-stacks", 23));
    assert_eq!(read.columns(), ["samples/count"]);
    assert_eq!(read.profile().samples.len(), 19);
    assert_eq!(read.labels(0), ["comm=video"]);
    let hash = "runtime.goexit;runtime.main;main.main;main.hash;crypto/sha256.Sum256;crypto/internal/fips140/sha256.(*Digest).Write;crypto/internal/fips140/sha256.blockSHANI";
    assert_eq!(read.stacks(0).get(hash), Some(&5));
}

#[test]
fn printed_maps_are_read_with_both_stacks() {
    let text = "\
Attaching 1 probe...
^C

@[
    do_futex+131
    entry_SYSCALL_64_after_hwframe+118
, 
    runtime.futex.abi0+35
    runtime.main+1063
, video]: 3
@[
    main.hash+24
, video]: 4
@other[12]: 5
";
    let read = read("x", text.as_bytes());
    read.check();
    assert_eq!(read.columns(), ["amount/"]);
    assert_eq!(
        read.stacks(0),
        BTreeMap::from([
            ("runtime.main;runtime.futex;entry_SYSCALL_64_after_hwframe;do_futex".to_owned(), 3),
            ("main.hash".to_owned(), 4),
        ])
    );
}

#[test]
fn names_of_maps_tell_units_and_lines_on_the_side_are_passed_over() {
    let text = "WARNING: Addrspace is not set\n{\"type\": \"attached_probes\", \"data\": {\"probes\": 2}}\n{\"type\": \"map\", \"data\": {\"@offcpu_us\": {\"\\n    schedule+1\\n,a\": 12, \"\\n    schedule+2\\n,a\": 30, \"\\n,a\": 7}}}\n{\"type\": \"map\", \"data\": {\"@n\": 235}}\n";
    let read = read("x", text.as_bytes());
    read.check();
    assert_eq!((read.columns(), read.total(0)), (vec!["time/microseconds".to_owned()], 42));
    assert_eq!(read.facts.kind.as_deref(), Some("off-cpu"));
    assert!(read.facts.notes.rows().iter().any(|note| note.code == "no-stack"));
}

#[test]
fn maps_of_bytes_and_of_other_keys_are_not_taken() {
    for text in [
        "{\"type\": \"map\", \"data\": {\"@bytes\": {\"\\n    malloc+0\\n    main.decode+26\\n\": 4063232}}}\n",
        "{\"type\": \"map\", \"data\": {\"@\": {\"video\": 3}}}\n",
        "@[12]: 3\n@us:\n[8, 16) 88 |@@@|\n",
        "@malloc_bytes[\n    malloc+0\n]: 12\n",
    ] {
        let format = recognize(&Probe { path: "x", bytes: text.as_bytes() }).map(|format| format.name);
        assert_ne!(format, Some("bpftrace-stacks"), "{text}");
    }
}

#[test]
fn names_of_processes_are_secrets() {
    use crate::formats::redaction::shown;
    let of = |text: &str| shown(text, b'.', |input, marks| super::secrets::secrets(input, marks).unwrap());
    let json = "{\"type\": \"map\", \"data\": {\"@\": {\"\\n    main.hash+24\\n,acme\": 1}, \"@acme\": 3}}";
    assert_eq!(of(json), json.replace("acme", "...."));
    let text = "@[\n    main.hash+24\n, acme]: 4\n";
    assert_eq!(of(text), text.replace("acme", "...."));
}
