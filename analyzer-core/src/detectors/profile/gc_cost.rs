//! `prof.gc.cost`: garbage collection takes a notable part of the CPU time.

use std::collections::BTreeSet;

use super::support::{
    Doubts, bytes, frame, needs, percent, place, processes, sample, share_text, share_within,
};
use super::{alloc_churn, heap_retained};
use crate::analysis::profile::facts::ProcessProfiles;
use crate::analysis::profile::facts::cpu::CpuSamples;
use crate::analysis::profile::facts::growth::levels;
use crate::base::units::{Nanos, Unit};
use crate::detectors::{Case, Detector, Draft, Rule};
use crate::evidence::gc::GcCycle;
use crate::evidence::memory::UNLIMITED;
use crate::report::{Citation, Finding, Severity};

/// Samples from which a share says something.
const SAMPLES: u64 = 100;
/// Share of the CPU time, by its lower bound.
const WARN: f64 = 0.1;
/// And where it is the first thing to mend.
const HIGH: f64 = 0.3;
/// Where a line makes most garbage, that line is the finding (`prof.alloc.churn`),
/// unless collections take more than the program itself,
const MOST: f64 = 0.5;
/// or run long before the heap has doubled: the goal over the live heap.
const TIGHT: f64 = 1.6;
/// Heaps with a goal up to this collect often whatever they do: the least goal is 4 MiB.
const SMALL_GOAL: i64 = 4 << 20;

const COST: Rule = Rule {
    code: "prof.gc.cost",
    severity: Severity::Warning,
    title: "High garbage collection cost",
    meaning: "In a CPU profile, garbage collection (including mark assists) is at least 10% of the samples.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[COST],
    missing_inputs: |case| {
        let is_enough = |process: &ProcessProfiles| samples(process).is_some();
        needs(case, is_enough, &["a CPU profile with at least 100 samples (/debug/pprof/profile?seconds=30)"])
    },
    detect: |case: &Case<'_>| processes(case).iter().filter_map(|process| find(case, process)).collect(),
};

fn samples(process: &ProcessProfiles) -> Option<CpuSamples<'_>> {
    let samples = CpuSamples::new(&process.stacks, process.main_cpu()?);
    (samples.count >= SAMPLES).then_some(samples)
}

fn find(case: &Case<'_>, process: &ProcessProfiles) -> Option<Finding> {
    let samples = samples(process)?;
    let collecting = samples.collecting();
    let (value, bounds) = samples.share(collecting);
    if bounds.low < WARN {
        return None;
    }
    let cycles = cycles(case, process);
    let is_garbage = process.allocations.as_ref().is_some_and(|all| alloc_churn::sites(all).next().is_some());
    if is_garbage && bounds.low < MOST && !is_tight(&cycles) {
        return None;
    }
    let doubts = doubts(&cycles);
    let cause = cause(process);
    let mut claim = format!("Garbage collection takes {} of the CPU time.", share_text(value, bounds));
    claim.push_str(&of_cycles(&cycles));
    let mut advice = Vec::new();
    if let Some(cause) = &cause {
        claim.push_str(&cause.text(case, process));
        advice.push(cause.advice(case, process));
    }
    advice.extend(settings(case, process));
    advice.push(
        "Fewer pointers make marking cheaper: use values instead of pointers, and indexes instead of references."
            .to_owned(),
    );
    let cpu = process.main_cpu()?;
    let draft = Draft {
        rule: COST,
        severity: if bounds.low >= HIGH && doubts.0.len() <= 1 {
            Severity::Warning
        } else {
            doubts.severity()
        },
        confidence: doubts.confidence(),
        reclaim: None,
        condition: format!(
            "The lower bound of the GC's share of at least {SAMPLES} samples is {}%.",
            percent(WARN)
        ),
        title: COST.title.to_owned(),
        claim,
        amount: Some(share_within(value, bounds)),
        citations: vec![Citation {
            at: None,
            ..sample(
                cpu.source,
                0,
                "samples in garbage collection",
                i64::try_from(collecting).unwrap_or(i64::MAX),
                Unit::Count,
            )
        }],
        against: doubts.0,
        advice,
    };
    let mut finding = draft.about(process.subject)?;
    finding.places = cause.iter().map(|cause| frame(case, process, cause.site)).collect();
    Some(finding)
}

/// The last run's cycles in the logs of a subject.
fn cycles<'c>(case: &Case<'c>, process: &ProcessProfiles) -> Vec<&'c GcCycle> {
    let subject = case.analysis.subjects.iter().find(|subject| subject.id == process.subject);
    let sources: BTreeSet<_> = subject.iter().flat_map(|subject| subject.sources()).collect();
    sources.into_iter().flat_map(|source| case.evidence.gc.cycles_of(source)).collect()
}

/// True if most cycles have a goal close above what was live: GOGC is low, or GOMEMLIMIT near.
fn is_tight(cycles: &[&GcCycle]) -> bool {
    let paced = || cycles.iter().filter(|cycle| !cycle.is_forced && cycle.goal.0 > SMALL_GOAL);
    let tight = paced().filter(|cycle| {
        let ratio = crate::base::convert::ratio(i128::from(cycle.goal.0), i128::from(cycle.live.0));
        ratio.is_some_and(|ratio| ratio < TIGHT)
    });
    let tight = tight.count();
    tight > 0 && tight * 2 > paced().count()
}

