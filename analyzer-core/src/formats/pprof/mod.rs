//! pprof: `profile.proto`, gzipped or not (the container layer takes gzip off).
//!
//! Spec: google/pprof `proto/profile.proto`. Producers: Go's runtime/pprof of
//! every version, `go tool pprof -proto`, and others that keep to the schema.
//! Go 1.21 and 1.26 captures are in the fixtures.
//!
//! Everything of the schema is kept: all sample types, inlined lines in order,
//! text and numeric labels with units, ids, mappings, comments, negative values.
//! Not kept: unknown fields, strings that nothing refers to, and the order of
//! locations and functions (rows come in order of first mention).
//!
//! Untrusted input: never panics; memory is bounded by the file's size and
//! [`crate::base::limits`]. A record that cannot be read is left out with a note;
//! a top level that breaks off keeps what stands before. Errors and notes carry
//! absolute byte offsets into the decoded file.

mod decode;
mod encode;
mod finish;
mod ids;
mod kind;
mod proto;
mod records;
mod secrets;
mod sniff;
mod strings;
mod survey;

use super::{Content, Facts, Format, wire};
use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, Notes, ParseError};
use crate::base::limits::DECODED_FILE_BYTES;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
pub use encode::encode;
use survey::Survey;

#[cfg(test)]
mod tests;

/// The formats of this module.
pub const FORMATS: [Format; 1] = [Format {
    name: "pprof",
    label: "pprof profile",
    content: Content::Binary,
    sniff: sniff::sniff,
    parse,
    secrets: secrets::secrets,
}];

/// Reads a profile into evidence.
/// # Errors
/// If nothing of the profile can be used: no sample types, or no names.
fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let bytes = input.bytes;
    // Offsets are kept in 32 bits.
    if to_u64(bytes.len()) > DECODED_FILE_BYTES {
        let message = format!("a profile of more than {DECODED_FILE_BYTES} bytes");
        return Err(ParseError::new(ErrorKind::LimitExceeded, Position::offset(0), "Profile", message));
    }
    let (bytes, survey) = first_profile(bytes, &mut facts.notes);
    let decoded = decode::decode(bytes, input.source, &survey, &mut facts.notes)?;
    let profile = finish::finish(decoded, bytes, &survey, &mut evidence.strings, &mut facts.notes)?;
    note_break(&survey, bytes.len(), &mut facts.notes);
    facts.captured_at = profile.time;
    facts.kind = kind::of(&profile, &evidence.strings, input.file_name());
    evidence.profiles.push(profile);
    Ok(())
}

/// The part of the file that is one profile.
fn first_profile<'a>(bytes: &'a [u8], notes: &mut Notes) -> (&'a [u8], Survey) {
    let survey = Survey::of(bytes);
    let Some(second) = survey.second else { return (bytes, survey) };
    let message =
        format!("two profiles are concatenated; the second one ({} bytes) is ignored", bytes.len() - second);
    notes.data_loss("profiles-concatenated", Some(decode::position(second)), message);
    let first = bytes.get(..second).unwrap_or(bytes);
    (first, Survey::of(first))
}

fn note_break(survey: &Survey, length: usize, notes: &mut Notes) {
    let Some((error, part)) = &survey.broken else { return };
    let code = match error.into_parse_error(part).kind {
        ErrorKind::Truncated => "truncated",
        _ => "broken-off",
    };
    let message = format!(
        "{part} at byte {}: {}; the last {} bytes of {length} are ignored",
        error.at,
        error.cause,
        length.saturating_sub(survey.end)
    );
    notes.data_loss(code, Some(decode::position(error.at)), message);
}
