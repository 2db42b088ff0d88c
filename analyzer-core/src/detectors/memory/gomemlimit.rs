//! `mem.gomemlimit.*`: GOMEMLIMIT missing, too high for what is beside Go, or
//! below what the program needs.

use super::risk_pacing::peak;
use super::support::{Draft, beside_go, exact, gomemlimit, latest, list, needs, percent, text};
use crate::analysis::memory::Reviewed;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::memory::UNLIMITED;
use crate::report::advisor::{ADVISED_PERCENT, PINNED_PERCENT, ROOM_PERCENT};
use crate::report::{Confidence, Finding, Severity};

/// Peak as a share of the limit below which no GOMEMLIMIT is needed.
const LEAST_PEAK_PERCENT: i64 = 50;

const MISSING: Rule = Rule {
    code: "mem.gomemlimit.missing",
    severity: Severity::Info,
    title: "GOMEMLIMIT is not set",
    meaning: "The container has a memory limit, but the Go runtime does not know it.",
};

const TIGHT: Rule = Rule {
    code: "mem.gomemlimit.tight",
    severity: Severity::Warning,
    title: "GOMEMLIMIT is too high for the container's limit",
    meaning: "GOMEMLIMIT plus the memory outside the Go runtime exceeds the container's limit.",
};

const BELOW_LIVE: Rule = Rule {
    code: "mem.gomemlimit.below_live",
    severity: Severity::Critical,
    title: "GOMEMLIMIT is too low for the live heap",
    meaning: "The live heap nearly fills GOMEMLIMIT, so the garbage collector runs continuously.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[MISSING, TIGHT, BELOW_LIVE],
    missing_inputs: |case| {
        needs(
            case,
            usable,
            &["/gc/gomemlimit:bytes (runtime/metrics, or client_golang configured to export it)"],
        )
    },
    detect: |case: &Case<'_>| {
        let latest = latest(case, usable);
        latest
            .into_iter()
            .flat_map(|reviewed| [missing(reviewed), tight(reviewed), below_live(reviewed)])
            .flatten()
            .collect()
    },
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.gomemlimit().is_some()
}

fn missing(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let stated = reviewed.moment.gomemlimit().filter(|limit| limit.value == UNLIMITED)?;
    let limit = reviewed.moment.limit()?;
    let peak = peak(reviewed)?;
    let beside = beside_go(reviewed)?;
    let advised = percent(limit.value - beside.value, ADVISED_PERCENT);
    if peak.value < percent(limit.value, LEAST_PEAK_PERCENT) || advised <= 0 {
        return None;
    }
    let draft = Draft {
        rule: MISSING,
        reclaim: None,
        condition: format!(
            "GOMEMLIMIT is not set, the container has a limit, and the peak at the next heap goal reaches {LEAST_PEAK_PERCENT}% of it."
        ),
        severity: Severity::Info,
        confidence: Confidence::Certain,
        title: MISSING.title.to_owned(),
        claim: format!(
            "The container's limit is {}, but GOMEMLIMIT is not set: at the next heap goal, the container will need {} in total.",
            text(limit.value),
            text(peak.value)
        ),
        amount: exact(advised),
        citations: [stated.from, limit.from, peak.from].concat(),
        against: list(&["A heap that never comes near the limit does not need GOMEMLIMIT."]),
        advice: vec![format!(
            "Set GOMEMLIMIT to about {}: {ADVISED_PERCENT}% of what the limit leaves after the {} outside the Go runtime.",
            text(advised),
            text(beside.value)
        )],
    };
    draft.about(reviewed.moment.subject)
}

fn tight(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let memory_limit = gomemlimit(reviewed)?;
    let limit = reviewed.moment.limit()?;
    let beside = beside_go(reviewed)?;
    let room = limit.value - beside.value - percent(limit.value, ROOM_PERCENT);
    if memory_limit.value <= room {
        return None;
    }
    let draft = Draft {
        rule: TIGHT,
        reclaim: None,
        condition: format!(
            "GOMEMLIMIT exceeds the limit minus the memory outside the Go runtime minus {ROOM_PERCENT}% of the limit."
        ),
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        title: TIGHT.title.to_owned(),
        claim: format!(
            "GOMEMLIMIT is {}, the container's limit is {}, and {} is outside the Go runtime: if Go uses all that GOMEMLIMIT allows, the container exceeds its limit.",
            text(memory_limit.value),
            text(limit.value),
            text(beside.value)
        ),
        amount: exact(memory_limit.value - room),
        citations: [memory_limit.from, limit.from, beside.from].concat(),
        against: list(&["A heap that stays far below GOMEMLIMIT never reaches this point."]),
        advice: vec![format!(
            "Lower GOMEMLIMIT to at most {}, or raise the container's limit.",
            text(room.max(0))
        )],
    };
    draft.about(reviewed.moment.subject)
}

