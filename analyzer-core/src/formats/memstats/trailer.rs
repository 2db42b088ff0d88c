//! `heap?debug=1`: a heap profile as text, and after it `# runtime.MemStats`.

use super::fields::MEMSTATS;
use super::heap_stacks;
use crate::base::error::{ErrorKind, ParseError};
use crate::base::reader::Lines;
use crate::base::source::{Input, Position};
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;
use crate::formats::record::{RecordBuilder, decimal, text_lines};
use crate::formats::{Facts, Probe, Sniff};

const TITLE: &str = "# runtime.MemStats";

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let first = text_lines(probe.head()).next().map_or("", |(_, text)| text);
    let is_trailer = first.starts_with(TITLE);
    let is_profile = first.starts_with("heap profile: ") && first.contains(" @ heap/");
    if is_profile || is_trailer { Sniff::ByContent } else { Sniff::No }
}

/// Parses the trailer and the profile's totals.
/// # Errors
/// `Truncated` if neither is there.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut record = RecordBuilder::new(input, evidence, facts, RecordKind::Runtime, "heap.debug1");
    let mut in_trailer = false;
    let last_line = Lines::new(input.bytes).last().filter(|_| !Lines::ends_with_newline(input.bytes));
    for line in Lines::new(input.bytes) {
        let bytes = line.bytes.trim_ascii();
        // What stands in a line that was cut may be half a number.
        if last_line.is_some_and(|last| last.number == line.number) && record.value("GCSys").is_none() {
            break;
        }
        if line.number == 1 {
            totals(line.text(), &mut record);
        }
        if !bytes.starts_with(b"#") {
            continue;
        }
        in_trailer |= bytes == TITLE.as_bytes();
        if in_trailer
            && let Some((name, value)) = line.text().trim_start_matches(['#', ' ']).split_once(" = ")
        {
            field(name, value.trim(), line.position(), &mut record);
        }
    }
    if record.is_empty() {
        let message = "neither profile totals nor MemStats were found";
        return Err(ParseError::new(ErrorKind::Truncated, Position::line(1), "heap.debug1", message));
    }
    let is_whole = record.value("GCSys").is_some();
    record.finish();
    if let Some(last) = last_line.filter(|_| !is_whole && in_trailer) {
        facts.is_partial = true;
        let field: String =
            last.text().trim_start_matches(['#', ' ']).chars().take_while(|c| c.is_alphanumeric()).collect();
        let message = format!(
            "The MemStats trailer is truncated in the middle of a line ({field}); that field and those after it are missing."
        );
        facts.notes.data_loss("cut", Some(last.position()), message);
    } else if !is_whole {
        facts.is_partial = true;
        facts.notes.data_loss(
            "no-memstats",
            None,
            "The file ends before the MemStats trailer; only the profile's totals and stacks are available.",
        );
        // Beside the figures of the runtime the stacks are those of the profile that was captured with them.
        heap_stacks::read(input, evidence, facts)?;
    }
    Ok(())
}

/// `heap profile: 33: 3168 [33: 3169] @ heap/1048576`: objects and bytes in use,
/// then allocated, as sampled (not scaled up), and twice the sampling rate.
fn totals(text: &str, record: &mut RecordBuilder<'_>) {
    let Some(rest) = text.trim().strip_prefix("heap profile: ") else { return };
    let numbers: Vec<i64> = rest.split(|c: char| !c.is_ascii_digit()).filter_map(decimal).collect();
    let names = ["inuse_objects", "inuse_space", "alloc_objects", "alloc_space", "rate"];
    let units = [Unit::Count, Unit::Bytes, Unit::Count, Unit::Bytes, Unit::Bytes];
    for ((name, unit), value) in names.iter().zip(units).zip(numbers) {
        record.figure(&format!("profile {name}"), value, unit, Position::line(1));
    }
}

/// `Stack = 917504 / 917504` holds two fields; the others one.
fn field(name: &str, value: &str, at: Position, record: &mut RecordBuilder<'_>) {
    let pair = match name {
        "Stack" => Some(("StackInuse", "StackSys")),
        "MSpan" => Some(("MSpanInuse", "MSpanSys")),
        "MCache" => Some(("MCacheInuse", "MCacheSys")),
        _ => None,
    };
    if let Some((inuse, sys)) = pair {
        let Some((first, second)) = value.split_once(" / ") else { return };
        for (key, value) in [(inuse, first), (sys, second)] {
            if let Some(value) = decimal(value) {
                record.named_figure(key, name, value, Unit::Bytes, at);
            }
        }
        return;
    }
    let known = MEMSTATS.iter().find(|(field, _, _)| *field == name);
    if let (Some((field, _, unit)), Some(value)) = (known, decimal(value)) {
        record.figure(field, value, *unit, at);
    }
}
