//! Tables of `pprof -top` and `-text`, which people paste in place of the profile.
//!
//! ```text
//! Type: inuse_space
//! Showing nodes accounting for 1854.79MB, 83.72% of 2215.54MB total
//!       flat  flat%   sum%        cum   cum%
//!   569.03MB 25.68% 25.68%   569.03MB 25.68%  example.com/store.(*Index).Add
//! ```
//! google/pprof, internal/report/report.go (`printText`). Go 1.8 and older print `23.28s of 24.63s total
//! (94.52%)`. A table holds no stacks, and leaves small functions out: it is told as it is, and judged by nothing.
//!
//! Any input is safe: each line is looked at once, rows are bounded.

use super::record::{nothing_found, text_lines};
use super::redaction::Marks;
use super::tables::{Base, amount};
use super::{Content, Facts, Format, Probe, Sniff, may_end_in_dump};
use crate::base::convert::{rounded_i64, to_u32};
use crate::base::error::ParseError;
use crate::base::limits::TOP_ROWS;
use crate::base::source::Input;
use crate::base::units::Unit;
use crate::evidence::Evidence;
use crate::evidence::probes::{TopRow, TopTable};

/// The format of this module.
pub const FORMATS: &[Format] = &[Format {
    name: "pprof-top",
    label: "pprof -top table",
    content: Content::Lines,
    sniff,
    parse,
    secrets,
}];

/// The columns of a listing of callers, which is another table.
const TREE: &[u8] = b"calls calls%";
/// Lines in which a table is looked for.
const LINES: usize = 400;

/// A row, taken apart.
struct Row<'a> {
    flat: (i64, Unit),
    cum: (i64, Unit),
    function: &'a str,
}

fn is_header(text: &str) -> bool {
    text.split_whitespace().eq(["flat", "flat%", "sum%", "cum", "cum%"])
}

fn row(text: &str) -> Option<Row<'_>> {
    let mut rest = text.trim_start();
    let mut cell = || {
        let (cell, after) = rest.split_once(char::is_whitespace)?;
        rest = after.trim_start();
        Some(cell)
    };
    let (flat, flat_share, sum_share, cum, cum_share) = (cell()?, cell()?, cell()?, cell()?, cell()?);
    let is_share = |cell: &str| cell.strip_suffix('%').is_some_and(|share| share.parse::<f64>().is_ok());
    let is_row = [flat_share, sum_share, cum_share].into_iter().all(is_share) && !rest.is_empty();
    let (flat, cum) = (figure(flat)?, figure(cum)?);
    is_row.then_some(Row { flat, cum, function: rest })
}

/// `569.03MB` (in powers of 1024), `120ms`, `5040`, and what it counts.
fn figure(text: &str) -> Option<(i64, Unit)> {
    const TIMES: [(&str, f64); 8] = [
        ("ns", 1.0),
        ("us", 1e3),
        ("\u{b5}s", 1e3),
        ("ms", 1e6),
        ("mins", 6e10),
        ("hrs", 3.6e12),
        ("days", 8.64e13),
        ("s", 1e9),
    ];
    let bare = text.strip_prefix('-').unwrap_or(text);
    let sign = if bare.len() == text.len() { 1 } else { -1 };
    if !bare.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some((number, factor)) =
        TIMES.iter().find_map(|(unit, factor)| Some((bare.strip_suffix(unit)?, factor)))
        && let Ok(number) = number.parse::<f64>()
    {
        return Some((sign * rounded_i64(number * factor)?, Unit::Nanoseconds));
    }
    let unit = if bare.ends_with('B') { Unit::Bytes } else { Unit::Count };
    amount(bare, Base::Binary).map(|value| (sign * value, unit))
}

/// `… 83.72% of 2215.54MB total`, `23.28s of 24.63s total (94.52%)`, `Total: 2525 samples`.
fn total(text: &str) -> Option<(i64, Unit)> {
    let of = text.split_once(" of ").and_then(|(_, rest)| rest.split_once(" total"));
    let old = || text.strip_prefix("Total: ")?.split_once(' ');
    figure(of.or_else(old)?.0.trim())
}

fn sniff(probe: &Probe<'_>) -> Sniff {
    if memchr::memmem::find(probe.head(), TREE).is_some() {
        return Sniff::No;
    }
    // A crash in the same log tells more.
    if may_end_in_dump(probe) {
        return Sniff::No;
    }
    let is_table = text_lines(probe.head()).take(LINES).any(|(_, text)| row(text).is_some());
    let is_titled =
        text_lines(probe.head()).take(LINES).any(|(_, text)| is_header(text) || total(text).is_some());
    if is_table && is_titled { Sniff::ByContent } else { Sniff::No }
}

