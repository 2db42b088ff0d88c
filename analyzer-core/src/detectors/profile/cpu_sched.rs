//! `prof.cpu.sched`: the scheduler itself takes much of the CPU time.

use super::support::{needs, percent, processes, sample, share_text, share_within};
use crate::analysis::profile::facts::ProcessProfiles;
use crate::analysis::profile::facts::cpu::CpuSamples;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::{Citation, Confidence, Finding, Severity};

/// Samples from which a share says something.
const SAMPLES: u64 = 100;
/// Share of the samples, by its lower bound.
const SHARE: f64 = 0.2;
/// Cores in use below which a profile is of an idle service.
const CORES: f64 = 0.05;
/// Roles of scheduling.
const ROLES: [&str; 2] = ["sched", "timer"];

const SCHED: Rule = Rule {
    code: "prof.cpu.sched",
    severity: Severity::Info,
    title: "High scheduler overhead",
    meaning: "Goroutines block and wake up so often that the scheduler takes a notable share of the CPU time.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[SCHED],
    missing_inputs: |case| {
        let is_enough = |process: &ProcessProfiles| {
            process.main_cpu().is_some_and(|cpu| CpuSamples::new(&process.stacks, cpu).count >= SAMPLES)
        };
        needs(case, is_enough, &["a CPU profile with at least 100 samples (/debug/pprof/profile?seconds=30)"])
    },
    detect: |case: &Case<'_>| processes(case).iter().filter_map(find).collect(),
};

fn find(process: &ProcessProfiles) -> Option<Finding> {
    let cpu = process.main_cpu()?;
    let samples = CpuSamples::new(&process.stacks, cpu);
    let is_scheduling =
        |stack| process.stacks.user(stack).is_none() && process.stacks.has_role(stack, &ROLES);
    let count = samples.count_of(is_scheduling);
    let (value, bounds) = samples.share(count);
    let is_busy = samples.cores().is_none_or(|cores| cores >= CORES);
    if samples.count < SAMPLES || bounds.low < SHARE || !is_busy {
        return None;
    }
    let draft = Draft {
        rule: SCHED,
        severity: Severity::Info,
        confidence: Confidence::Possible,
        reclaim: None,
        condition: format!(
            "The lower bound of the scheduler's share of at least {SAMPLES} samples is {}%.",
            percent(SHARE)
        ),
        title: SCHED.title.to_owned(),
        claim: format!(
            "The scheduler takes {} of the CPU time: goroutines block and wake up very often.",
            share_text(value, bounds)
        ),
        amount: Some(share_within(value, bounds)),
        citations: vec![Citation {
            at: None,
            ..sample(
                cpu.source,
                0,
                "samples in the scheduler",
                i64::try_from(count).unwrap_or(i64::MAX),
                Unit::Count,
            )
        }],
        against: list(&["On idle CPUs, the scheduler searches for work at no cost to others."]),
        advice: list(&[
            "Reduce wake-ups: longer timer and sleep intervals, batches instead of single items, a lower GOMAXPROCS.",
        ]),
    };
    draft.about(process.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::profile::drawn::cpu;
    use crate::detectors::testing::check_bytes;

    #[test]
    fn a_scheduler_with_a_third_of_the_time_is_told() {
        let profile =
            cpu(&[("runtime.mcall runtime.park_m runtime.schedule", 60), ("main.main main.work", 90)]);
        check_bytes("prof.cpu.sched", &[("cpu.pb", &profile)], &["prof.cpu.sched"]);
    }

    #[test]
    fn parking_below_own_code_and_small_shares_are_not() {
        let profile = cpu(&[
            ("main.main main.work runtime.gopark", 60),
            ("runtime.mcall runtime.schedule", 20),
            ("main.main main.work", 70),
        ]);
        check_bytes("prof.cpu.sched", &[("cpu.pb", &profile)], &[]);
    }
}
