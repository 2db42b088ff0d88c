//! Goroutines as text: `debug=2`, panic, fatal error, signal; and the counted
//! form `debug=1`. Written by runtime/traceback.go and runtime/pprof/pprof.go.
//!
//! ```text
//! dump    = preamble? block (blank block)* trailer?
//! block   = header frame* ["created by …"] ancestors*
//! header  = "goroutine " ID [" gp=" HEX " m=" …] " [" state marks "]" [labels] ":"
//! frame   = func "(" args ")" NL TAB file ":" line [" +0x" HEX] [" fp=… sp=… pc=…"]
//! ```
//!
//! Producers tested: Go 1.21 to 1.27, linux/amd64, also through container log
//! prefixes. Known gaps: arguments are not kept; stacks of ancestors
//! (GODEBUG=tracebackancestors) are skipped.
//!
//! Untrusted input: any bytes give rows, notes or an error, in time and memory
//! linear in the input; frames and strings are stored once.

mod contention;
mod counts;
mod crash;
mod deadlock;
mod frame;
mod go_string;
mod header;
pub mod lines;
mod lists;
mod preamble;
mod race;
mod secrets;
mod stacks;
#[cfg(test)]
mod tests;
mod text;
pub mod timestamp;

pub(in crate::formats) use counts::{CountedFrame, counted_frame};
pub(in crate::formats) use secrets::counts as counted_secrets;

use std::borrow::Cow;

use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::{ErrorKind, NoteSeverity, ParseError};
use crate::base::reader::Lines;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::evidence::goroutines::{DumpForm, GoroutineDump};

/// The texts of `net/http/pprof` and of the runtime's end that list goroutines,
/// and those that look alike.
pub const FORMATS: [Format; 5] = [
    Format {
        name: "goroutine-profile-text",
        label: "Goroutine profile (text, debug=1)",
        content: Content::Lines,
        sniff: counts::sniff,
        parse: parse_counts,
        secrets: secrets::counts,
    },
    contention::FORMAT,
    Format {
        name: "goroutine-dump",
        label: "Goroutine dump (text)",
        content: Content::Lines,
        sniff,
        parse: parse_stacks,
        secrets: secrets::stacks,
    },
    lists::FORMAT,
    race::FORMAT,
];

fn sniff(probe: &Probe<'_>) -> Sniff {
    let head = text::to_utf8(probe.head());
    if text::detect(&head).is_some()
        || bytes_start_crash(&head)
        || has_runtime_stack(&head)
        || deadlock::has_report(&head)
    {
        return Sniff::ByContent;
    }
    // A service's log ends with the dump when the process did.
    let is_text = !head.contains(&0);
    let is_log = is_text && probe.bytes.len() > probe.head().len() && text::detect(probe.bytes).is_some();
    if is_log || (is_text && has_stack(&head)) { Sniff::ByName } else { Sniff::No }
}

fn bytes_start_crash(bytes: &[u8]) -> bool {
    let first = Lines::new(bytes).find(|line| !line.bytes.is_empty());
    first.is_some_and(|line| preamble::starts_crash(line.bytes))
}

/// True for a text with the runtime's own stack, which it prints as it ends the program.
fn has_runtime_stack(bytes: &[u8]) -> bool {
    let mut lines = Lines::new(bytes).map(|line| line.bytes.trim_ascii());
    lines.any(|line| line == stacks::RUNTIME_STACK)
        && lines.next().is_some_and(|next| next.starts_with(b"runtime.throw("))
}

/// True for a text with calls and their places below one another, as only Go prints them:
/// a stack whose header is not in it.
fn has_stack(bytes: &[u8]) -> bool {
    let lines = Lines::new(bytes).map(|line| line.bytes.trim_ascii_end());
    // A page may put a blank line below each.
    let mut lines = lines.filter(|line| !line.is_empty()).peekable();
    let mut pairs = 0;
    while let (Some(line), Some(next)) = (lines.next(), lines.peek()) {
        // The runtime's own stack is no goroutine's, and that of a group is not of one.
        if line == stacks::RUNTIME_STACK || lines::is_group(line) {
            return false;
        }
        let is_place =
            || frame::file_line(next).is_some_and(|place| place.has_offset && place.file.ends_with(b".go"));
        let is_named =
            frame::function(line).is_some() || frame::created_by(line.trim_ascii_start()).is_some();
        pairs += usize::from(is_named && is_place());
        if pairs > 1 {
            return true;
        }
    }
    false
}

