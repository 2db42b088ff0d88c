//! From a file's bytes to rows: unwrap, recognize, parse.

use std::sync::Arc;

use super::diagnose;
use crate::analysis::trace::profile;
use crate::analysis::trace::sums::{Builder, TraceSums};
use crate::base::convert::to_u64;
use crate::base::error::{ErrorKind, NoteSeverity, ParseError};
use crate::base::index::{IndexVec, ids};
use crate::base::limits;
use crate::base::reader::Lines;
use crate::base::source::{Input, SourceId};
use crate::base::source_tree::Role;
use crate::evidence::Evidence;
use crate::evidence::goroutines::DumpId;
use crate::evidence::sources::{Source, SourceStatus};
use crate::evidence::trace::TraceId;
use crate::formats::container::{self, Budget, Leaf};
use crate::formats::{self, Facts, Format, Probe, go_source, go_trace, left_out};
use crate::intake;

/// Where what is read goes.
pub(super) struct Into<'a> {
    /// Rows.
    pub evidence: &'a mut Evidence,
    /// What traces add up to.
    pub trace_sums: &'a mut IndexVec<TraceId, TraceSums>,
    /// Bytes that views ask for again.
    pub texts: &'a mut Texts,
}

/// Reads one file of the drop; gives the sources that it held.
pub(super) fn ingest(file: Leaf, budget: &mut Budget, mut into: Into<'_>) -> Vec<SourceId> {
    let leaves = container::unwrap(file, budget);
    for leaf in &leaves {
        into.evidence.go_source.trees.note(&leaf.path, &leaf.bytes);
    }
    leaves.into_iter().flat_map(|leaf| ingest_leaf(leaf, &mut into)).collect()
}

/// Decoded bytes of text sources and of traces. Captures from one text share it.
pub(super) type Texts = IndexVec<SourceId, Option<Arc<Vec<u8>>>>;

fn ingest_leaf(leaf: Leaf, into: &mut Into<'_>) -> Vec<SourceId> {
    let role = into.evidence.go_source.trees.role(&leaf.path, &leaf.bytes);
    match role {
        Role::Source if left_out::is_placeholder(&leaf.bytes) => {}
        Role::Source if leaf.error.is_none() => return vec![ingest_as(go_source::SOURCE, leaf, into)],
        Role::Passed => return vec![ingest_as(&go_source::PASSED_OVER, leaf, into)],
        Role::Source | Role::InTree | Role::Capture => {}
    }
    let parts = if leaf.error.is_none() { intake::open(&leaf.path, &leaf.bytes) } else { None };
    match parts {
        Some(parts) => ingest_parts(leaf, parts, into),
        None => vec![ingest_whole(leaf, role == Role::InTree, into)],
    }
}

/// A file whose path says what it is.
fn ingest_as(format: &'static Format, leaf: Leaf, into: &mut Into<'_>) -> SourceId {
    let mut source = Source::new(leaf.path, leaf.encoded_bytes, to_u64(leaf.bytes.len()));
    source.modified_at = leaf.modified_at;
    source.format = Some(format.name);
    source.format_label = Some(format.label);
    // What is not judged is not kept either.
    source.is_text = format.name == go_source::SOURCE.name;
    let is_kept = source.is_text;
    let id = into.evidence.sources.push(source);
    parse(format, id, &leaf.bytes, into);
    into.texts.push(is_kept.then(|| Arc::new(leaf.bytes)));
    id
}

/// The captures that were found in a text; the notes of its wrapping stand with the first.
fn ingest_parts(mut leaf: Leaf, parts: Vec<intake::Part>, into: &mut Into<'_>) -> Vec<SourceId> {
    let is_only = parts.len() == 1;
    let text = Arc::new(std::mem::take(&mut leaf.bytes));
    let mut found = Vec::with_capacity(parts.len());
    for part in parts {
        let encoded = if is_only { leaf.encoded_bytes } else { to_u64(part.bytes.len()) };
        let decoded = if is_only { text.len() } else { part.bytes.len() };
        let mut source = Source::new(part.path, encoded, to_u64(decoded));
        source.modified_at = leaf.modified_at;
        source.notes = std::mem::take(&mut leaf.notes);
        source.notes.extend(part.notes);
        source.places = part.places;
        source.is_text = true;
        source.format = Some(part.format.name);
        source.format_label = Some(part.format.label);
        let id = into.evidence.sources.push(source);
        let dumps = into.evidence.goroutines.dumps.len();
        parse(part.format, id, &part.bytes, into);
        let Some(source) = into.evidence.sources.get_mut(id) else { continue };
        source.captured_at = source.captured_at.or(part.written_at);
        for id in ids::<DumpId>(into.evidence.goroutines.dumps.len_u32()).skip(dumps) {
            let Some(dump) = into.evidence.goroutines.dumps.get_mut(id) else { continue };
            dump.captured_at = dump.captured_at.or(part.written_at);
        }
        into.texts.push(Some(Arc::clone(&text)));
        found.push(id);
    }
    found
}