/// Parses the rows of every table.
/// # Errors
/// `Malformed` without a row.
fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let (mut kind, mut stated) = (String::new(), None);
    let Evidence { strings, probes, .. } = evidence;
    let first = probes.top_rows.len();
    let mut open: Option<usize> = None;
    for (line, text) in text_lines(input.bytes) {
        if let Some(name) = text.strip_prefix("Type: ") {
            name.trim().clone_into(&mut kind);
        }
        if let Some(found) = total(text) {
            (stated, open) = (Some(found), None);
        }
        let Some(row) = row(text) else { continue };
        if probes.top_rows.len() - first >= TOP_ROWS {
            facts.is_partial = true;
            let message = format!("There are more than {TOP_ROWS} rows; the rest is ignored.");
            facts.notes.data_loss("too-many-rows", Some(line.position()), message);
            break;
        }
        let table = *open.get_or_insert_with(|| {
            let total = stated.take();
            probes.tops.push(TopTable {
                source: input.source,
                at: line.position(),
                kind: strings.intern(&kind),
                unit: total.map_or(row.flat.1, |(_, unit): (i64, Unit)| unit),
                total: total.map(|(value, _)| value),
            });
            probes.tops.len() - 1
        });
        // A zero has no unit.
        if let Some(top) = probes.tops.get_mut(table).filter(|top| top.unit == Unit::Count) {
            top.unit = if row.flat.1 == Unit::Count { row.cum.1 } else { row.flat.1 };
        }
        probes.top_rows.push(TopRow {
            table: to_u32(table),
            at: line.position(),
            function: strings.intern(row.function),
            flat: row.flat.0,
            cum: row.cum.0,
        });
    }
    facts.kind = Some("top".to_owned());
    if probes.top_rows.len() == first {
        return Err(nothing_found("pprof -top", "a row of figures, shares and a function"));
    }
    let message = "The table has no stacks and omits small functions. To see callers, use the profile itself: the file that was passed to pprof, or save it with pprof -proto -output=profile.pb.gz SOURCE.";
    facts.notes.info("no-stacks", None, message);
    Ok(())
}

/// Figures and functions stay, as in a profile.
fn secrets(input: &Input<'_>, marks: &mut Marks<'_>) -> Result<(), &'static str> {
    for (_, text) in text_lines(input.bytes) {
        if is_header(text) || row(text).is_some() {
            marks.keep(text.as_bytes());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::Report;
    use crate::session::Session;

    fn report(text: &str) -> Report {
        let mut session = Session::default();
        session.add("paste.txt", text.as_bytes().to_vec());
        session.report()
    }

    const HEAP: &str = "File: shop\nType: inuse_space\nShowing nodes accounting for 1854MB, 83.72% of 2048MB total\nDropped 121 nodes (cum <= 11.08MB)\n      flat  flat%   sum%        cum   cum%\n  512.50MB 25.02% 25.02%   600MB 29.30%  example.com/store.(*Index).Add\n         0     0% 25.02%   900MB 43.95%  main.main\n";
    const CPU: &str = "$ go tool pprof -top cpu.prof\n23.28s of 24.63s total (94.52%)\n      flat  flat%   sum%        cum   cum%\n     3.82s 15.51% 15.51%     11.60s 47.10%  runtime.pcvalue\n     120ms  0.49% 16.00%      120ms  0.49%  main.f (inline)\n";
    const COUNT: &str = "(pprof) top\nShowing nodes accounting for 5040, 99.94% of 5043 total\n      flat  flat%   sum%        cum   cum%\n      5040 99.94% 99.94%       5040 99.94%  runtime.gopark\n         0     0% 99.94%         49  0.97%  example.com/icmp.Ping\n";

    #[test]
    fn the_rows_of_a_table_are_told_with_their_units_and_the_total() {
        for (text, says) in [
            (HEAP, ["inuse_space", "2.0 GiB", "example.com/store.(*Index).Add", "512.5 MiB"]),
            (CPU, ["pprof -top", "24.63 s", "runtime.pcvalue", "3.82 s"]),
            (COUNT, ["pprof -top", "5,043", "runtime.gopark", "5,040"]),
        ] {
            for text in [text.to_owned(), format!("It grows:\n```\n{text}```\nWhy?\n")] {
                let report = report(&text);
                assert_eq!(report.sources[0].format.as_deref(), Some("pprof-top"), "{text}");
                for words in says {
                    assert!(report.verdict.contains(words), "{words}: {}", report.verdict);
                }
                assert!(!report.verdict.contains("No problem"), "{}", report.verdict);
                assert_eq!(report.tables[0].rows.len(), 2);
            }
        }
    }

    #[test]
    fn a_number_with_two_signs_is_none() {
        let row = "--9223372036854775808ns 1% 1% 1s 1% main.f";
        assert!(super::row(row).is_none());
        let report = report(&format!("{CPU}{row}\n"));
        assert_eq!(report.tables[0].rows.len(), 2);
    }

    #[test]
    fn a_crash_below_the_table_is_read() {
        let crash = "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:9 +0x1d\n";
        let far = "2026/11/30 10:00:01 INFO ready\n".repeat(3000);
        let report = report(&format!("{CPU}{far}{crash}"));
        assert_eq!(report.sources[0].format.as_deref(), Some("goroutine-dump"), "{}", report.verdict);
    }

    #[test]
    fn two_tables_of_one_session_stay_two() {
        let report = report(&format!("{COUNT}{CPU}"));
        let titles: Vec<&str> = report.tables.iter().map(|table| table.title.as_str()).collect();
        assert_eq!(titles, ["pprof -top, 5,043 in total", "pprof -top, 24.63 s in total"]);
    }
}