/// True if a stack without a header stands above the first goroutine.
fn has_frames_above(bytes: &[u8]) -> bool {
    let head = Lines::new(bytes).find(|line| {
        memchr::memmem::rfind(line.bytes, header::START)
            .and_then(|at| line.bytes.get(at..))
            .is_some_and(|text| header::parse(text.trim_ascii_end()).is_some())
    });
    let above = head.and_then(|line| bytes.get(..usize::try_from(line.offset).ok()?));
    above.is_some_and(|above| has_stack(above) && !race::has_report(above) && !bytes_start_crash(above))
}

fn parse_stacks(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let bytes = readable(input.bytes, facts);
    let prefix = text::detect(&bytes);
    let mut reader = stacks::Reader::new(evidence, &mut facts.notes, input.source);
    let is_headless = prefix.is_none() && !bytes_start_crash(&bytes) && has_stack(&bytes);
    if is_headless {
        reader = reader.without_header();
    }
    let prefix_or_none = prefix.unwrap_or(text::Prefix::Indent(0));
    text::for_each_line(&bytes, prefix_or_none, |line| reader.line(line));
    let captured_at = text::first_time(&bytes, prefix_or_none);
    let mut dumps = reader.finish(&bytes, captured_at);
    if let Some(message) = deadlock::read(&bytes) {
        deadlock::add(message, &mut dumps, input.source);
    }
    if race::has_report(&bytes) {
        race::read(&bytes, input.source, evidence);
    }
    if dumps.is_empty() {
        return Err(ParseError::new(
            ErrorKind::Unrecognized,
            Position::line(1),
            "goroutine header",
            "no line of the form \"goroutine 1 [running]:\"",
        ));
    }
    if is_headless {
        let message = "The stack has no header: its goroutine and state are unknown.";
        facts.notes.info("no-header", Some(Position::line(1)), message);
    }
    if has_frames_above(&bytes) {
        facts.notes.data_loss(
            "frames-above-header",
            Some(Position::line(1)),
            "Frames above the first header were not read: the header of their goroutine is not in the text.",
        );
    }
    note_wrapping(prefix_or_none, facts);
    facts.captured_at = captured_at;
    facts.kind = dumps.first().map(|dump| stacks_kind(dump).to_owned());
    facts.is_partial = dumps.iter().any(|dump| dump.is_cut);
    note_several(&dumps, facts);
    if dumps.iter().all(|dump| dump.goroutines.is_empty()) {
        facts.notes.info(
            "no-goroutines",
            Some(Position::line(1)),
            "The process printed no goroutines (GOTRACEBACK=none), only the message.",
        );
    }
    for dump in dumps {
        evidence.goroutines.dumps.push(dump);
    }
    Ok(())
}

/// The text as UTF-8; says if it had to be converted.
fn readable<'a>(bytes: &'a [u8], facts: &mut Facts) -> Cow<'a, [u8]> {
    let text = text::to_utf8(bytes);
    if matches!(text, Cow::Owned(_)) {
        facts.notes.repaired(
            "utf-16",
            Some(Position::offset(0)),
            "UTF-16 text, as PowerShell's `>` writes it.",
        );
    }
    text
}

fn note_wrapping(prefix: text::Prefix, facts: &mut Facts) {
    let wrapping = match prefix {
        text::Prefix::Indent(0) => return,
        text::Prefix::Indent(_) => "indented",
        text::Prefix::Words(_) => "behind a log prefix",
        text::Prefix::Json => "inside JSON log lines",
    };
    facts.notes.info("log-wrapping", None, format!("The dump was {wrapping}, which was removed."));
}

fn note_several(dumps: &[GoroutineDump], facts: &mut Facts) {
    let Some(second) = dumps.get(1) else { return };
    facts.notes.info(
        "several-dumps",
        Some(Position::line(second.line)),
        format!(
            "The file contains {} dumps; each is a separate snapshot, and equal ones are counted once.",
            dumps.len()
        ),
    );
}

fn stacks_kind(dump: &GoroutineDump) -> &'static str {
    match dump.form {
        DumpForm::Crash => "crash",
        _ if dump.is_leak_profile => "goroutineleak-debug2",
        _ => "goroutine-debug2",
    }
}

fn parse_counts(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let bytes = readable(input.bytes, facts);
    let dump = counts::parse(&bytes, input.source, evidence, &mut facts.notes)?;
    facts.kind =
        Some(if dump.is_leak_profile { "goroutineleak-debug1" } else { "goroutine-debug1" }.to_owned());
    let listed = dump.listed();
    if dump.is_cut || dump.stated_total.is_some_and(|total| total > listed) {
        facts.is_partial = true;
        facts.notes.add(
            NoteSeverity::DataLoss,
            "profile-cut",
            None,
            format!("The text lists {listed} goroutines of {}.", dump.stated_total.unwrap_or(listed)),
        );
    }
    evidence.goroutines.dumps.push(dump);
    Ok(())
}