fn below_live(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let memory_limit = gomemlimit(reviewed)?;
    let go = reviewed.moment.go.as_ref()?;
    let live = reviewed.moment.live()?;
    let needed = &(&live + go.stack_inuse.as_ref()?) + &go.metadata()?;
    if needed.value < percent(memory_limit.value, PINNED_PERCENT) {
        return None;
    }
    let draft = Draft {
        rule: BELOW_LIVE,
        reclaim: None,
        condition: format!("Live heap, stacks and runtime metadata reach {PINNED_PERCENT}% of GOMEMLIMIT."),
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        title: BELOW_LIVE.title.to_owned(),
        claim: format!(
            "Live heap, stacks and runtime metadata take {}, and GOMEMLIMIT is {}: the garbage collector runs continuously and cannot free more.",
            text(needed.value),
            text(memory_limit.value)
        ),
        amount: exact(needed.value - memory_limit.value),
        citations: [memory_limit.from, needed.from].concat(),
        against: list(&[
            "The runtime limits the GC to half of the CPUs: memory exceeds GOMEMLIMIT rather than the program stalling.",
        ]),
        advice: list(&["Find what keeps the heap reachable, or raise GOMEMLIMIT and the container's limit."]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::{Certain, Likely};
    use crate::report::Severity::{Critical, Info, Warning};

    /// A runtime with 5 MiB of stacks and metadata, in a container limited to
    /// 100 MiB that has `shmem` beside Go.
    fn metrics(memory_limit: &str, goal: &str, live: &str) -> String {
        format!(
            "go_gc_gomemlimit_bytes {memory_limit}\ngo_memstats_next_gc_bytes {goal}\n\
             go_gc_heap_live_bytes {live}\ngo_memstats_heap_alloc_bytes <30MiB>\n\
             go_memstats_heap_inuse_bytes <30MiB>\ngo_memstats_heap_sys_bytes <40MiB>\n\
             go_memstats_stack_inuse_bytes <2MiB>\ngo_memstats_sys_bytes <45MiB>\n"
        )
    }

    fn stat(shmem: &str) -> String {
        format!("anon 0\nfile 0\nfile_mapped 0\nshmem {shmem}\n")
    }

    const NONE: &str = "9.223372036854775807e+18";

    #[test]
    fn a_runtime_that_does_not_know_the_limit_is_told_from_half_of_it_on() {
        let (max, stat) = (("memory.max", "<100MiB>"), stat("<5MiB>"));
        let files = [("metrics.prom", &*metrics(NONE, "<40MiB>", "0")), max, ("memory.stat", &stat)];
        let found = check("mem.gomemlimit", &files, &["mem.gomemlimit.missing"]);
        assert_eq!(verdicts(&found), [(Info, Certain, Some((95 << 20) / 100 * 90))]);
        for goal in ["<40MiB-1>", NONE] {
            let files = [("metrics.prom", &*metrics(NONE, goal, "0")), max, ("memory.stat", &stat)];
            check("mem.gomemlimit.missing", &files, &[]);
        }
    }

    #[test]
    fn where_nothing_is_left_for_go_no_gomemlimit_is_advised() {
        for (shmem, codes) in [("<99MiB>", &["mem.gomemlimit.missing"][..]), ("<100MiB>", &[])] {
            let files = [
                ("metrics.prom", &*metrics(NONE, "<40MiB>", "0")),
                ("memory.max", "<100MiB>"),
                ("memory.stat", &stat(shmem)),
            ];
            check("mem.gomemlimit", &files, codes);
        }
    }

    #[test]
    fn gomemlimit_must_fit_beside_the_rest_with_a_twentieth_of_room() {
        let (max, stat) = (("memory.max", "<100MiB>"), stat("<5MiB>"));
        let files = [("metrics.prom", &*metrics("<90MiB+1>", "<40MiB>", "0")), max, ("memory.stat", &stat)];
        let found = check("mem.gomemlimit", &files, &["mem.gomemlimit.tight"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, Some(1))]);
        let files = [("metrics.prom", &*metrics("<90MiB>", "<40MiB>", "0")), max, ("memory.stat", &stat)];
        check("mem.gomemlimit", &files, &[]);
    }

    #[test]
    fn what_is_live_must_leave_a_twentieth_of_gomemlimit() {
        let files = [("metrics.prom", &*metrics("<100MiB>", "<40MiB>", "<90MiB>"))];
        let found = check("mem.gomemlimit", &files, &["mem.gomemlimit.below_live"]);
        assert_eq!(verdicts(&found), [(Critical, Likely, Some(-5 << 20))]);
        let files = [("metrics.prom", &*metrics("<100MiB>", "<40MiB>", "<90MiB-1>"))];
        check("mem.gomemlimit", &files, &[]);
        let files = [("metrics.prom", &*metrics(NONE, "<40MiB>", "<90MiB>"))];
        check("mem.gomemlimit.below_live", &files, &[]);
    }
}
