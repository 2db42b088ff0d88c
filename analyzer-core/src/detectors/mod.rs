//! The rules: a room a family, a file a rule (or a few that share one mechanism), each
//! with the codes that its findings carry and with its tests.
//!
//! Adding one is a file and a name in the `detectors!` list of its room.

use std::collections::BTreeMap;

use crate::analysis::Analysis;
use crate::analysis::memory::Reviewed;
use crate::analysis::recipe::Unit;
use crate::base::order::StableOrder;
use crate::evidence::Evidence;
use crate::evidence::sources::{Source, SourceStatus};
use crate::report::{Finding, NotRun, Severity};

pub mod course;
mod draft;
#[cfg(test)]
pub mod testing;

pub use draft::{Draft, list};

/// What a detector sees.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The tables.
    pub evidence: &'a Evidence,
    /// What was computed over them.
    pub analysis: &'a Analysis,
    /// Moments with memory figures, of every subject, in order.
    pub memory: &'a [Reviewed<'a>],
    /// Containers and images as manifests state them.
    pub units: &'a [Unit<'a>],
}

/// A code that findings carry, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable: `mem.native`, `goroutine.chan-send-abandoned`.
    pub code: &'static str,
    /// How bad it is at its worst.
    pub severity: Severity,
    /// A few words: the head of a finding, unless it has a better one.
    pub title: &'static str,
    /// One line: what it means.
    pub meaning: &'static str,
}

/// One mechanism that finds something.
#[derive(Clone, Copy, Debug)]
pub struct Detector {
    /// Every code that its findings can have.
    pub rules: &'static [Rule],
    /// What the drop lacks for it, in words; empty if it can run.
    pub missing_inputs: fn(&Case<'_>) -> Vec<String>,
    /// What it finds. Called only if nothing is missing.
    pub detect: fn(&Case<'_>) -> Vec<Finding>,
}

/// The only list of a room's detectors.
macro_rules! detectors {
    ($($module:ident),* $(,)?) => {
        $(pub mod $module;)*
        /// Every detector of this room.
        pub const DETECTORS: &[$crate::detectors::Detector] = &[$($module::DETECTOR),*];
    };
}

/// The only list of rooms.
macro_rules! rooms {
    ($($room:ident),* $(,)?) => {
        $(pub mod $room;)*
        const ROOMS: &[&[Detector]] = &[$($room::DETECTORS),*];
    };
}

rooms! { crash, goroutine, memory, profile, spec, trace, network, descriptor, thread, cpu, ebpf, otel }

/// Every detector.
pub fn all() -> impl Iterator<Item = &'static Detector> {
    ROOMS.iter().copied().flatten()
}

/// Every code that a finding can carry, each once, by code. A code that several
/// detectors give has the words of the first.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let mut rules = BTreeMap::new();
    for rule in all().flat_map(|detector| detector.rules) {
        rules.entry(rule.code).or_insert(rule);
    }
    rules.into_values()
}

/// What comes after those places of [`rank`] that no confidence outweighs.
const URGENT: usize = 2;

/// The place of a code in the reader's order: what ended the process, what holds it up, what grows, the rest.
fn rank(code: &str) -> usize {
    const ORDER: [&[&str]; 3] = [
        &["crash", "mem.oom", "mem.go.enomem", "mem.evicted", "mem.sigkill", "thr.crash"],
        &["mem.limit_livelock", "mem.high_throttle", "mem.gomemlimit.below_live"],
        &["goroutine", "prof.heap.growth", "mem.leak.trend"],
    ];
    let has = |families: &&[&str]| families.iter().any(|family| is_in(code, family));
    ORDER.iter().position(has).unwrap_or(ORDER.len())
}

/// The place of a code among those of its severity: what is only stated comes behind what happened.
fn tier(code: &str) -> usize {
    if is_in(code, "spec") { URGENT + 1 } else { rank(code).min(URGENT) }
}

/// Runs every detector: findings worst first (then in the reader's order, see [`rank`], then
/// by confidence, size and code), and what could not run.
pub fn run(case: &Case<'_>) -> (Vec<Finding>, Vec<NotRun>) {
    let mut findings = Vec::new();
    // Where nothing was read, every rule lacks everything: that goes without saying.
    let is_read = |source: &Source| matches!(source.status, SourceStatus::Parsed | SourceStatus::Partial);
    if !case.evidence.sources.iter().any(is_read) {
        return (findings, Vec::new());
    }
    let mut missing = Vec::new();
    for detector in all() {
        let inputs = (detector.missing_inputs)(case);
        if inputs.is_empty() {
            let found = (detector.detect)(case);
            let is_listed = |finding: &Finding| detector.rules.iter().any(|rule| rule.code == finding.code);
            debug_assert!(found.iter().all(is_listed), "a code that its detector does not list");
            findings.extend(found);
        }
        missing.push((detector, inputs));
    }
    doubt_pacing(case, &mut findings);
    findings.order_by(|a, b| {
        let amount = |f: &Finding| f.amount.map_or(0, |amount| amount.value);
        a.severity
            .cmp(&b.severity)
            .then(tier(&a.code).cmp(&tier(&b.code)))
            .then(a.confidence.cmp(&b.confidence))
            .then(rank(&a.code).cmp(&rank(&b.code)))
            .then(amount(b).cmp(&amount(a)))
            .then_with(|| a.code.cmp(&b.code))
            .then_with(|| a.title.cmp(&b.title))
    });
    (findings, not_run(&missing))
}