fn ingest_whole(leaf: Leaf, is_in_tree: bool, into: &mut Into<'_>) -> SourceId {
    let mut source = Source::new(leaf.path, leaf.encoded_bytes, to_u64(leaf.bytes.len()));
    source.modified_at = leaf.modified_at;
    source.notes = leaf.notes;
    if let Some(error) = leaf.error {
        source.notes.error(&error);
        source.status = SourceStatus::Failed;
        source.format = Some(container::FORMAT_NAME);
        into.texts.push(None);
        return into.evidence.sources.push(source);
    }
    let format = formats::recognize(&Probe { path: &source.path, bytes: &leaf.bytes });
    if format.is_none() && is_in_tree {
        let bytes = leaf.bytes;
        let leaf = Leaf {
            encoded_bytes: source.bytes,
            modified_at: source.modified_at,
            ..Leaf::new(source.path, bytes)
        };
        return ingest_as(&go_source::PASSED_OVER, leaf, into);
    }
    source.format = format.map(|format| format.name);
    source.format_label = format.map(|format| format.label);
    source.is_text = format.map_or_else(|| is_readable(&leaf.bytes), |format| format.is_text());
    let is_kept = source.is_text || source.format == Some(go_trace::NAME);
    let id = into.evidence.sources.push(source);
    match format {
        Some(format) => parse(format, id, &leaf.bytes, into),
        None => {
            let path = into.evidence.sources.get(id).map(|source| source.path.clone()).unwrap_or_default();
            let input = Input { source: id, path: &path, bytes: &leaf.bytes };
            formats::sysctl::complaints(&input, into.evidence);
            if let Some(source) = into.evidence.sources.get_mut(id) {
                source.notes.error(&diagnose::unrecognized(&leaf.bytes));
            }
        }
    }
    into.texts.push(is_kept.then(|| Arc::new(leaf.bytes)));
    id
}

fn parse(format: &Format, id: SourceId, bytes: &[u8], into: &mut Into<'_>) {
    let evidence = &mut *into.evidence;
    let path = evidence.sources[id].path.clone();
    let mut facts = Facts::default();
    let strings_cut = evidence.strings.cut();
    let input = Input { source: id, path: &path, bytes };
    let result = read(format, &input, evidence, into.trace_sums, &mut facts);
    if format.is_text() && format.name != go_source::PASSED_OVER.name {
        note_long_line(bytes, &mut facts);
        formats::sysctl::complaints(&input, evidence);
    }
    if evidence.strings.cut() > strings_cut {
        let message = format!("A name or text longer than {} KiB is truncated", limits::STRING_BYTES >> 10);
        facts.notes.data_loss("string-cut", None, message);
    }
    let Some(source) = evidence.sources.get_mut(id) else { return };
    facts.notes.relocate(&source.places);
    source.captured_at = facts.captured_at;
    source.pid = facts.pid;
    source.go_version = facts.go_version;
    source.started_at = facts.started_at;
    source.labels = facts.labels;
    source.kind = facts.kind;
    source.notes.extend(facts.notes);
    let is_partial = facts.is_partial || source.notes.worst() >= Some(NoteSeverity::DataLoss);
    source.status = match result {
        Ok(()) if is_partial => SourceStatus::Partial,
        Ok(()) => SourceStatus::Parsed,
        Err(mut error) => {
            error.at = source.places.position(error.at);
            source.notes.error(&error);
            // Sniffing was wrong, and only the parser could tell.
            if error.kind == ErrorKind::Unrecognized {
                source.format = None;
                source.format_label = None;
                SourceStatus::Unrecognized
            } else {
                SourceStatus::Failed
            }
        }
    };
}

/// Reads a source of a known format, and adds up what is too much to keep.
/// # Errors
/// Those of the format.
pub fn read(
    format: &Format,
    input: &Input<'_>,
    evidence: &mut Evidence,
    trace_sums: &mut IndexVec<TraceId, TraceSums>,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    if format.name == go_trace::NAME {
        read_trace(input, evidence, trace_sums, facts)
    } else {
        (format.parse)(input, evidence, facts)
    }
}

/// Reads a trace while its events are added up, and adds the profile that the sums give: what can be
/// asked of a profile can be asked of a trace.
fn read_trace(
    input: &Input<'_>,
    evidence: &mut Evidence,
    trace_sums: &mut IndexVec<TraceId, TraceSums>,
    facts: &mut Facts,
) -> Result<(), ParseError> {
    let mut builder = Builder::whole();
    let id = go_trace::read(input, evidence, facts, &mut builder)?;
    let (summary, carried, ()) = builder.finish();
    if let Some(mut profile) = profile::of(&evidence.traces[id], &summary, &mut evidence.strings) {
        profile.time = facts.captured_at;
        evidence.profiles.push(profile);
    }
    trace_sums.push(TraceSums { summary, carried });
    Ok(())
}

/// Says that a line is not read to its end. A JSON document has no lines to speak of.
fn note_long_line(bytes: &[u8], facts: &mut Facts) {
    let is_document = bytes.trim_ascii_start().first().is_some_and(|byte| matches!(byte, b'{' | b'['));
    if let Some(at) = Lines::first_too_long(bytes).filter(|_| !is_document) {
        let message = format!("A line longer than {} MiB is not read to its end", limits::LINE_BYTES >> 20);
        facts.notes.data_loss("line-cut", Some(at), message);
    }
}

/// True for text without control characters at its start, which the raw view can show.
fn is_readable(bytes: &[u8]) -> bool {
    let head = bytes.get(..1024).unwrap_or(bytes);
    !head.is_empty() && head.iter().all(|&byte| byte >= 0x20 || matches!(byte, b'\n' | b'\r' | b'\t'))
}
