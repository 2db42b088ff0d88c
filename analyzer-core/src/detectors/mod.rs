//! One file a rule: what it needs, and what it finds.
//!
//! Adding one is a file and a name in the [`detectors!`] list below.

use crate::analysis::Analysis;
use crate::analysis::memory::Reviewed;
use crate::base::order::StableOrder;
use crate::evidence::Evidence;
use crate::evidence::sources::{Source, SourceStatus};
use crate::report::{Finding, NotRun};

/// What a detector sees.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The tables.
    pub evidence: &'a Evidence,
    /// What was computed over them.
    pub analysis: &'a Analysis,
    /// Moments with memory figures, of every subject, in order.
    pub memory: &'a [Reviewed<'a>],
}

/// One rule.
#[derive(Clone, Copy, Debug)]
pub struct Detector {
    /// The stable code of its findings ("mem.native"); a family of rules that
    /// share one mechanism names each finding itself and uses its prefix here ("goroutine").
    pub code: &'static str,
    /// What the drop lacks for this rule, in words; empty if it can run.
    pub lacks: fn(&Case<'_>) -> Vec<String>,
    /// What it finds. Called only if nothing is lacking.
    pub detect: fn(&Case<'_>) -> Vec<Finding>,
}

/// The only list of detectors.
macro_rules! detectors {
    ($($module:ident),* $(,)?) => {
        $(pub mod $module;)*
        /// Every detector.
        pub const ALL: &[Detector] = &[$($module::DETECTOR),*];
    };
}

pub mod mem_support;

detectors! {
    goroutine,
    mem_cache,
    mem_enomem,
    mem_finalizer,
    mem_glibc_arenas,
    mem_gogc_off,
    mem_gomemlimit,
    mem_idle,
    mem_kernel,
    mem_lazyfree,
    mem_leak_trend,
    mem_limit_hits,
    mem_native,
    mem_oom,
    mem_other_proc,
    mem_overshoot,
    mem_pagetables,
    mem_pinned,
    mem_pod,
    mem_pressure,
    mem_risk_pacing,
    mem_risk_unreclaimable,
    mem_shmem,
    mem_sock,
    mem_spans,
    mem_stacks,
    mem_swap,
    mem_thp,
    mem_thrash,
    mem_threads,
    mem_untouched,
    trace,
}

/// Runs every detector: findings worst first (then by size, then by code), and what could not run.
pub fn run(case: &Case<'_>) -> (Vec<Finding>, Vec<NotRun>) {
    let mut findings = Vec::new();
    let mut not_run = Vec::new();
    // Where nothing was read, every rule lacks everything: that goes without saying.
    let is_read = |source: &Source| matches!(source.status, SourceStatus::Parsed | SourceStatus::Partial);
    if !case.evidence.sources.iter().any(is_read) {
        return (findings, not_run);
    }
    for detector in ALL {
        let needs = (detector.lacks)(case);
        if needs.is_empty() {
            findings.extend((detector.detect)(case));
        } else {
            not_run.push(NotRun { code: detector.code.to_owned(), needs });
        }
    }
    findings.order_by(|a, b| {
        let amount = |f: &Finding| f.amount.map_or(0, |amount| amount.value);
        a.severity
            .cmp(&b.severity)
            .then(a.confidence.cmp(&b.confidence))
            .then(amount(b).cmp(&amount(a)))
            .then_with(|| a.code.cmp(&b.code))
            .then_with(|| a.title.cmp(&b.title))
    });
    not_run.order_by(|a, b| a.code.cmp(&b.code));
    (findings, not_run)
}
