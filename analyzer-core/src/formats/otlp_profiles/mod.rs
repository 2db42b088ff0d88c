//! OpenTelemetry profiles: OTLP as protobuf and JSON.
//!
//! Spec: opentelemetry-proto `profiles/v1development/profiles.proto`, 1.7 and later, which keep what all
//! profiles of a file share in a dictionary. Files of before have none and are refused: their messages changed
//! in between. Producers: the OpenTelemetry eBPF profiler, whose samples of the processor have times and
//! no values (each counts one), and the collector's file exporter (JSON lines; protobuf with a length before each message).
//!
//! All profiles of a file become one: a column for each type of sample, and the
//! attributes of resource and sample as labels. Not read: links to spans, original payloads, attributes of
//! locations and mappings, values that are lists.
//!
//! Any input is safe: tables are bounded by [`limits`](crate::base::limits), samples are read one by one.

mod dictionary;
mod json;
mod proto;
mod samples;
mod secrets;

use super::{Content, Facts, Format, Sniff};
use crate::base::error::{ErrorKind, ParseError};
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use samples::Reader;

#[cfg(test)]
mod tests;

/// The formats of this module.
pub const FORMATS: &[Format] = &[
    Format {
        name: "otlp-profiles",
        label: "OpenTelemetry profiles (protobuf)",
        content: Content::Binary,
        sniff: |probe| sure(proto::is_profiles(probe.bytes)),
        parse: |input, evidence, facts| parse(input, evidence, facts, proto::read),
        secrets: secrets::of_proto,
    },
    Format {
        name: "otlp-profiles-json",
        label: "OpenTelemetry profiles (JSON)",
        content: Content::Document,
        sniff: |probe| sure(json::is_profiles(probe)),
        parse: |input, evidence, facts| parse(input, evidence, facts, json::read),
        secrets: secrets::of_json,
    },
];

const fn sure(is_it: bool) -> Sniff {
    if is_it { Sniff::ByContent } else { Sniff::No }
}

/// Reads messages of a form, each with its own dictionary.
type Read = for<'a> fn(&'a [u8], &mut Reader<'_>) -> Result<(), ParseError>;

fn parse(
    input: &Input<'_>,
    evidence: &mut Evidence,
    facts: &mut Facts,
    read: Read,
) -> Result<(), ParseError> {
    let mut reader = Reader::new(input.source, &mut evidence.strings);
    read(input.bytes, &mut reader)?;
    let profile = reader.finish(facts);
    evidence.profiles.push(profile);
    Ok(())
}

/// The error of a file of before the dictionary.
fn without_dictionary() -> ParseError {
    let message = "OpenTelemetry profiles without a dictionary: they use a protocol before 1.7, whose messages have a different meaning. Update the profiler or collector that wrote them, or export pprof.";
    ParseError::new(ErrorKind::Unsupported, Position::default(), "ProfilesData.dictionary", message)
}
