//! `prof.cpu.hot`: the line that most of the CPU time goes to.

use super::support::{needs, path, percent, place, processes, sample, share_text, share_within, with_caller};
use crate::analysis::profile::facts::ProcessProfiles;
use crate::analysis::profile::facts::cpu::CpuSamples;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::{Confidence, Finding, Severity, number_format};

/// Samples below which a share says nothing.
const SAMPLES: u64 = 60;
/// Share of the samples from which a line stands out.
const SHARE: f64 = 0.3;
/// Share of preempted leaves from which the process wanted more processors.
const STARVED: f64 = 0.2;

const HOT: Rule = Rule {
    code: "prof.cpu.hot",
    severity: Severity::Info,
    title: "Largest CPU consumer",
    meaning: "The line with the largest share of CPU time, and the share of garbage collection and of preempted samples.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[HOT],
    missing_inputs: |case| {
        let is_enough = |process: &ProcessProfiles| {
            process.any_cpu().is_some_and(|cpu| CpuSamples::new(&process.stacks, cpu).count >= SAMPLES)
        };
        needs(
            case,
            is_enough,
            &[
                "a CPU profile with at least 60 samples (/debug/pprof/profile?seconds=30, or perf script of the process)",
            ],
        )
    },
    detect: |case: &Case<'_>| processes(case).iter().filter_map(|process| find(case, process)).collect(),
};

fn find(case: &Case<'_>, process: &ProcessProfiles) -> Option<Finding> {
    let cpu = process.any_cpu()?;
    let samples = CpuSamples::new(&process.stacks, cpu);
    if samples.count < SAMPLES {
        return None;
    }
    let site = samples.by_site(|_| true).into_iter().next()?;
    let (value, bounds) = samples.share(site.count);
    let stands_out = if value >= SHARE { "" } else { " No line has as much as a third of it." };
    let mut claim = format!(
        "{} of the CPU time is spent at {} and its callees.{stands_out}",
        share_text(value, bounds),
        place(case, process, site.site)
    );
    let path = path(case, process, site.stack, site.site);
    if !path.is_empty() {
        claim.push_str(&format!(" It is called from {path}."));
    }
    let (collecting, _) = samples.share(samples.collecting());
    claim.push_str(&format!(" Garbage collection takes {}%.", percent(collecting)));
    if let Some(cores) = samples.cores() {
        claim.push_str(&format!(" In total, {} cores were used.", number_format::rate(cores)));
    }
    let (preempted, starved) = samples.share(samples.preempted());
    if starved.low >= STARVED {
        claim.push_str(&format!(
            " {}% of the samples were taken while a thread was being preempted: there is more work than CPUs.",
            percent(preempted)
        ));
    }
    let draft = Draft {
        rule: HOT,
        severity: Severity::Info,
        confidence: Confidence::Certain,
        reclaim: None,
        condition: format!("A CPU profile has at least {SAMPLES} samples."),
        title: HOT.title.to_owned(),
        claim,
        amount: Some(share_within(value, bounds)),
        citations: vec![sample(
            cpu.source,
            site.at,
            "samples",
            i64::try_from(site.count).unwrap_or(i64::MAX),
            Unit::Count,
        )],
        against: list(&["More samples at a line mean more time, not more calls."]),
        advice: list(&[match process.main_cpu() {
            Some(_) => {
                "Look for a better algorithm there, or build with profile-guided optimization (default.pgo, Go 1.21 and later)."
            }
            None => "Look for a better algorithm there.",
        }]),
    };
    let mut finding = draft.about(process.subject)?;
    finding.places = with_caller(case, process, site.stack, site.site);
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::detectors::profile::drawn::cpu;
    use crate::detectors::testing::check_bytes;

    #[test]
    fn the_function_with_most_of_the_time_is_told() {
        let profile = cpu(&[("main.main main.sum", 70), ("main.main main.rest", 30)]);
        let found = check_bytes("prof.cpu.hot", &[("cpu.pb", &profile)], &["prof.cpu.hot"]);
        assert!(
            found[0].claim.starts_with("70% (60 to 78%) of the CPU time is spent at main.sum"),
            "{}",
            found[0].claim
        );
    }

    #[test]
    fn few_samples_tell_nothing() {
        check_bytes("prof.cpu", &[("cpu.pb", &cpu(&[("main.main main.sum", 59)]))], &[]);
    }
}
