//! The report for a terminal.

use std::fmt::Write as _;

use analyzer_core::base::convert::to_u64;
use analyzer_core::report::number_format::{bytes, counted, range};
use analyzer_core::report::{
    Citation, Finding, Goroutines, MemorySnapshot, NoteSeverity, RecipeContainer, Report, Resources,
    Severity, SourceRow, Verdict,
};

use crate::output;

/// Goroutine groups that are printed; the JSON form has all.
const GROUPS: usize = 20;

/// Verdict, findings, ledger, goroutine groups and trouble with files.
pub fn print(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", report.verdict);
    for finding in &report.findings {
        print_finding(&mut out, finding, report);
    }
    if let Some(memory) = &report.memory {
        print_memory(&mut out, &memory.latest);
    }
    if let Some(resources) = &report.resources {
        print_resources(&mut out, resources);
    }
    if let Some(goroutines) = &report.goroutines {
        print_goroutines(&mut out, goroutines);
    }
    for container in report.recipe.iter().flat_map(|recipe| &recipe.containers) {
        print_container(&mut out, container, report);
    }
    print_analyzers(&mut out, report);
    print_trouble(&mut out, &report.sources);
    output::lines(&out)
}

fn print_finding(out: &mut String, finding: &Finding, report: &Report) {
    let severity = match finding.severity {
        Severity::Critical => "CRITICAL",
        Severity::Warning => "WARNING",
        Severity::Info => "INFO",
    };
    let _ = writeln!(out, "\n{severity} {} [{}]\n  {}", finding.title, finding.code, finding.claim);
    if let Some(reclaim) = finding.reclaim {
        let _ = writeln!(out, "  {}: {}", reclaim.words().0, reclaim.words().1);
    }
    for citation in finding.citations.as_slice().iter().take(3) {
        let path =
            report.sources.iter().find(|row| row.id == citation.source).map_or("?", |row| row.path.as_str());
        let _ = match citation.at {
            Some(at) => writeln!(out, "  from {path}, {at}"),
            None => writeln!(out, "  from {path}"),
        };
    }
    for excerpt in &finding.excerpts {
        for line in excerpt.text() {
            let _ = writeln!(out, "    {line}");
        }
    }
    for against in &finding.against {
        let _ = writeln!(out, "  against: {against}");
    }
    for advice in &finding.advice {
        let _ = writeln!(out, "  do: {advice}");
    }
}

fn print_memory(out: &mut String, memory: &MemorySnapshot) {
    let mut broken = memory.checks.iter().filter(|check| !check.holds).peekable();
    if memory.ledger.is_empty() && broken.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "\nMEMORY at {}", memory.snapshot);
    let width = memory.ledger.iter().map(|row| row.label.chars().count()).max().unwrap_or(0);
    for row in &memory.ledger {
        let sign = if row.is_total { "=" } else { " " };
        let bounds = range(row.low, row.high, bytes).map(|range| format!("  ({range})")).unwrap_or_default();
        let _ = writeln!(out, "{sign} {:width$} {:>12}{bounds}", row.label, bytes(row.bytes));
    }
    for check in broken {
        let _ = writeln!(out, "  does not hold: {} (off by {})", check.identity, check.difference_text());
    }
}

/// Sockets, descriptors, threads and processors of the last moment of each subject.
fn print_resources(out: &mut String, resources: &Resources) {
    let snapshots = &resources.snapshots;
    for (index, moment) in snapshots.iter().enumerate() {
        let is_last = snapshots.get(index + 1).is_none_or(|next| next.subject != moment.subject);
        let facts = if is_last { moment.facts() } else { Vec::new() };
        if !facts.is_empty() {
            let _ = writeln!(out, "\nRESOURCES at {}", moment.snapshot);
        }
        for (title, line) in facts {
            let _ = writeln!(out, "  {title:<12}  {line}");
        }
    }
}

