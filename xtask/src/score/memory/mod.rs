//! `cargo xtask score memory [DIR]`: the memory rules and identities, held
//! against captures of programs whose memory is known.
//!
//! A case is a folder with `manifest.json`, or such a folder as an archive, whose
//! truth stands in `truth.rs` by its name; a service is a folder with `truth.json`. For each: was what was
//! planted named under its rule, with its amount inside the bounds, was anything
//! named in vain, and which identities do not hold.

mod service;
mod truth;

use std::path::{Path, PathBuf};

use analyzer_core::base::units::{Bytes, Unit};
use analyzer_core::report::{Amount, Finding, Report, Severity, number_format};
use anyhow::{Result, bail};
use service::Wanted;
use strata::progress::Progress;
use truth::Scale;

/// How the name of a case ends that is an archive of its folder.
const ARCHIVE: &str = ".tar.gz";

/// Scores everything below the folders, one line a case.
///
/// # Errors
/// A folder that cannot be read, or nothing to score.
pub fn score(roots: &[PathBuf]) -> Result<()> {
    let total = assess(roots, |line| println!("{line}"))?;
    if total.cases == 0 {
        bail!("no case with a truth below {roots:?}");
    }
    println!("\n{total}");
    Ok(())
}

/// Judges every case below the folders; `tell` gets a line for each, and what is wrong with it.
fn assess(roots: &[PathBuf], mut tell: impl FnMut(String)) -> Result<Total> {
    let mut cases = Vec::new();
    for root in roots.iter().filter(|root| root.is_dir()) {
        cases_below(root, &mut cases)?;
    }
    let mut total = Total { cases: cases.len(), ..Total::default() };
    for case in &cases {
        let report = strata::input::load(std::slice::from_ref(case), &Progress::none())?.report();
        let Some(wants) = wants(case)? else {
            tell(format!("{:<52} no truth for this case", name(case)));
            total.unknown += 1;
            total.identities(&report, &mut Vec::new());
            continue;
        };
        let mut lines = Vec::new();
        let outcome = judge(&report, &wants, &mut lines);
        total.identities(&report, &mut lines);
        tell(format!(
            "{:<52} named {}/{} within {}/{} in vain {}",
            name(case),
            outcome.named,
            wants.wanted.len(),
            outcome.within,
            outcome.measured,
            outcome.in_vain
        ));
        lines.iter().for_each(|line| tell(format!("    {line}")));
        total.add(&outcome, wants.wanted.len());
    }
    Ok(total)
}

fn name(folder: &Path) -> String {
    let parts: Vec<String> = folder.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.get(parts.len().saturating_sub(3)..).unwrap_or(&parts).join("/")
}

/// What a folder's truth asks for.
struct Wants {
    wanted: Vec<Wanted>,
    /// Codes of warnings that are true besides; `None` if warnings are not judged.
    also: Option<Vec<&'static str>>,
}

fn wants(folder: &Path) -> Result<Option<Wants>> {
    let truth = folder.join("truth.json");
    if truth.is_file() {
        let truth = serde_json::from_slice(&std::fs::read(truth)?)?;
        // Services with a problem have more than what is listed: only healthy ones must be silent.
        let wants = service::wants(&truth);
        return Ok(wants.map(|wants| Wants { wanted: wants.wanted, also: wants.is_healthy.then(Vec::new) }));
    }
    let is_v1 =
        folder.iter().any(|part| part == "cgroup-v1") || folder.join("memory.usage_in_bytes").is_file();
    Ok(truth::of_case(&case_name(folder), is_v1).map(|truth| Wants {
        wanted: truth.expected.iter().map(wanted).collect(),
        also: Some(truth.also.to_vec()),
    }))
}

/// The name by which the truth knows a case.
fn case_name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.strip_suffix(ARCHIVE).map(str::to_owned).unwrap_or(name)
}

fn wanted(expected: &truth::Expected) -> Wanted {
    let (low, high) = expected.amount;
    let amount = match expected.scale {
        Scale::Mib => Some((low << 20, high << 20)),
        Scale::Count => Some((low, high)),
        Scale::Any => None,
    };
    let codes: Vec<String> = expected.codes.iter().map(|&code| code.to_owned()).collect();
    Wanted { name: codes.join(" or "), codes, amount }
}

#[derive(Default)]
struct Outcome {
    named: usize,
    measured: usize,
    within: usize,
    in_vain: usize,
}

