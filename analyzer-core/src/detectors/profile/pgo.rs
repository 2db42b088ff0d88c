//! `prof.pgo`: a CPU profile that is good enough to build with.

use super::support::{needs, processes, sample};
use crate::analysis::profile::facts::ProcessProfiles;
use crate::analysis::profile::facts::cpu::CpuSamples;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::{Citation, Confidence, Finding, Severity, number_format};

/// Samples that a build can use.
const SAMPLES: u64 = 1_000;
/// Frames that stand for what could not be traced.
const PSEUDO: [&str; 5] =
    ["runtime._ExternalCode", "runtime._LostExternalCode", "runtime._GC", "runtime._System", "runtime._VDSO"];
/// Share of preempted leaves from which the profile is of a starved process.
const STARVED: f64 = 0.2;
/// Cores in use below which it is of an idle one.
const CORES: f64 = 0.05;

const PGO: Rule = Rule {
    code: "prof.pgo",
    severity: Severity::Info,
    title: "Suitable for PGO",
    meaning: "The CPU profile has enough samples for profile-guided optimization.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[PGO],
    missing_inputs: |case| {
        needs(
            case,
            |process| process.main_cpu().is_some(),
            &["a CPU profile (/debug/pprof/profile?seconds=30)"],
        )
    },
    detect: |case: &Case<'_>| processes(case).iter().filter_map(|process| find(case, process)).collect(),
};

fn find(case: &Case<'_>, process: &ProcessProfiles) -> Option<Finding> {
    let cpu = process.main_cpu()?;
    let samples = CpuSamples::new(&process.stacks, cpu);
    let strings = &case.evidence.strings;
    let pseudo = samples.count_of(|stack| process.stacks.has(stack, strings, |name| PSEUDO.contains(&name)));
    let (_, starved) = samples.share(samples.preempted());
    let is_busy = samples.cores().is_none_or(|cores| cores >= CORES);
    if samples.count < SAMPLES || pseudo > 0 || starved.low >= STARVED || !is_busy {
        return None;
    }
    let count = i64::try_from(samples.count).unwrap_or(i64::MAX);
    let draft = Draft {
        rule: PGO,
        severity: Severity::Info,
        confidence: Confidence::Certain,
        reclaim: None,
        condition: format!(
            "A CPU profile of a busy process has at least {SAMPLES} samples, all of them with stacks."
        ),
        title: PGO.title.to_owned(),
        claim: format!(
            "The CPU profile has {} samples, which is enough for profile-guided optimization (PGO).",
            number_format::count(count)
        ),
        amount: None,
        citations: vec![Citation { at: None, ..sample(cpu.source, 0, "samples", count, Unit::Count) }],
        against: list(&["A profile that does not represent production optimizes the wrong calls."]),
        advice: list(&["Commit it as default.pgo in the main package's directory (Go 1.21 and later)."]),
    };
    draft.about(process.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::profile::drawn::cpu;
    use crate::detectors::testing::check_bytes;

    #[test]
    fn a_thousand_traced_samples_are_enough_to_build_with() {
        check_bytes("prof.pgo", &[("cpu.pb", &cpu(&[("main.main main.work", 1_000)]))], &["prof.pgo"]);
    }

    #[test]
    fn fewer_or_untraced_ones_are_not() {
        check_bytes("prof.pgo", &[("cpu.pb", &cpu(&[("main.main main.work", 999)]))], &[]);
        let untraced = cpu(&[("main.main main.work", 1_000), ("runtime._ExternalCode", 1)]);
        check_bytes("prof.pgo", &[("cpu.pb", &untraced)], &[]);
    }
}
