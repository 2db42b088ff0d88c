//! `cargo xtask score findings [DIR]`: what profiles are said to prove, held
//! against captures of programs with one planted cause each.
//!
//! A case is a folder with `truth.json`, which lists under `planted` what must
//! be found (`expect: finding`), what may be (`also`, `info`) and what must not
//! (`none`), each with its rule and line, and under `negatives` the rules that
//! must be silent. The program's own counters stand in `counters.json`.
//!
//! Truths of whole services (kinds of leaks, with places, and a verdict) are read, too: their
//! leaks of the Go heap must be found, and a healthy one must have no warning.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use analyzer_core::report::{Confidence, Finding, Report, Severity};
use anyhow::{Context, Result};
use serde::Deserialize;

use super::cases;

/// What is planted in a program.
#[derive(Debug, Deserialize)]
struct Truth {
    #[serde(default)]
    planted: Vec<Planted>,
    #[serde(default)]
    negatives: Vec<String>,
    /// Of a whole service: "healthy", "problem".
    #[serde(default)]
    verdict: Option<String>,
}

impl Truth {
    /// A service's leaks of the Go heap as what a rule must find; its other causes are no profile's.
    fn settle(&mut self) {
        for planted in self.planted.iter_mut().filter(|planted| planted.rule.is_empty()) {
            // Beside places there are lists of functions.
            let mut lists = planted.places.values();
            let place = lists.find_map(|list| Vec::<Place>::deserialize(list).ok()?.into_iter().next());
            if let (Some(place), "go-heap", "leak") = (place, &*planted.kind, &*planted.expect) {
                (planted.rule, planted.expect) = ("heap.growth".to_owned(), "finding".to_owned());
                (planted.function, planted.file, planted.line) = (place.function, place.file, place.line);
            }
        }
        self.planted.retain(|planted| !planted.rule.is_empty());
    }

    /// True if no warning is due at all.
    fn is_negative(&self) -> bool {
        self.planted.iter().all(|planted| planted.expect != "finding")
            && self.verdict.as_deref().is_none_or(|verdict| verdict == "healthy")
    }
}

/// One cause, at its line.
#[derive(Debug, Deserialize)]
struct Planted {
    #[serde(default)]
    rule: String,
    expect: String,
    /// Of a whole service: "go-heap", "chan-send".
    #[serde(default)]
    kind: String,
    /// Of a whole service: places by what happens there.
    #[serde(default, rename = "where")]
    places: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    function: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    line: Option<u32>,
}

/// A line of a program.
#[derive(Debug, Deserialize)]
struct Place {
    #[serde(default)]
    function: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    line: Option<u32>,
}

/// The program's own counters at the last heap profile.
#[derive(Debug, Default, Deserialize)]
struct Counters {
    #[serde(default)]
    gc1: Option<Counter>,
}

/// What was kept on purpose.
#[derive(Debug, Deserialize)]
struct Counter {
    #[serde(default)]
    bytes: Option<i64>,
}

impl Planted {
    /// True if the finding is of this rule and names this line or function.
    fn is_named_by(&self, finding: &Finding) -> bool {
        code(&self.rule) == finding.code && self.is_place_of(finding)
    }

    /// True for what the program's own counter counts at the last heap profile;
    /// those of caches also count what was evicted since.
    fn is_main_heap(&self) -> bool {
        self.rule == "heap.growth" && self.expect == "finding"
    }

    fn is_place_of(&self, finding: &Finding) -> bool {
        finding.places.iter().any(|place| {
            let is_line = self.line.is_some()
                && place.line == self.line
                && place.file.as_deref().is_some_and(|file| file.ends_with(&self.file));
            is_line || (!self.function.is_empty() && place.function == self.function)
        })
    }
}

/// A finding's code by the name of its rule in a truth.
fn code(rule: &str) -> String {
    match rule {
        // Goroutines that hold what grew are told with it.
        "heap.goroutines" => "prof.heap.growth".to_owned(),
        _ => format!("prof.{rule}"),
    }
}