fn judge(report: &Report, wants: &Wants, lines: &mut Vec<String>) -> Outcome {
    let mut outcome = Outcome::default();
    let memory = || report.findings.iter().filter(|finding| finding.code.starts_with("mem."));
    for wanted in &wants.wanted {
        let found = memory().find(|finding| wanted.codes.contains(&finding.code));
        outcome.named += usize::from(found.is_some());
        let Some(finding) = found else {
            lines.push(format!("MISSED {}", wanted.name));
            continue;
        };
        let Some(bounds) = wanted.amount else { continue };
        outcome.measured += 1;
        if is_within(finding, bounds) {
            outcome.within += 1;
        } else {
            let stated = finding.amount.as_ref().map_or_else(|| "nothing".to_owned(), number_format::amount);
            lines.push(format!("OUTSIDE {}: {stated}, planted {} to {}", finding.code, bounds.0, bounds.1));
        }
    }
    let Some(also) = &wants.also else { return outcome };
    let is_true = |finding: &&Finding| {
        also.contains(&finding.code.as_str())
            || wants.wanted.iter().any(|wanted| wanted.codes.contains(&finding.code))
    };
    for finding in memory().filter(|finding| finding.severity < Severity::Info && !is_true(finding)) {
        outcome.in_vain += 1;
        lines.push(format!("IN VAIN {}: {}", finding.code, finding.claim));
    }
    outcome
}

/// The finding's bounds and the truth's have an amount in common.
fn is_within(finding: &Finding, (least, most): (i64, i64)) -> bool {
    // What a program asks for is whole pages and a little more in every accounting.
    const GRAIN: i64 = 1 << 20;
    let Some(Amount { value, low, high, unit, .. }) = finding.amount else { return false };
    let grain = if unit == Unit::Bytes { GRAIN } else { 0 };
    low.unwrap_or(value) <= most + grain && high.unwrap_or(value) >= least - grain
}

#[derive(Default)]
struct Total {
    cases: usize,
    named: usize,
    wanted: usize,
    measured: usize,
    within: usize,
    in_vain: usize,
    unknown: usize,
    checks: usize,
    exact: usize,
    broken: usize,
}

impl Total {
    fn add(&mut self, outcome: &Outcome, wanted: usize) {
        self.named += outcome.named;
        self.wanted += wanted;
        self.measured += outcome.measured;
        self.within += outcome.within;
        self.in_vain += outcome.in_vain;
    }

    /// Counts the identities, and names those that do not hold.
    fn identities(&mut self, report: &Report, lines: &mut Vec<String>) {
        let snapshots = report.memory.iter().flat_map(|memory| &memory.snapshots);
        for snapshot in snapshots {
            for check in &snapshot.checks {
                self.checks += 1;
                self.exact += usize::from(check.tolerance == Bytes(0));
                self.broken += usize::from(!check.holds);
                if !check.holds {
                    let (off, may) =
                        (number_format::bytes(check.difference), number_format::bytes(check.tolerance));
                    lines.push(format!(
                        "IDENTITY {} {}: off by {off}, tolerance {may}",
                        snapshot.snapshot, check.id
                    ));
                }
            }
        }
    }
}

impl std::fmt::Display for Total {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let right = self.named;
        let said = right + self.in_vain;
        let percent = |part: usize, whole: usize| (part * 100).checked_div(whole).unwrap_or(100);
        writeln!(
            f,
            "{} cases ({} without truth): precision {}% ({right} of {said}), recall {}% ({right} of {}), amounts within bounds {}% ({} of {})",
            self.cases,
            self.unknown,
            percent(right, said),
            percent(right, self.wanted),
            self.wanted,
            percent(self.within, self.measured),
            self.within,
            self.measured,
        )?;
        write!(
            f,
            "identities: {} checked, {} of them to the byte, {} do not hold",
            self.checks, self.exact, self.broken
        )
    }
}

/// Folders of captures, sorted.
fn cases_below(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    if folder.join("truth.json").is_file() || folder.join("manifest.json").is_file() || is_logs(folder) {
        found.push(folder.to_owned());
        return Ok(());
    }
    let mut entries = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            cases_below(&path, found)?;
        } else if path.to_string_lossy().ends_with(ARCHIVE) && wants(&path)?.is_some() {
            found.push(path);
        }
    }
    Ok(())
}

/// A case of logs alone has no manifest of its own.
fn is_logs(folder: &Path) -> bool {
    folder.ends_with("gctrace-logs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_labelled_cases_score_as_held() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/memory");
        let held = std::fs::read_to_string(root.join("held.txt")).expect("held.txt");
        let mut wrong = Vec::new();
        let total = assess(&[root], |line| wrong.push(line)).expect("cases");
        wrong.retain(|line| line.starts_with(' '));
        assert_eq!(format!("{total}\n"), held, "left: the figures now; what is wrong:\n{}", wrong.join("\n"));
    }
}
