//! Execution traces: ids and counts that a file only claims.

use analyzer_core::report::SourceStatus;

use crate::support::{Alone, MIB, assert_note};

const STACKS: u8 = 2;
const STACK: u8 = 3;
const STRINGS: u8 = 4;
const STRING: u8 = 5;
const FREQUENCY: u8 = 8;

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// A batch of generation 1 that no thread wrote.
fn batch(data: &[u8]) -> Vec<u8> {
    let mut batch = vec![1, 1];
    varint(&mut batch, u64::MAX);
    varint(&mut batch, 0);
    let mut size = data.len() as u64;
    for _ in 0..9 {
        batch.push(size as u8 | 0x80);
        size >>= 7;
    }
    batch.push(0);
    batch.extend_from_slice(data);
    batch
}

fn trace(batches: &[Vec<u8>]) -> Vec<u8> {
    let frequency = batch(&[FREQUENCY, 0x80, 0x94, 0xeb, 0xdc, 0x03]);
    [b"go 1.23 trace\0\0\0".as_slice(), &frequency, &batches.concat()].concat()
}

#[test]
fn strings_and_stacks_of_enormous_ids_cost_what_they_are() {
    let alone = Alone::new();
    let (mut strings, mut stacks) = (vec![STRINGS], vec![STACKS]);
    for step in 0..2_000_u64 {
        let id = u64::MAX - step * 0x1_0000_0001;
        strings.push(STRING);
        varint(&mut strings, id);
        strings.extend_from_slice(&[1, b'x']);
        stacks.push(STACK);
        varint(&mut stacks, id);
        varint(&mut stacks, 1);
        for value in [id, id, id, 1] {
            varint(&mut stacks, value);
        }
    }
    let stacks: Vec<_> = stacks.chunks(60_000).map(batch).collect();
    let report = alone.survive("ids.trace", trace(&[vec![batch(&strings)], stacks].concat()), 24 * MIB);
    assert_eq!(report.sources[0].format.as_deref(), Some("go-trace"));
}

#[test]
fn counts_beyond_the_batch_are_not_believed() {
    let alone = Alone::new();
    // A stack of 2^60 frames, and a string of 2^60 bytes.
    let mut stack = vec![STACKS, STACK, 1];
    varint(&mut stack, 1 << 60);
    let mut string = vec![STRINGS, STRING, 1];
    varint(&mut string, 1 << 60);
    let report = alone.survive("counts.trace", trace(&[batch(&stack), batch(&string)]), 24 * MIB);
    assert_ne!(report.sources[0].status, SourceStatus::Parsed);
    assert!(report.sources[0].notes.iter().any(|note| note.at.is_some()), "{:?}", report.sources[0].notes);
}

#[test]
fn a_batch_that_claims_a_tebibyte_is_refused_with_its_place() {
    let alone = Alone::new();
    let mut bytes = trace(&[]);
    let at = bytes.len() as u64;
    bytes.extend_from_slice(&[1, 1, 0, 0]);
    varint(&mut bytes, 1 << 40);
    let report = alone.survive("batch.trace", bytes, 24 * MIB);
    let source = &report.sources[0];
    assert_note(source, "trace-damaged", "64 KiB");
    assert!(
        source.notes.iter().any(|note| note.at.is_some_and(|place| place.offset == Some(at))),
        "{:?}",
        source.notes
    );
}