/// Counts of one rule.
#[derive(Debug, Default)]
struct Tally {
    wanted: usize,
    /// Found at any severity or confidence.
    found: usize,
    found_likely: usize,
    right: usize,
    wrong: usize,
    right_likely: usize,
    wrong_likely: usize,
}

/// What all cases came to.
#[derive(Debug, Default)]
pub struct Total {
    rules: BTreeMap<String, Tally>,
    /// Warnings of rules that must be silent, and of any rule at a place that must be.
    pub alarms: usize,
    /// Intervals that were compared with a counter, and those that hold it.
    pub measured: usize,
    /// Of them, those that hold it.
    pub inside: usize,
    cases: usize,
}

impl Total {
    /// Likely findings that name a wrong place.
    pub fn wrong_likely(&self) -> usize {
        self.rules.values().map(|tally| tally.wrong_likely).sum()
    }

    /// Found at `likely`, and planted, of a rule.
    pub fn recall(&self, rule: &str) -> (usize, usize) {
        self.rules.get(&code(rule)).map_or((0, 0), |tally| (tally.found_likely, tally.wanted))
    }
}

/// Scores every case below a folder and prints it.
///
/// # Errors
/// A folder that cannot be read, or without cases.
pub fn score(root: &Path) -> Result<()> {
    let total = measure(root, true)?;
    print(&total);
    Ok(())
}

/// Scores every case below a folder; prints what is wrong if asked to.
///
/// # Errors
/// As for [`score`].
pub fn measure(root: &Path, is_loud: bool) -> Result<Total> {
    let cases = cases::below(root)?;
    let mut total = Total { cases: cases.len(), ..Total::default() };
    for case in &cases {
        let truth = fs::read(case.join("truth.json"))?;
        let mut truth: Truth = serde_json::from_slice(&truth).with_context(|| case.display().to_string())?;
        truth.settle();
        let counters = fs::read(case.join("counters.json")).unwrap_or_else(|_| b"{}".to_vec());
        let counters: Counters = serde_json::from_slice(&counters)?;
        let report = cases::report(case)?;
        let mut lines = Vec::new();
        total.add(&report, &truth, &counters, &mut lines);
        if is_loud && !lines.is_empty() {
            println!("{}", case.file_name().unwrap_or_default().to_string_lossy());
            lines.iter().for_each(|line| println!("    {line}"));
        }
    }
    Ok(total)
}

impl Total {
    fn add(&mut self, report: &Report, truth: &Truth, counters: &Counters, lines: &mut Vec<String>) {
        let of_profiles = |finding: &&Finding| finding.code.starts_with("prof.");
        for planted in truth.planted.iter().filter(|planted| planted.expect == "finding") {
            let found: Vec<&Finding> =
                report.findings.iter().filter(|finding| planted.is_named_by(finding)).collect();
            let is_likely = found.iter().any(|finding| is_likely(finding));
            let tally = self.rules.entry(code(&planted.rule)).or_default();
            tally.wanted += 1;
            tally.found += usize::from(!found.is_empty());
            tally.found_likely += usize::from(is_likely);
            if !is_likely {
                let level = found.first().map_or("nothing".to_owned(), |finding| {
                    format!("{:?}: {} | {}", finding.confidence, finding.claim, finding.against.join(" | "))
                });
                lines.push(format!("MISSED {} at {}: {level}", planted.rule, planted.function));
            }
        }
        for planted in truth.planted.iter().filter(|planted| planted.is_main_heap()) {
            self.measure(planted, report, counters, lines);
        }
        for finding in report.findings.iter().filter(of_profiles) {
            self.judge(finding, truth, lines);
        }
        let is_negative = truth.is_negative();
        for finding in report.findings.iter().filter(|finding| finding.code == "mem.leak.trend") {
            if is_negative && finding.severity < Severity::Info {
                self.alarms += 1;
                lines.push(format!("ALARM {}: {}", finding.code, finding.claim));
            }
        }
    }