fn print_goroutines(out: &mut String, goroutines: &Goroutines) {
    let totals: Vec<String> = goroutines
        .snapshots
        .iter()
        .map(|snapshot| format!("{} {}", snapshot.snapshot, snapshot.total))
        .collect();
    let _ = writeln!(out, "\nGOROUTINES {}", totals.join(", "));
    for group in goroutines.groups.iter().take(GROUPS) {
        let verdict = match group.verdict {
            Verdict::Leak => "leak",
            Verdict::Suspect => "suspect",
            Verdict::Benign => "benign",
            Verdict::Unknown => "-",
        };
        let counts: Vec<String> = group.counts.iter().map(u64::to_string).collect();
        let frame = group.user_frame.as_ref().or(group.stack.first());
        let function = frame.map_or("?", |frame| frame.function.as_str());
        let _ = writeln!(out, "  {verdict:8} {:>14}  {:16} {function}", counts.join(" → "), group.state);
    }
    if let Some(rest) = goroutines.groups.len().checked_sub(GROUPS).filter(|rest| *rest > 0) {
        let _ = writeln!(out, "  and {}", counted(to_u64(rest), "more group", "more groups"));
    }
}

/// What a Go container is given, and the lines to change.
fn print_container(out: &mut String, container: &RecipeContainer, report: &Report) {
    if container.go.is_none() {
        return;
    }
    let place = |citation: &Citation| {
        let row = report.sources.iter().find(|row| row.id == citation.source);
        let line = citation.at.and_then(|at| at.line).map_or_else(String::new, |line| format!(":{line}"));
        format!("{}{line}", row.map_or("?", |row| row.path.as_str()))
    };
    let _ = writeln!(out, "\nRECIPE {}", container.name);
    for fact in &container.facts {
        let captured = fact.captured.as_ref().map_or_else(String::new, |captured| {
            let differs = if captured.differs { ", which differs" } else { "" };
            format!("; captured {}{differs}", captured.text)
        });
        let _ = writeln!(
            out,
            "  {:<16}  {}{captured}  ({})",
            fact.id.label(),
            fact.written,
            place(&fact.citation)
        );
    }
    for other in &container.others {
        let (label, place) = (other.id.label(), place(&other.citation));
        let _ = writeln!(out, "  stated differently elsewhere: {label} {}  ({place})", other.written);
    }
    let Some(fix) = &container.fix else { return };
    if fix.changes.is_empty() {
        let _ = writeln!(out, "  no changes needed: the manifests match the captures");
    }
    for change in &fix.changes {
        let _ = writeln!(out, "  change {} ({})\n    {}", change.text(), place(&change.citation), change.why);
    }
    for step in &fix.steps {
        let _ = writeln!(out, "    {:<44} {:>12}  {}", step.label, bytes(step.bytes), step.formula);
    }
    for note in &fix.notes {
        let _ = writeln!(out, "  note: {note}");
    }
    if !fix.patch.is_empty() {
        let _ = writeln!(out, "  {}:", fix.apply);
        for line in fix.patch.lines() {
            let _ = writeln!(out, "    {line}");
        }
    }
}

/// What only static analyzers say: none of it is a finding.
fn print_analyzers(out: &mut String, report: &Report) {
    let mut own = report.analyzers.iter().filter(|row| row.bears_out.is_none()).peekable();
    if own.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "\nREPORTED BY STATIC ANALYZERS ONLY");
    for row in own.by_ref().take(GROUPS) {
        let _ = writeln!(out, "  {}: {}: {}", row.place(), row.name(), row.message);
    }
    let rest = own.count();
    if rest > 0 {
        let _ = writeln!(out, "  and {rest} more");
    }
}

fn print_trouble(out: &mut String, sources: &[SourceRow]) {
    let mut is_first = true;
    for source in sources {
        for note in source.notes.iter().filter(|note| note.severity >= NoteSeverity::DataLoss) {
            if std::mem::take(&mut is_first) {
                let _ = writeln!(out, "\nFILES with losses");
            }
            let count = if note.count > 1 { format!(" ({} times)", note.count) } else { String::new() };
            let _ = writeln!(out, "  {}: {}{count}", source.path, note.message);
        }
    }
}
