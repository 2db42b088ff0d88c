//! `prof.cpu.known`: a known cost of Go's library or runtime takes much of the CPU time.

use std::collections::BTreeMap;

use super::support::{frame, needs, path, place, processes, sample, share_text, share_within};
use crate::analysis::profile::facts::costs::{self, KnownCost};
use crate::analysis::profile::facts::cpu::CpuSamples;
use crate::analysis::profile::facts::{ProcessProfiles, StackId};
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::{Confidence, Finding, Severity};

/// Samples from which a share says something, with the lower bound that it must reach.
const LEVELS: [(u64, f64); 2] = [(100, 0.1), (60, 0.2)];
/// Cores in use below which a profile is of an idle service.
const CORES: f64 = 0.05;

const KNOWN: Rule = Rule {
    code: "prof.cpu.known",
    severity: Severity::Warning,
    title: "Known expensive call",
    meaning: "Much of the CPU time is spent in a part of Go's standard library or runtime for which there is a known cheaper alternative.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[KNOWN],
    missing_inputs: |case| {
        let is_enough = |process: &ProcessProfiles| {
            process
                .main_cpu()
                .is_some_and(|cpu| cpu.count() >= i64::try_from(LEVELS[1].0).unwrap_or(i64::MAX))
        };
        needs(case, is_enough, &["a CPU profile with at least 60 samples (/debug/pprof/profile?seconds=30)"])
    },
    detect: |case: &Case<'_>| processes(case).iter().flat_map(|process| find(case, process)).collect(),
};

fn find(case: &Case<'_>, process: &ProcessProfiles) -> Vec<Finding> {
    let Some(cpu) = process.main_cpu() else { return Vec::new() };
    let samples = CpuSamples::new(&process.stacks, cpu);
    let least = LEVELS.iter().find(|(count, _)| samples.count >= *count).map(|(_, least)| *least);
    let Some(least) = least.filter(|_| samples.cores().is_none_or(|cores| cores >= CORES)) else {
        return Vec::new();
    };
    let of_stack: BTreeMap<StackId, &'static str> = samples
        .rows()
        .filter_map(|row| {
            let (cost, _) = KnownCost::of_stack(&process.stacks, &case.evidence.strings, row.stack)?;
            Some((row.stack, cost.name))
        })
        .collect();
    let found = costs::all().iter().filter_map(|cost| {
        let is_it = |stack: StackId| of_stack.get(&stack) == Some(&cost.name);
        finding(case, process, &samples, cost, &is_it, least)
    });
    found.collect()
}

fn finding(
    case: &Case<'_>,
    process: &ProcessProfiles,
    samples: &CpuSamples<'_>,
    cost: &KnownCost,
    is_it: &dyn Fn(StackId) -> bool,
    least: f64,
) -> Option<Finding> {
    let site = samples.by_site(is_it).into_iter().next()?;
    // Stacks without own code (the finalizer's goroutine, the sweeper) count with the site that caused them.
    let count = samples.count_of(is_it);
    let ((value, bounds), (_, own)) = (samples.share(count), samples.share(site.count));
    if bounds.low < least || (own.low < least && site.count * 2 < count) {
        return None;
    }
    let (_, at) = KnownCost::of_stack(&process.stacks, &case.evidence.strings, site.stack)?;
    let callee = process.stacks.ids(site.stack).get(at).copied()?;
    let mut claim = format!(
        "{}: {} of the CPU time, most of it at {}",
        cost.title,
        share_text(value, bounds),
        place(case, process, site.site)
    );
    let name = frame(case, process, callee).function;
    claim.push_str(&format!(" in {name}."));
    let path = path(case, process, site.stack, site.site);
    if !path.is_empty() {
        claim.push_str(&format!(" It is called from {path}."));
    }
    let draft = Draft {
        rule: KNOWN,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        reclaim: None,
        condition: "At one line, the lower bound of its share is 10% of at least 100 samples, or 20% of at least 60, and the process is not idle.".to_owned(),
        title: format!("{}: {}", KNOWN.title, cost.title),
        claim,
        amount: Some(share_within(value, bounds)),
        citations: vec![sample(
            process.main_cpu()?.source,
            site.at,
            "samples",
            i64::try_from(count).unwrap_or(i64::MAX),
            Unit::Count,
        )],
        against: list(&["This may be what the service is for: a share shows where the time goes, not that it is too much."]),
        advice: vec![cost.advice.to_owned()],
    };
    let mut finding = draft.about(process.subject)?;
    finding.places = vec![frame(case, process, site.site), frame(case, process, callee)];
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::detectors::profile::drawn::cpu;
    use crate::detectors::testing::check_bytes;

    #[test]
    fn the_line_that_asks_for_a_known_cost_is_named() {
        let profile = cpu(&[
            ("net/http.(*conn).serve main.handle regexp.MustCompile regexp.compile", 80),
            ("net/http.(*conn).serve main.handle", 40),
        ]);
        let found = check_bytes("prof.cpu.known", &[("cpu.pb", &profile)], &["prof.cpu.known"]);
        let places: Vec<&str> = found[0].places.iter().map(|place| &*place.function).collect();
        assert_eq!(places, ["main.handle", "regexp.MustCompile"]);
    }

    #[test]
    fn small_shares_and_growth_checks_without_a_copy_are_none() {
        let profile = cpu(&[
            ("main.main main.work runtime.morestack runtime.newstack", 60),
            ("main.main main.work fmt.Sprintf", 9),
            ("main.main main.work", 131),
        ]);
        check_bytes("prof.cpu.known", &[("cpu.pb", &profile)], &[]);
    }
}