    /// A finding is wrong if its rule must be silent or names a place that must not be named.
    fn judge(&mut self, finding: &Finding, truth: &Truth, lines: &mut Vec<String>) {
        let named: Vec<&Planted> =
            truth.planted.iter().filter(|planted| planted.is_named_by(finding)).collect();
        let is_true = named.iter().any(|planted| planted.expect != "none");
        let is_denied = named.iter().any(|planted| planted.expect == "none");
        let is_silent = truth.negatives.iter().any(|rule| code(rule) == finding.code);
        let is_planted = truth.planted.iter().any(|planted| code(&planted.rule) == finding.code);
        let tally = self.rules.entry(finding.code.clone()).or_default();
        let is_wrong = !is_true && (is_denied || is_silent || is_planted);
        let is_likely = is_likely(finding);
        tally.right += usize::from(is_true);
        tally.right_likely += usize::from(is_true && is_likely);
        tally.wrong += usize::from(is_wrong);
        tally.wrong_likely += usize::from(is_wrong && is_likely);
        if is_wrong {
            lines.push(format!(
                "WRONG {:?} {:?} {}: {}",
                finding.severity, finding.confidence, finding.code, finding.claim
            ));
        } else if !is_true && finding.severity < Severity::Info {
            lines.push(format!(
                "BESIDE {:?} {:?} {}: {}",
                finding.severity, finding.confidence, finding.code, finding.claim
            ));
        }
        let is_case_negative = truth.is_negative();
        if finding.severity < Severity::Info && !is_true && (is_denied || is_silent || is_case_negative) {
            self.alarms += 1;
            lines.push(format!("ALARM {}: {}", finding.code, finding.claim));
        }
    }

    /// Does the interval of what is in use hold what the program counted at the last profile?
    fn measure(&mut self, planted: &Planted, report: &Report, counters: &Counters, lines: &mut Vec<String>) {
        let counted = counters.gc1.as_ref().and_then(|counters| counters.bytes);
        let level = report
            .findings
            .iter()
            .find(|finding| finding.code == "prof.heap.retained" && planted.is_place_of(finding));
        let amount = level.and_then(|finding| finding.amount);
        let (Some(counted), Some(amount)) = (counted, amount) else { return };
        self.measured += 1;
        /// An allocation is rounded up to pages: the program counts what it asked for.
        const PAGE: i64 = 8_192;
        let (low, high) = (amount.low.unwrap_or(amount.value), amount.high.unwrap_or(amount.value));
        if (low - PAGE..=high + PAGE).contains(&counted) {
            self.inside += 1;
        } else {
            lines.push(format!("OUTSIDE {}: {low} to {high}, counted {counted}", planted.function));
        }
    }
}

fn is_likely(finding: &Finding) -> bool {
    finding.confidence <= Confidence::Likely
}

fn print(total: &Total) {
    println!(
        "{:<24} {:>7} {:>7} {:>7} {:>14} {:>14}",
        "rule", "planted", "likely", "any", "likely right", "any right"
    );
    for (code, tally) in &total.rules {
        println!(
            "{code:<24} {:>7} {:>7} {:>7} {:>14} {:>14}",
            tally.wanted,
            tally.found_likely,
            tally.found,
            format!("{}/{}", tally.right_likely, tally.right_likely + tally.wrong_likely),
            format!("{}/{}", tally.right, tally.right + tally.wrong)
        );
    }
    println!(
        "{} cases: {} warnings where none is due, {} of {} intervals hold the program's own counter",
        total.cases, total.alarms, total.inside, total.measured
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases in the repository: every planted cause is found at `likely`,
    /// nothing else is, and no case without a cause has a warning.
    #[test]
    fn planted_causes_are_found_and_nothing_else() {
        let root = crate::command::root().join("analyzer-core/tests/fixtures/findings");
        let total = measure(&root, true).expect("the cases are in the repository");
        assert_eq!(total.cases, 12);
        assert_eq!((total.wrong_likely(), total.alarms), (0, 0));
        for (code, tally) in &total.rules {
            assert_eq!(tally.found_likely, tally.wanted, "{code}");
        }
        let wanted: usize = total.rules.values().map(|tally| tally.wanted).sum();
        assert_eq!(wanted, 12);
        assert!(total.measured >= 2 && total.inside == total.measured);
    }
}