/// Findings on how the collector keeps pace know of throttling: what is stopped with the rest is late, and
/// its pacing is not to blame.
fn doubt_pacing(case: &Case<'_>, findings: &mut [Finding]) {
    const PACING: [&str; 4] = ["mem.risk.pacing", "mem.overshoot", "prof.gc", "trace.gc"];
    const DOUBT: &str = "The container is CPU-throttled (cpu.throttled): this also stops the GC and increases mark assists. Check the CPU quota before tuning the GC.";
    let throttled: Vec<_> = course::courses(case)
        .iter()
        .filter(|course| cpu::throttled::hurts(course))
        .map(|course| course.subject.id)
        .collect();
    for finding in
        findings.iter_mut().filter(|finding| PACING.iter().any(|family| is_in(&finding.code, family)))
    {
        if finding.subject.is_some_and(|subject| throttled.contains(&subject)) {
            finding.against.push(DOUBT.to_owned());
        }
    }
}

/// The codes that no detector could look for, with what each needs. A family
/// whose every code needs the same is one row.
fn not_run(missing: &[(&'static Detector, Vec<String>)]) -> Vec<NotRun> {
    // What each code needs: one list a detector that gives it.
    let mut by_code: BTreeMap<&str, Vec<&[String]>> = BTreeMap::new();
    for (detector, inputs) in missing {
        for rule in detector.rules {
            by_code.entry(rule.code).or_default().push(inputs);
        }
    }
    let needs: BTreeMap<&str, Vec<String>> =
        by_code.into_iter().map(|(code, lists)| (code, one_of(&lists))).collect();
    let mut rows: BTreeMap<&str, &[String]> = BTreeMap::new();
    for (&code, own) in &needs {
        if own.is_empty() {
            continue;
        }
        let is_shared = |family: &&str| {
            let mut members = needs.iter().filter(|(other, _)| is_in(other, family));
            members.clone().nth(1).is_some() && members.all(|(_, needs)| needs == own)
        };
        let name = families(code).find(is_shared).unwrap_or(code);
        rows.insert(name, own);
    }
    rows.into_iter().map(|(code, needs)| NotRun { code: code.to_owned(), needs: needs.to_vec() }).collect()
}

/// What a code needs if any of the detectors that give it is enough.
fn one_of(lists: &[&[String]]) -> Vec<String> {
    match lists {
        [only] => only.to_vec(),
        _ if lists.iter().any(|list| list.is_empty()) => Vec::new(),
        _ => vec![lists.iter().map(|list| list.join(" and ")).collect::<Vec<_>>().join(", or ")],
    }
}

/// The families around a code, the widest first, and the code itself:
/// `mem`, `mem.oom`, `mem.oom.cgroup`.
fn families(code: &str) -> impl Iterator<Item = &str> {
    code.match_indices('.').map(|(at, _)| &code[..at]).chain([code])
}

/// True for `goroutine.chan-send-abandoned` in `goroutine`, and for a code in itself.
pub fn is_in(code: &str, family: &str) -> bool {
    code.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_lowercase_words_in_a_family_and_say_what_they_mean() {
        for rule in rules() {
            let parts: Vec<&str> = rule.code.split('.').collect();
            let is_word = |part: &&str| {
                !part.is_empty()
                    && part
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
            };
            assert!(parts.len() >= 2 && parts.iter().all(is_word), "{}", rule.code);
            assert!(!rule.title.is_empty() && !rule.title.ends_with('.'), "{}", rule.code);
            assert!(!rule.meaning.is_empty(), "{}", rule.code);
        }
    }

    #[test]
    fn a_code_that_several_detectors_give_has_one_meaning() {
        for rule in all().flat_map(|detector| detector.rules) {
            assert!(rules().any(|listed| listed == rule), "{} is declared twice", rule.code);
        }
    }

    #[test]
    fn what_was_not_run_is_a_code_or_a_family_of_codes() {
        let report = testing::report(&[("cgroup/memory.current", b"4096\n")]);
        assert!(!report.not_run.is_empty());
        for row in &report.not_run {
            assert!(rules().any(|rule| is_in(rule.code, &row.code)), "{}", row.code);
        }
    }
}
