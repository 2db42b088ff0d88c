//! `cargo xtask score resources [DIR]`: what sockets, descriptors, threads and CPU files are said to
//! prove, held against captures of services with planted leaks and of healthy ones.
//!
//! A case is a folder with `truth.json`: `must_report` lists the rules that must be found,
//! `must_not_report` those that must not (`net.*` is a family, and so is `mem.oom`). A rule is the first
//! word of its entry, `anything` is every rule; `for NAME`, and in what must not be `(NAME ...)`, is whom
//! the finding would be about. What else is found at warning in one of the families is listed as beside.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use analyzer_core::report::{Finding, Report, Severity};
use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::cases;

/// The families that this score is about.
const FAMILIES: [&str; 7] = ["net.", "fd.", "thr.", "cpu.", "spec.", "ebpf.", "otel."];

/// What must and must not be said of a case.
#[derive(Debug, Default, Deserialize)]
struct Truth {
    #[serde(default)]
    must_report: Vec<String>,
    #[serde(default)]
    must_not_report: Vec<String>,
}

/// The rule that an entry names; what stands behind it explains.
fn rule(entry: &str) -> &str {
    entry.split_whitespace().next().unwrap_or_default().trim_end_matches(':')
}

/// True if a finding is of the rule or family that an entry names. Kinds of leaks stand without their family.
fn is_of(finding: &Finding, entry: &str) -> bool {
    let code = finding.code.as_str();
    match rule(entry) {
        "anything" => true,
        rule => match rule.strip_suffix('*') {
            Some(family) => code.starts_with(family),
            None => {
                code.strip_prefix(rule).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                    || code.strip_prefix("goroutine.") == Some(rule)
            }
        },
    }
}

/// True if a finding is what an entry forbids: of its rule, and about whom it names, if it names one.
fn is_forbidden(finding: &Finding, entry: &str) -> bool {
    let rest = entry.split_once(' ').map_or("", |(_, rest)| rest);
    let name = match rest.strip_prefix("for ") {
        Some(whom) => whom.split(" (").next().and_then(|whom| whom.split(' ').next_back()),
        None => rest.strip_prefix('(').and_then(|whom| whom.split([' ', ')', ':']).next()),
    };
    let is_word = |text: &str, name: &str| {
        text.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)))
            .any(|word| word.trim_end_matches('.') == name)
    };
    is_of(finding, entry)
        && name.is_none_or(|name| is_word(&finding.title, name) || is_word(&finding.claim, name))
}

/// What all cases came to.
#[derive(Debug, Default)]
pub struct Total {
    /// Wanted and found, by rule.
    rules: BTreeMap<String, (usize, usize)>,
    /// Findings that must not be.
    pub wrong: usize,
    /// Warnings of the families that no truth names.
    pub beside: usize,
    /// Cases.
    pub cases: usize,
}

impl Total {
    /// Rules that must be reported, and how many of them were, over all cases.
    pub fn recall(&self) -> (usize, usize) {
        self.rules.values().fold((0, 0), |(wanted, found), tally| (wanted + tally.0, found + tally.1))
    }

    fn add(&mut self, truth: &Truth, report: &Report, lines: &mut Vec<String>) {
        for entry in &truth.must_report {
            let is_found = report.findings.iter().any(|finding| is_of(finding, entry));
            let tally = self.rules.entry(rule(entry).to_owned()).or_default();
            *tally = (tally.0 + 1, tally.1 + usize::from(is_found));
            if !is_found {
                lines.push(format!("MISSED {entry}"));
            }
        }
        for finding in &report.findings {
            let told = format!("{:?} {}: {}", finding.severity, finding.code, finding.claim);
            let is_in_family = FAMILIES.iter().any(|family| finding.code.starts_with(family));
            let is_wanted = truth.must_report.iter().any(|entry| is_of(finding, entry));
            if truth.must_not_report.iter().any(|entry| is_forbidden(finding, entry)) {
                self.wrong += 1;
                lines.push(format!("WRONG  {told}"));
            } else if is_in_family && !is_wanted && finding.severity < Severity::Info {
                self.beside += 1;
                lines.push(format!("BESIDE {told}"));
            }
        }
    }
}

/// Scores every case below a folder and prints it.
///
/// # Errors
/// A folder that cannot be read, or without cases.
pub fn score(root: &Path) -> Result<()> {
    let total = measure(root)?;
    for (rule, (wanted, found)) in &total.rules {
        println!("{rule:<28} {found}/{wanted}");
    }
    let (wanted, found) = total.recall();
    println!(
        "{} cases: {found} of {wanted} found, {} that must not be, {} warnings beside",
        total.cases, total.wrong, total.beside
    );
    Ok(())
}

/// Scores every case below a folder, and prints what is wrong with each.
///
/// # Errors
/// As for [`score`].
pub fn measure(root: &Path) -> Result<Total> {
    let mut total = Total::default();
    for case in &cases::below(root)? {
        let text = fs::read(case.join("truth.json"))?;
        let truth: Truth = serde_json::from_slice(&text).with_context(|| case.display().to_string())?;
        // Other kinds of truths lie beside these.
        if !text.windows(13).any(|bytes| bytes == b"\"must_report\"") {
            continue;
        }
        total.cases += 1;
        let report = cases::report(case)?;
        let mut lines = Vec::new();
        total.add(&truth, &report, &mut lines);
        println!("{}: {}", case.file_name().unwrap_or_default().to_string_lossy(), report.verdict);
        lines.iter().for_each(|line| println!("    {line}"));
    }
    if total.cases == 0 {
        bail!("no truth.json with must_report below {}", root.display());
    }
    Ok(total)
}
