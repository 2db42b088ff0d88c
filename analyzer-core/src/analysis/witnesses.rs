//! Static analyzers as witnesses: a leak, a growth or a crash that an analyzer points at, too.
//!
//! They share a place if they name one line, or one function where the analyzer's rule is of the
//! finding's kind. Files of captures and of analyzers are of different machines: the ends of their
//! paths compare.

use std::collections::BTreeMap;

use crate::base::go_symbol::Origin;
use crate::base::source::SourceSpan;
use crate::evidence::Evidence;
use crate::evidence::analyzers::Diagnostic;
use crate::report::{
    AnalyzerDiagnostic, Citation, Citations, Confidence, Finding, GoroutineGroup, Goroutines, StackFrame,
};

/// Lines around a place that are taken for its function, where the function's extent is not known.
const NEAR: u32 = 6;

/// Rules about what is never ended, closed or freed.
const LEAKS: &[&str] = &[
    "lostcancel",
    "bodyclose",
    "sqlclosecheck",
    "rowserrcheck",
    "deferinloop",
    "contextcheck",
    "noctx",
    "containedctx",
    "fatcontext",
    "spancheck",
    "SA1015",
    "SA2000",
    "SA2002",
    "SA4011",
    "SA5003",
    "SA5011",
    "waitgroup",
];

/// Rules about what ends a program.
const CRASHES: &[&str] = &[
    "nilness",
    "SA5011",
    "SA5000",
    "SA5007",
    "SA2003",
    "SA5012",
    "copylocks",
    "forcetypeassert",
    "nilerr",
    "nilnesserr",
    "unmarshal",
    "atomic",
    "waitgroup",
    "SA2000",
];

/// Joins the diagnostics to the findings that name their places: each says so and gains confidence.
/// Gives all diagnostics, with what they bear out.
pub fn join(
    evidence: &Evidence,
    goroutines: Option<&Goroutines>,
    findings: &mut [Finding],
) -> Vec<AnalyzerDiagnostic> {
    let mut rows: Vec<AnalyzerDiagnostic> =
        evidence.diagnostics.iter().map(|row| named(evidence, row)).collect();
    if rows.is_empty() {
        return rows;
    }
    let mut by_file: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        by_file.entry(base_name(&row.file).to_owned()).or_default().push(index);
    }
    for finding in findings {
        let Some(rules) = rules_of(&finding.code) else { continue };
        let group = finding.group.as_deref();
        let group =
            goroutines.zip(group).and_then(|(all, id)| all.groups.iter().find(|group| group.id == id));
        let places = places(finding, group);
        let mut met: Vec<(usize, bool)> = Vec::new();
        for place in &places {
            let Some((file, line)) = place.file.as_deref().zip(place.line) else { continue };
            for &index in by_file.get(base_name(file)).into_iter().flatten() {
                let Some(row) = rows.get(index) else { continue };
                let is_near = row.line.abs_diff(line) <= NEAR && rules.contains(&row.rule.as_str());
                if (row.line == line || is_near) && is_same_file(&row.file, file) {
                    match met.iter_mut().find(|(known, _)| *known == index) {
                        Some((_, is_exact)) => *is_exact |= row.line == line,
                        None => met.push((index, row.line == line)),
                    }
                }
            }
        }
        met.sort_unstable();
        for (index, is_exact) in met {
            let Some(row) = rows.get_mut(index) else { continue };
            bear_out(finding, row, is_exact, rules.contains(&row.rule.as_str()));
            row.bears_out.get_or_insert_with(|| finding.code.clone());
        }
    }
    rows
}

/// The rules that speak of the same kind of fault; `None` for findings that no source shows.
fn rules_of(code: &str) -> Option<&'static [&'static str]> {
    let is_leak =
        ["goroutine.", "prof.heap.", "prof.stack.", "trace."].iter().any(|kind| code.starts_with(kind));
    match () {
        () if is_leak => Some(LEAKS),
        () if code.starts_with("crash") => Some(CRASHES),
        () => None,
    }
}

fn named(evidence: &Evidence, row: &Diagnostic) -> AnalyzerDiagnostic {
    let text = |id| evidence.strings.get(id).to_owned();
    AnalyzerDiagnostic {
        tool: text(row.tool),
        rule: text(row.rule),
        file: text(row.file),
        line: row.line,
        message: text(row.message),
        source: row.source,
        at: Some(row.at).filter(|at| *at != Default::default()),
        bears_out: None,
    }
}

/// The lines of the program that a finding is about.
fn places<'f>(finding: &'f Finding, group: Option<&'f GoroutineGroup>) -> Vec<&'f StackFrame> {
    let own = |frame: &&StackFrame| frame.origin == Origin::Own;
    let of_group = group.into_iter().flat_map(|group| {
        group.user_frame.iter().chain(&group.created_by).chain(group.stack.iter().filter(own))
    });
    finding.places.iter().chain(of_group).collect()
}

fn bear_out(finding: &mut Finding, row: &AnalyzerDiagnostic, is_exact: bool, is_of_kind: bool) {
    let at = if is_exact { "here too" } else { "next to it" };
    let (name, place, message) = (row.name(), row.place(), row.message.trim_end_matches('.'));
    finding.claim.push_str(&format!(" {name} reports {at}, {place}: \u{201c}{message}\u{201d}."));
    if is_of_kind {
        finding.confidence = match finding.confidence {
            Confidence::Possible => Confidence::Likely,
            Confidence::Likely | Confidence::Certain => Confidence::Certain,
        };
    }
    let span = SourceSpan { source: row.source, at: row.at.unwrap_or_default() };
    let mut citations = finding.citations.as_slice().to_vec();
    citations.push(Citation::place(span));
    if let Some(citations) = Citations::from_list(citations) {
        finding.citations = citations;
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// True if two paths may be of one file: two or more of their last parts are equal, or one of them
/// is the end of the other.
fn is_same_file(one: &str, other: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        let parts = path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".");
        parts.map(str::to_owned).collect()
    };
    let (one, other) = (parts(one), parts(other));
    let common = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    common >= 2 || (common > 0 && common == one.len().min(other.len()))
}

#[cfg(test)]
mod tests;
