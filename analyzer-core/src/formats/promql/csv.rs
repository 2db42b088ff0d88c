//! ```text
//! "Time","container_memory_rss{container=""api"",pod=""p""}"
//! 2026-11-20 20:03:00,220200960
//! ```
//! or one row a sample: `Series,Time,Value`. A column whose legend is no metric
//! is not known to be one.

use super::{Series, by_content};
use crate::base::error::ParseError;
use crate::base::source::{Input, Position};
use crate::evidence::Evidence;
use crate::formats::memstats::prometheus::{Labels, Sample, series};
use crate::formats::record::{nothing_found, text_lines};
use crate::formats::tables::{Base, amount};
use crate::formats::{Facts, Probe, Sniff};

/// Columns of a row at most: a panel has some hundred series.
const COLUMNS: usize = 4_096;

/// The cells of a row, quotes undone.
pub(super) fn cells(line: &str) -> Vec<String> {
    let separator = if !line.contains(',') && line.contains(';') { ';' } else { ',' };
    let mut cells = vec![String::new()];
    let mut chars = line.chars().peekable();
    let mut is_quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cells.last_mut().into_iter().for_each(|cell| cell.push('"'));
            }
            '"' => is_quoted = !is_quoted,
            c if c == separator && !is_quoted => {
                if cells.len() == COLUMNS {
                    break;
                }
                cells.push(String::new());
            }
            c => cells.last_mut().into_iter().for_each(|cell| cell.push(c)),
        }
    }
    cells
}

/// A header begins with `Time`, or is `Series,Time,Value`. Spreadsheets want `sep=,` above.
pub(super) fn is_header(cells: &[String]) -> bool {
    let is = |index: usize, name: &str| {
        cells.get(index).is_some_and(|cell| cell.trim().eq_ignore_ascii_case(name))
    };
    (is(0, "Time") && cells.len() > 1) || (is(0, "Series") && is(1, "Time") && is(2, "Value"))
}

fn is_time(text: &str) -> bool {
    let text = text.trim();
    let is_epoch = text.len() >= 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = text.len() >= 10
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.get(4..5).is_some_and(|mark| mark == "-" || mark == "/");
    is_epoch || is_date
}

pub fn sniff(probe: &Probe<'_>) -> Sniff {
    let mut lines = text_lines(probe.head()).map(|(_, text)| text).filter(|text| !text.starts_with("sep="));
    let header = lines.next().map(cells).filter(|header| is_header(header));
    let row = lines.next().map(cells);
    let has_time = |row: Vec<String>| row.iter().take(2).any(|cell| is_time(cell));
    by_content(header.is_some() && row.is_some_and(has_time))
}

/// Parses the newest value of every series.
/// # Errors
/// `Malformed` without a row.
pub fn parse(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let mut found = Series::default();
    let mut header: Option<Vec<String>> = None;
    // The newest value of a column, or of a series of the long form.
    let mut newest: std::collections::BTreeMap<String, (f64, Position)> = std::collections::BTreeMap::new();
    let mut rows = 0;
    for (line, text) in text_lines(input.bytes).filter(|(_, text)| !text.starts_with("sep=")) {
        let cells = cells(text);
        let Some(names) = &header else {
            header = is_header(&cells).then_some(cells);
            continue;
        };
        rows += 1;
        let is_long = names.first().is_some_and(|name| name.eq_ignore_ascii_case("series"));
        let pairs: Vec<(&String, &String)> = match (is_long, cells.first(), cells.get(2)) {
            (true, Some(series), Some(value)) => vec![(series, value)],
            _ => names.iter().zip(&cells).skip(1).collect(),
        };
        for (name, value) in pairs {
            if let Some(value) = number(value)
                && (newest.len() < COLUMNS || newest.contains_key(name))
            {
                newest.insert(name.clone(), (value, line.position()));
            }
        }
    }
    if rows == 0 || header.is_none() {
        return Err(nothing_found("CSV", "rows of a time and values below a header"));
    }
    found.samples = rows;
    for (name, (value, at)) in &newest {
        match series(name).filter(|(metric, _, rest)| metric.contains('_') && matches!(*rest, "" | "}")) {
            Some((metric, labels, _)) => {
                found.collector.add(&Sample { metric, labels: Labels::Text(labels), value: *value }, *at);
            }
            None => found.nameless += 1,
        }
    }
    facts.kind = Some("csv".to_owned());
    found.finish(input, evidence, facts);
    Ok(())
}

/// `220200960`, `2.2e8`, `210 MiB`.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.parse::<f64>().ok().filter(|value| value.is_finite());
    plain.or_else(|| amount(text, Base::Decimal).map(crate::base::convert::i64_to_f64))
}
