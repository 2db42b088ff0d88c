//! `mem.cache.thrash`, `mem.limit_livelock`, `mem.high_throttle`: the container
//! lives, and does little but reclaim.

use super::support::{Draft, event, exact, latest, list, needs, percent, pressure, text};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::cgroup::Cgroup;
use crate::analysis::memory::term::Term;
use crate::detectors::ebpf::cache_miss;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::memory::UNLIMITED;
use crate::report::number_format::basis_points;
use crate::report::{Citation, Confidence, Finding, Severity};

/// Share of wall time in which all tasks waited, in hundredths of a percent.
const LEAST_FULL: i64 = 500;

/// Share of the limit that the charge must reach.
const AT_LIMIT_PERCENT: i64 = 98;

/// Mapped page cache, as a share of the limit, below which no program text is left.
const NO_TEXT_PERCENT: i64 = 1;

/// Pages read again from which the program reads its own text all the time.
const LEAST_REFAULTS: i64 = 10_000;

/// Times over `memory.high` before throttling is more than a moment.
const LEAST_HIGH_EVENTS: i64 = 100;

const THRASH: Rule = Rule {
    code: "mem.cache.thrash",
    severity: Severity::Warning,
    title: "Page cache thrashing",
    meaning: "At the memory limit, too little page cache is left for the files in use, and they are reread continuously.",
};

const LIVELOCK: Rule = Rule {
    code: "mem.limit_livelock",
    severity: Severity::Critical,
    title: "Hung at the memory limit without an OOM kill",
    meaning: "At the memory limit, the program's own code is evicted and reread continuously, and the kernel does not kill anything.",
};

const HIGH_THROTTLE: Rule = Rule {
    code: "mem.high_throttle",
    severity: Severity::Critical,
    title: "Throttled at memory.high",
    meaning: "The charge is at memory.high, and the kernel throttles every allocation.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[THRASH, LIVELOCK, HIGH_THROTTLE],
    missing_inputs: |case| {
        needs(case, usable, &["the cgroup's memory.pressure, memory.stat and memory limit"])
    },
    detect: |case: &Case<'_>| {
        let latest = latest(case, usable);
        let found =
            latest.into_iter().filter_map(|reviewed| throttled(reviewed).or_else(|| at_limit(reviewed)));
        found.map(|finding| with_cachestat(case, finding)).collect()
    },
};

/// At the limit, what cachestat shows of the machine bears it out.
fn with_cachestat(case: &Case<'_>, mut finding: Finding) -> Finding {
    let misses = cache_miss::misses(case);
    if let Some(misses) = misses.first().filter(|_| finding.code == THRASH.code) {
        finding
            .claim
            .push_str(&format!(" cachestat, which covers the whole machine, agrees: {}.", misses.sentence()));
        finding.citations.extend(misses.citations());
    }
    finding
}

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.cgroup.as_ref().is_some_and(|cgroup| cgroup.usage.is_some())
        && pressure(reviewed, "full avg10").is_some()
}

fn refaults(cgroup: &Cgroup<'_>) -> Option<Term> {
    ["workingset_refault_file", "total_workingset_refault_file", "workingset_refault"]
        .iter()
        .find_map(|key| cgroup.thing.get("memory.stat", key))
}

/// At the limit: either the page cache is too small for the files, or nothing
/// of the program's own text is left.
fn at_limit(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let cgroup = reviewed.moment.cgroup.as_ref()?;
    let limit = reviewed.moment.limit()?;
    let usage = cgroup.usage.as_ref()?;
    let full = pressure(reviewed, "full avg10")?;
    let refaults = refaults(cgroup)?;
    let is_at_limit = usage.value >= percent(limit.value, AT_LIMIT_PERCENT);
    // Where more anonymous pages come back than file pages, the wait is for swap.
    let of_anon = cgroup.thing.value("memory.stat", "workingset_refault_anon").unwrap_or(0);
    if !is_at_limit || full.value < LEAST_FULL || of_anon > refaults.value {
        return None;
    }
    let mapped = cgroup.file_mapped.as_ref()?;
    let killed = event(reviewed, "oom").is_some_and(|oom| oom.value > 0);
    let citations =
        [&full.from, &refaults.from, &usage.from, &limit.from, &mapped.from].into_iter().flatten().cloned();
    let has_no_text =
        mapped.value < percent(limit.value, NO_TEXT_PERCENT) && refaults.value >= LEAST_REFAULTS;
    if has_no_text && !killed {
        livelock(reviewed, &full, &refaults, citations.collect())
    } else {
        thrash(reviewed, &full, &refaults, citations.collect())
    }
}

