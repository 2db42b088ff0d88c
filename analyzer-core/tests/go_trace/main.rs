//! The trace reader against Go's own tool, against damage, and against hand-made traces.

// A helper that cannot go on ends the test, wherever it stands.
#![allow(clippy::unwrap_used)]

mod conformance;
mod damage;
mod details;
mod findings;
mod gates;
mod parsed;
mod sums;
mod text;
mod window;

use std::io::Read;
use std::path::PathBuf;

use analyzer_core::formats::go_trace::{Decoded, TraceReader};
use parsed::Parsed;

/// A capture of the fixtures folder.
pub fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/go_trace").join(name);
    let packed = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
    bytes
}

/// Every event of a trace as a line, and what the reader says of the file.
pub fn read(bytes: &[u8]) -> (Vec<String>, Decoded) {
    let mut sink = Parsed::default();
    let decoded = TraceReader::read(bytes, &mut sink).unwrap_or_else(|error| panic!("{error}"));
    sink.finish();
    (sink.lines, decoded)
}

/// The codes of the notes on a trace.
pub fn codes(decoded: &Decoded) -> Vec<&str> {
    decoded.notes.rows().iter().map(|note| note.code.as_str()).collect()
}