fn doubts(cycles: &[&GcCycle]) -> Doubts {
    let mut doubts = Doubts::default();
    let forced = cycles.iter().filter(|cycle| cycle.is_forced).count();
    doubts.add_if(cycles.len() >= 4 && forced * 2 >= cycles.len(), || {
        format!(
            "{forced} of {} collections were forced by the program (runtime.GC) or by the capture.",
            cycles.len()
        )
    });
    doubts.add_if(cycles.last().is_some_and(|cycle| cycle.goal.0 <= SMALL_GOAL), || {
        "The heap is at the minimum heap goal of 4 MiB: collections are frequent but small.".to_owned()
    });
    doubts
}

/// How often, and how much of it the allocating goroutines paid.
fn of_cycles(cycles: &[&GcCycle]) -> String {
    let (Some(first), Some(last)) = (cycles.first(), cycles.last()) else { return String::new() };
    let Nanos(span) = last.since_start - first.since_start;
    let mut text = String::new();
    if span > 0 && cycles.len() > 2 {
        let seconds = crate::base::convert::i64_to_f64(span) / 1e9;
        let rate = crate::base::convert::usize_to_f64(cycles.len() - 1) / seconds;
        text.push_str(&format!(" {} cycles per second.", crate::report::number_format::rate(rate)));
    }
    let sum = |of: fn(&GcCycle) -> Nanos| cycles.iter().map(|cycle| of(cycle)).sum::<Nanos>().0;
    let (assist, background) = (sum(|cycle| cycle.assist_cpu), sum(|cycle| cycle.background_cpu));
    if let Some(share) =
        crate::base::convert::ratio(i128::from(assist), i128::from(assist) + i128::from(background))
    {
        text.push_str(&format!(" Mark assists did {}% of the marking.", percent(share)));
    }
    text
}

/// What makes the collector work.
struct Cause {
    site: crate::analysis::profile::facts::FrameId,
    is_garbage: bool,
    share: f64,
    bytes: f64,
}

impl Cause {
    fn text(&self, case: &Case<'_>, process: &ProcessProfiles) -> String {
        let place = place(case, process, self.site);
        let share = percent(self.share);
        if self.is_garbage {
            format!(" {share}% of the bytes are allocated at {place}, {} per second.", bytes(self.bytes))
        } else {
            format!(
                " No single line produces most of the garbage. Most of what each cycle marks was allocated at {place} ({share}% of the heap in use)."
            )
        }
    }

    fn advice(&self, case: &Case<'_>, process: &ProcessProfiles) -> String {
        let place = place(case, process, self.site);
        if self.is_garbage {
            format!("Allocate less at {place}: reuse objects, or allocate them with their final size.")
        } else {
            format!(
                "Retain less of what {place} allocates, or fewer pointers in it: every cycle marks it again."
            )
        }
    }
}

/// The line that makes most garbage, else the one that keeps most of the live heap.
fn cause(process: &ProcessProfiles) -> Option<Cause> {
    if let Some(all) = &process.allocations
        && let Some(churn) =
            all.sites.first().filter(|churn| churn.allocated.bytes >= alloc_churn::SHARE * all.bytes)
    {
        return Some(Cause {
            site: churn.site,
            is_garbage: true,
            share: churn.allocated.bytes / all.bytes,
            bytes: churn.allocated.bytes / all.seconds,
        });
    }
    let last = &process.heap.moments.last()?.profile;
    let sites = levels(&process.stacks, last);
    let site = sites.first().filter(|site| site.level.bytes >= heap_retained::SHARE * last.in_use.bytes)?;
    Some(Cause {
        site: site.site,
        is_garbage: false,
        share: site.level.bytes / last.in_use.bytes,
        bytes: site.level.bytes,
    })
}

/// What GOGC and GOMEMLIMIT have to do with it, if a capture states them.
fn settings(case: &Case<'_>, process: &ProcessProfiles) -> Vec<String> {
    let mut moments = case.memory.iter().rev().filter(|reviewed| reviewed.moment.subject == process.subject);
    let Some(reviewed) = moments.next() else { return Vec::new() };
    let mut advice = Vec::new();
    if let Some(gogc) = reviewed.moment.gogc().filter(|gogc| gogc.value < 100) {
        advice.push(format!(
            "GOGC is {}: raise it if memory allows. At 100, a cycle runs when the heap has doubled.",
            gogc.value
        ));
    }
    let limit = reviewed.moment.gomemlimit().filter(|limit| limit.value != UNLIMITED);
    let live = reviewed.moment.live().or_else(|| reviewed.moment.go.as_ref()?.heap_alloc.clone());
    if let Some((limit, live)) = limit.zip(live)
        && live.value >= limit.value / 10 * 8
    {
        advice.push("GOMEMLIMIT is close to the live heap: raise it, or reduce the live heap.".to_owned());
    }
    advice
}

#[cfg(test)]
mod tests {
    use crate::detectors::profile::drawn::cpu;
    use crate::detectors::testing::check_bytes;

    fn profile(collecting: i64, idle: i64, own: i64) -> Vec<u8> {
        cpu(&[
            ("runtime.gcBgMarkWorker runtime.gcDrain runtime.scanobject", collecting),
            ("runtime.gcBgMarkWorker runtime.gcDrainMarkWorkerIdle runtime.gcDrain", idle),
            ("main.main main.work", own),
        ])
    }

    #[test]
    fn collections_that_take_a_third_are_a_finding() {
        let found = check_bytes("prof.gc", &[("cpu.pb", &profile(100, 0, 200))], &["prof.gc.cost"]);
        assert!(found[0].claim.contains("33% (28 to 39%)"), "{}", found[0].claim);
    }

    #[test]
    fn idle_workers_few_samples_and_small_shares_are_none() {
        for (collecting, idle, own) in [(10, 150, 200), (30, 0, 60), (20, 0, 200)] {
            check_bytes("prof.gc", &[("cpu.pb", &profile(collecting, idle, own))], &[]);
        }
    }
}