fn livelock(
    reviewed: &Reviewed<'_>,
    full: &Term,
    refaults: &Term,
    citations: Vec<Citation>,
) -> Option<Finding> {
    let cgroup = reviewed.moment.cgroup.as_ref()?;
    let anon = cgroup.anon.as_ref()?;
    let draft = Draft {
        rule: LIVELOCK,
        reclaim: None,
        condition: format!(
            "At {AT_LIMIT_PERCENT}% of the limit, all tasks were stalled for {} of the last 10 s, mapped page cache is less than {NO_TEXT_PERCENT}% of the limit, {LEAST_REFAULTS} pages were reread, and memory never ran out.",
            basis_points(LEAST_FULL)
        ),
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        title: LIVELOCK.title.to_owned(),
        claim: format!(
            "Anonymous memory ({}) has evicted the program's own code from memory: {} pages were reread, all tasks were stalled for {} of the last 10 s, and the kernel does not kill anything.",
            text(anon.value),
            refaults.value,
            basis_points(full.value)
        ),
        amount: exact(anon.value),
        citations,
        against: list(&["With a very fast disk, the program may still make slow progress."]),
        advice: list(&[
            "Raise the limit or reduce anonymous memory. After a restart, it will happen again.",
            "A liveness probe ends it; the kernel does not, as long as it can reread the pages.",
            "Set GOMEMLIMIT so that memory is left for the program's code and its files.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

fn thrash(
    reviewed: &Reviewed<'_>,
    full: &Term,
    refaults: &Term,
    citations: Vec<Citation>,
) -> Option<Finding> {
    let cgroup = reviewed.moment.cgroup.as_ref()?;
    let file = cgroup.file.as_ref()?;
    let draft = Draft {
        rule: THRASH,
        reclaim: None,
        condition: format!(
            "At {AT_LIMIT_PERCENT}% of the limit, all tasks were stalled for {} of the last 10 s.",
            basis_points(LEAST_FULL)
        ),
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        title: THRASH.title.to_owned(),
        claim: format!(
            "At the memory limit, {} of page cache is repeatedly dropped and reread ({} pages so far), and all tasks were stalled for {} of the last 10 s.",
            text(file.value),
            refaults.value,
            basis_points(full.value)
        ),
        amount: exact(file.value),
        citations,
        against: list(&["Reading many files once, for example at startup, looks the same for some seconds."]),
        advice: list(&[
            "Raise the limit, or reduce anonymous memory: too little page cache is left for the files in use.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

/// Over `memory.high`: the kernel slows every allocation down. Also said of a
/// moment before, if its files were kept.
fn throttled(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let main = reviewed.moment.cgroup.as_ref()?;
    let is_throttled = |cgroup: &&Cgroup<'_>| {
        let high = cgroup.high.as_ref().filter(|high| high.value != UNLIMITED);
        let events = cgroup.thing.value("memory.events", "high").unwrap_or(0);
        let full = cgroup.thing.value("memory.pressure", "full avg10").unwrap_or(0);
        high.zip(cgroup.usage.as_ref()).is_some_and(|(high, usage)| {
            usage.value >= percent(high.value, AT_LIMIT_PERCENT)
                && events >= LEAST_HIGH_EVENTS
                && full >= LEAST_FULL
        })
    };
    let cgroup = std::iter::once(main).chain(&reviewed.moment.rereadings).find(is_throttled)?;
    let high = cgroup.high.as_ref()?;
    let usage = cgroup.usage.as_ref()?;
    let full = cgroup.thing.get("memory.pressure", "full avg10")?;
    let events = cgroup.thing.get("memory.events", "high")?;
    let moment = cgroup.thing.place.moment;
    let when = if moment.is_empty() { String::new() } else { format!(" ({moment})") };
    let draft = Draft {
        rule: HIGH_THROTTLE,
        reclaim: None,
        condition: format!(
            "At {AT_LIMIT_PERCENT}% of memory.high, exceeded at least {LEAST_HIGH_EVENTS} times, all tasks were stalled for {} of the last 10 s.",
            basis_points(LEAST_FULL)
        ),
        severity: if moment.is_empty() { Severity::Critical } else { Severity::Warning },
        confidence: Confidence::Certain,
        title: HIGH_THROTTLE.title.to_owned(),
        claim: format!(
            "The charge of {} is at memory.high ({}){when}: the kernel throttled allocations {} times, and all tasks were stalled for {} of the last 10 s.",
            text(usage.value),
            text(high.value),
            events.value,
            basis_points(full.value)
        ),
        amount: exact(usage.value),
        citations: [usage.from.clone(), high.from.clone(), events.from, full.from].concat(),
        against: Vec::new(),
        advice: list(&[
            "Raise or remove memory.high: the program barely makes progress and is never killed.",
            "Profiles over HTTP may time out in this state: capture the kernel's files first.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::{Certain, Likely};
    use crate::report::Severity::{Critical, Warning};

    fn pressure(full: &str) -> String {
        format!(
            "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10={full} avg60=0.00 avg300=0.00 total=0\n"
        )
    }

    fn stat(mapped: &str, of_file: u64, of_anon: u64) -> String {
        format!(
            "anon <90MiB>\nfile <8MiB>\nfile_mapped {mapped}\nworkingset_refault_anon {of_anon}\n\
             workingset_refault_file {of_file}\n"
        )
    }

    fn events(high: u64, oom: u64) -> String {
        format!("low 0\nhigh {high}\nmax 0\noom {oom}\noom_kill 0\n")
    }

    const MAX: (&str, &str) = ("memory.max", "<100MiB>");

    #[test]
    fn a_page_cache_that_is_read_again_at_the_limit_does_not_fit() {
        let files = [
            ("memory.current", "<98MiB>"),
            MAX,
            ("memory.pressure", &*pressure("5.00")),
            ("memory.stat", &*stat("<1MiB>", 10_000, 10_000)),
        ];
        let found = check("mem", &files, &["mem.cache.thrash"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, Some(8 << 20))]);
    }

    #[test]
    fn room_below_the_limit_short_waits_and_waits_for_swap_are_not_this() {
        for (current, full, of_anon) in
            [("<98MiB-1>", "5.00", 0), ("<98MiB>", "4.99", 0), ("<98MiB>", "5.00", 10_001)]
        {
            for mapped in ["0", "<1MiB>"] {
                let files = [
                    ("memory.current", current),
                    MAX,
                    ("memory.pressure", &*pressure(full)),
                    ("memory.stat", &*stat(mapped, 10_000, of_anon)),
                ];
                check("mem.cache.thrash", &files, &[]);
                check("mem.limit_livelock", &files, &[]);
            }
        }
    }

    #[test]
    fn without_mapped_text_and_without_a_kill_it_hangs() {
        for (mapped, refaults, oom, codes) in [
            ("<1MiB-1>", 10_000, 0, &["mem.limit_livelock"][..]),
            ("<1MiB>", 10_000, 0, &[]),
            ("<1MiB-1>", 9_999, 0, &[]),
            ("<1MiB-1>", 10_000, 1, &[]),
        ] {
            let files = [
                ("memory.current", "<98MiB>"),
                MAX,
                ("memory.pressure", &*pressure("5.00")),
                ("memory.stat", &*stat(mapped, refaults, 0)),
                ("memory.events", &*events(0, oom)),
            ];
            let found = check("mem.limit_livelock", &files, codes);
            let wanted = [(Critical, Likely, Some(90 << 20))];
            assert_eq!(verdicts(&found), wanted.get(..codes.len()).unwrap_or_default());
        }
    }

    #[test]
    fn at_memory_high_allocations_are_slowed() {
        for (current, high, times, full, codes) in [
            ("<98MiB>", "<100MiB>", 100, "5.00", &["mem.high_throttle"][..]),
            ("<98MiB-1>", "<100MiB>", 100, "5.00", &[]),
            ("<98MiB>", "max", 100, "5.00", &[]),
            ("<98MiB>", "<100MiB>", 99, "5.00", &[]),
            ("<98MiB>", "<100MiB>", 100, "4.99", &[]),
        ] {
            let files = [
                ("memory.current", current),
                ("memory.high", high),
                ("memory.events", &*events(times, 0)),
                ("memory.pressure", &*pressure(full)),
            ];
            let found = check("mem.high_throttle", &files, codes);
            let wanted = [(Critical, Certain, Some(98 << 20))];
            assert_eq!(verdicts(&found), wanted.get(..codes.len()).unwrap_or_default());
        }
    }

    #[test]
    fn a_moment_before_that_was_throttled_is_a_warning() {
        let files = [
            ("memory.current", "<10MiB>"),
            ("memory.pressure", &*pressure("0.00")),
            ("memory.current.before", "<98MiB>"),
            ("memory.high.before", "<100MiB>"),
            ("memory.events.before", &*events(100, 0)),
            ("memory.pressure.before", &*pressure("5.00")),
        ];
        let found = check("mem.high_throttle", &files, &["mem.high_throttle"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, Some(98 << 20))]);
    }
}
