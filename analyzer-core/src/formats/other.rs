//! What is in bundles beside captures: tables of numbers, other JSON, plain
//! logs. They are named, so that nobody wonders why they give no figures.

use super::record::text_lines;
use super::redaction::free_text;
use super::{Content, Facts, Format, Probe, Sniff};
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::evidence::Evidence;

/// The formats of this module: the last to be asked.
pub const FORMATS: &[Format] = &[
    Format {
        name: "csv",
        label: "table of numbers (CSV)",
        content: Content::Unread,
        sniff: sniff_csv,
        parse: unused,
        secrets: free_text,
    },
    Format {
        name: "json",
        label: "other JSON",
        content: Content::Unread,
        sniff: sniff_json,
        parse: unused,
        secrets: free_text,
    },
    Format {
        name: "log",
        label: "plain log",
        content: Content::Unread,
        sniff: sniff_log,
        parse: unused,
        secrets: free_text,
    },
];

fn sniff_csv(probe: &Probe<'_>) -> Sniff {
    let lines: Vec<&str> = text_lines(probe.head()).map(|(_, text)| text).take(20).collect();
    let Some((first, rows)) = lines.split_first() else { return Sniff::No };
    let columns = first.split(',').count();
    // The last row may be cut where the probe ends.
    let whole = rows.get(..rows.len().saturating_sub(1)).filter(|rows| !rows.is_empty()).unwrap_or(rows);
    let is_row = |text: &&str| {
        text.split(',').count() == columns
            && text.split(',').all(|cell| cell.is_empty() || cell.parse::<f64>().is_ok())
    };
    let is_table = columns >= 3 && !whole.is_empty() && whole.iter().all(is_row);
    if is_table { Sniff::ByContent } else { Sniff::No }
}

fn sniff_json(probe: &Probe<'_>) -> Sniff {
    let bytes = probe.bytes.trim_ascii();
    let is_closed = (bytes.starts_with(b"{") && bytes.ends_with(b"}"))
        || (bytes.starts_with(b"[") && bytes.ends_with(b"]"));
    if is_closed && serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok() {
        Sniff::ByContent
    } else {
        Sniff::No
    }
}

fn sniff_log(probe: &Probe<'_>) -> Sniff {
    let name = probe.file_name();
    let is_named = name.ends_with(".log") || name.contains("stderr") || name.contains("stdout");
    let is_text = std::str::from_utf8(probe.head()).is_ok() && !probe.head().contains(&0);
    if is_named && is_text { Sniff::ByName } else { Sniff::No }
}

fn unused(_: &Input<'_>, _: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    facts.notes.info("not-used", None, "It contains no known capture and is not used.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::recognize;

    fn name(path: &str, text: &str) -> Option<&'static str> {
        recognize(&Probe { path, bytes: text.as_bytes() }).map(|format| format.name)
    }

    #[test]
    fn tables_json_and_logs_are_named() {
        assert_eq!(name("timeline.csv", "unix_ms,usage,rss\n1,2,3\n4,5,6\n"), Some("csv"));
        assert_eq!(name("capture.json", "{\"pid\": 1}"), Some("json"));
        assert_eq!(name("stderr.log", "READY plain 77\n"), Some("log"));
        assert_eq!(name("notes.bin", "READY plain 77\n"), None);
    }
}
