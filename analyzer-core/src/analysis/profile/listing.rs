//! pprof's `-list`: functions line by line, with flat and cum beside the source.
//! Source: `printSource` and `getSourceFromFile` of `internal/report/source.go`.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::go_regex::compile;
use super::measurement::{percentage, scaled_label};
use super::query::{Granularity, Query, QueryError};
use super::text::{clean_path, trim_path};
use super::top::{Order, top};
use super::view::View;
use crate::evidence::Evidence;

/// Lines that are shown around those with samples.
const MARGIN: i64 = 5;

/// Functions with what each of their lines costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// What is counted ("inuse_space").
    pub sample_type: String,
    /// The unit of all amounts ("bytes").
    pub unit: String,
    /// What percentages are of, see [`View::total`].
    pub total: i64,
    /// The functions, by name and file.
    pub functions: Vec<ListedFunction>,
}

/// A function in a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ListedFunction {
    /// Its name.
    pub name: String,
    /// The file as the profile names it; empty if it names none.
    pub file: String,
    /// The sum over its lines.
    pub flat: i64,
    /// The sum over its lines: one that calls another is counted twice.
    pub cum: i64,
    /// The line that it starts at; 0 if the profile does not know.
    pub start: i64,
    /// The first line to show.
    pub first: i64,
    /// The last line to show.
    pub last: i64,
    /// Lines with an amount, by number.
    pub lines: Vec<ListedLine>,
}

/// What a line costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedLine {
    /// Its number, from 1.
    pub line: i64,
    /// What it costs itself.
    pub flat: i64,
    /// What it costs with all it calls.
    pub cum: i64,
}

/// The functions of a profile whose names match, line by line.
/// # Errors
/// As for [`View::new`]; `BadFilter` if `pattern` is no expression.
pub fn listing(evidence: &Evidence, query: &Query, pattern: &str) -> Result<Listing, QueryError> {
    let pattern = compile("list", pattern)?;
    let query = Query { granularity: Granularity::Lines, ..query.clone() };
    let view = View::new(evidence, &query)?;
    Ok(Listing {
        sample_type: view.sample_type().to_owned(),
        unit: view.unit().to_owned(),
        total: view.total(),
        functions: functions(evidence, &query, &view, |name| pattern.is_match(name)),
    })
}

/// The functions of a view of lines whose names match.
pub(super) fn functions(
    evidence: &Evidence,
    query: &Query,
    view: &View<'_>,
    is_match: impl Fn(&str) -> bool,
) -> Vec<ListedFunction> {
    let mut functions: BTreeMap<(String, String), BTreeMap<i64, ListedLine>> = BTreeMap::new();
    for row in top(view, Order::Flat).rows() {
        let key = view.keys.get(row.key);
        let (name, file) = (view.names.get(key.name), view.names.get(key.file));
        if name.is_empty() || !is_match(name) {
            continue;
        }
        let lines = functions.entry((name.to_owned(), file.to_owned())).or_default();
        let line = lines.entry(key.line).or_insert(ListedLine { line: key.line, flat: 0, cum: 0 });
        line.flat = line.flat.saturating_add(row.flat);
        line.cum = line.cum.saturating_add(row.cum);
    }
    let starts = starts(evidence, query);
    let functions = functions.into_iter().map(|((name, file), lines)| {
        let start = starts.get(&(name.clone(), file.clone())).copied().unwrap_or(0);
        function(name, file, start, lines.into_values().collect())
    });
    functions.collect()
}

fn function(name: String, file: String, start: i64, lines: Vec<ListedLine>) -> ListedFunction {
    let sum = |of: fn(&ListedLine) -> i64| lines.iter().map(of).fold(0, i64::saturating_add);
    let first = lines.first().map_or(0, |line| line.line);
    let first = if start > 0 { start } else { first.saturating_sub(MARGIN) };
    let last = lines.last().map_or(0, |line| line.line).saturating_add(MARGIN);
    let (flat, cum) = (sum(|line| line.flat), sum(|line| line.cum));
    ListedFunction { name, file, flat, cum, start, first: first.max(1), last, lines }
}

/// The line that each function starts at, where the profiles know it.
fn starts(evidence: &Evidence, query: &Query) -> BTreeMap<(String, String), i64> {
    let sources = std::iter::once(query.source).chain(query.base.map(|base| base.source));
    let profiles = sources.filter_map(|source| evidence.profile_of(source));
    let mut starts: BTreeMap<(String, String), i64> = BTreeMap::new();
    for function in profiles.flat_map(|profile| &profile.functions).filter(|function| function.start_line > 0)
    {
        let file = trim_path(evidence.strings.get(function.file));
        let file = if file.is_empty() { String::new() } else { clean_path(file) };
        let key = (evidence.strings.get(function.name).to_owned(), file);
        let start = starts.entry(key).or_insert(function.start_line);
        *start = (*start).min(function.start_line);
    }
    starts
}

/// The listing as `go tool pprof -list` prints it. `unit` as for [`super::top_text`]; `source` gives
/// the lines of a file, or why it has none.
pub fn list_text<'s>(
    listing: &Listing,
    unit: Option<&str>,
    mut source: impl FnMut(&ListedFunction) -> Result<Vec<&'s str>, String>,
) -> String {
    let unit = unit.unwrap_or("minimum");
    let label = |value| scaled_label(value, &listing.unit, unit);
    let or_dot = |value| if value == 0 { ".".to_owned() } else { label(value) };
    // Writing to a string cannot fail.
    let mut out = format!("Total: {}\n", label(listing.total));
    for function in &listing.functions {
        if function.file.is_empty() {
            let _ = writeln!(out, "No source information for {}", function.name);
            continue;
        }
        let _ = writeln!(out, "ROUTINE ======================== {} in {}", function.name, function.file);
        let share = percentage(function.cum, listing.total);
        let (flat, cum) = (label(function.flat), label(function.cum));
        let _ = writeln!(out, "{flat:>10} {cum:>10} (flat, cum) {share} of Total");
        match source(function) {
            Err(why) => {
                let _ = writeln!(out, " Error: {why}");
            }
            Ok(text) => {
                let mut costs = function.lines.iter().peekable();
                for line in function.first..=function.last {
                    let at = usize::try_from(line - 1).ok();
                    let Some(words) = at.and_then(|at| text.get(at)) else { break };
                    while costs.next_if(|cost| cost.line < line).is_some() {}
                    let cost = costs.next_if(|cost| cost.line == line).copied().unwrap_or_default();
                    let (flat, cum) = (or_dot(cost.flat), or_dot(cost.cum));
                    let _ = writeln!(out, "{flat:>10} {cum:>10} {line:>6}:{words}");
                }
            }
        }
    }
    out
}
