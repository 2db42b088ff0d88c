//! ```text
//! Attaching 2 probes...
//!
//! @bytes[
//!     main.decode+26
//! , video]: 4063232
//! @n: 235
//! @us:
//! [8, 16)               88 |@@@      |
//! [16K, 32K)             2 |         |
//! ```

use super::rows::Rows;
use crate::base::error::ParseError;
use crate::base::reader::Lines;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::formats::record::text_lines;
use crate::formats::{Facts, Probe, Sniff};

/// True for a map's first line: `@`, a name, then `[`, `: ` or `:` at the end.
fn is_map(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('@') else { return false };
    let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    name.starts_with('[') || name == ":" || name.strip_prefix(": ").is_some_and(|value| head(value).is_some())
}

/// The number that a value begins with; of statistics the count.
fn head(value: &str) -> Option<i64> {
    let value = value.strip_prefix("count ").unwrap_or(value);
    value.split([' ', ',']).next()?.trim().parse().ok()
}

/// True if maps stand below what bpftrace says when it begins, or alone.
pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let (mut has_start, mut values) = (false, 0);
    for (_, text) in text_lines(probe.head()) {
        has_start |= text.starts_with("Attaching ") && text.contains(" probe");
        values += usize::from(is_entry_end(text) || bucket(text).is_some());
    }
    let has_map = text_lines(probe.head()).any(|(_, text)| is_map(text));
    if has_map && values > 0 && (has_start || values > 2) { Sniff::ByContent } else { Sniff::No }
}

/// True for the end of an entry: `@n: 235`, `@a[x]: 1`, `, video]: 4`.
fn is_entry_end(text: &str) -> bool {
    let value = text.rsplit_once("]: ").map(|(_, value)| value);
    let value = value.or_else(|| text.strip_prefix('@')?.split_once(": ").map(|(_, value)| value));
    value.is_some_and(|value| head(value).is_some())
}

/// `[8, 16)   88 |@@@ |`, `(..., 0)`, `[1M, ...)`, `[0]`.
fn bucket(text: &str) -> Option<(Option<i64>, Option<i64>, u64)> {
    let (range, rest) = text.strip_prefix(['[', '('])?.split_once([')', ']'])?;
    let (count, bar) = rest.trim_start().split_once(' ')?;
    if !bar.trim_start().starts_with('|') {
        return None;
    }
    let count = count.parse().ok()?;
    Some(match range.split_once(',') {
        Some((low, high)) => (bound(low), bound(high), count),
        None => (bound(range), bound(range).map(|low| low.saturating_add(1)), count),
    })
}

/// `16`, `16K`, `1M`.
fn bound(text: &str) -> Option<i64> {
    let text = text.trim();
    let end = text.len() - text.bytes().rev().take_while(u8::is_ascii_alphabetic).count();
    let (number, suffix) = text.split_at_checked(end)?;
    let shift = match suffix {
        "" => 0,
        "K" | "k" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(1 << shift)
}

/// Parses maps and histograms.
/// # Errors
/// `Malformed` without any.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut rows = Rows::new(input);
    // A map whose key goes on over lines, and the histogram that buckets are of.
    let mut open: Option<(String, String, Position)> = None;
    let mut histogram: Option<(String, String)> = None;
    for line in Lines::new(input.bytes) {
        let text = line.text().trim_end();
        if let Some((name, mut key, at)) = open.take() {
            match close(text) {
                Some((last, value)) => {
                    key.push_str(last);
                    histogram = entry(&name, &tidy(&key), value, at, &mut rows, evidence);
                }
                None => {
                    key.push_str(text);
                    key.push('\n');
                    open = Some((name, key, at));
                }
            }
            continue;
        }
        if let Some((low, high, count)) = bucket(text.trim()) {
            if let Some((name, key)) = &histogram {
                rows.bucket((name, key), (low, high), count, line.position(), evidence);
            }
            continue;
        }
        if !is_map(text) {
            continue;
        }
        histogram = None;
        let end = text.find(['[', ':']).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        match rest.strip_prefix('[') {
            Some(rest) => match close(rest) {
                Some((key, value)) => {
                    histogram = entry(name, &tidy(key), value, line.position(), &mut rows, evidence);
                }
                None => open = Some((name.to_owned(), format!("{rest}\n"), line.position())),
            },
            None => {
                let value = rest.trim_start_matches(':').trim();
                histogram = entry(name, "", value, line.position(), &mut rows, evidence);
            }
        }
    }
    rows.finish(evidence, facts)
}

/// The end of a key and the value behind it.
fn close(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.rsplit_once("]:")?;
    let value = value.trim();
    (value.is_empty() || head(value).is_some()).then_some((key, value))
}

/// The key as JSON has it: its parts joined with `,` alone.
fn tidy(key: &str) -> String {
    key.replace(", \n", ",\n").replace("\n, ", "\n,").replace(", ", ",")
}

/// Stores a value; without one it is a histogram, whose buckets follow.
fn entry(
    name: &str,
    key: &str,
    value: &str,
    at: Position,
    rows: &mut Rows<'_>,
    evidence: &mut Evidence,
) -> Option<(String, String)> {
    match head(value) {
        Some(number) => {
            rows.entry(name, key, number, at, evidence);
            None
        }
        None => Some((name.to_owned(), key.to_owned())),
    }
}
