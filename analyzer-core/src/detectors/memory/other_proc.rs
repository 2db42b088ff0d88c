//! `mem.other_proc` and `mem.elsewhere`: memory of processes other than the main
//! one, captured or not, and pages that are charged to another group.

use super::support::{Draft, Reclaim, effect, exact, latest, least_effect, list, needs, text};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::ledger::shared_between;
use crate::analysis::memory::term::{Term, sum};
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Confidence, Finding, Severity};

const OTHER_PROC: Rule = Rule {
    code: "mem.other_proc",
    severity: Severity::Info,
    title: "Other processes",
    meaning: "Processes other than the main one hold a large part of the container's memory.",
};

const ELSEWHERE: Rule = Rule {
    code: "mem.elsewhere",
    severity: Severity::Info,
    title: "Pages charged to another cgroup",
    meaning: "Resident pages of the process are charged to another cgroup.",
};

/// The rules.
pub const DETECTOR: Detector = Detector {
    rules: &[OTHER_PROC, ELSEWHERE],
    missing_inputs: |case| {
        needs(case, usable, &["/proc/PID/smaps_rollup of every process, and the cgroup's memory.stat"])
    },
    detect: |case: &Case<'_>| {
        let latest = latest(case, usable);
        latest.into_iter().flat_map(|reviewed| [captured(reviewed), rest(reviewed)]).flatten().collect()
    },
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    let has_group = reviewed.moment.cgroup.as_ref().is_some_and(|cgroup| cgroup.anon.is_some());
    has_group && reviewed.moment.process.as_ref().is_some_and(|process| process.anon.is_some())
}

/// Other processes whose files are there; pages shared after a fork once.
fn captured(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let others = others(reviewed)?;
    if others.value < least_effect(reviewed) {
        return None;
    }
    let count = reviewed.moment.others.len();
    let draft = Draft {
        rule: OTHER_PROC,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "Other captured processes hold at least {} of anonymous memory.",
            effect(reviewed)
        ),
        severity: Severity::Info,
        confidence: Confidence::Certain,
        title: OTHER_PROC.title.to_owned(),
        claim: format!(
            "{count} other {} in the container {} {} of anonymous memory.",
            if count == 1 { "process" } else { "processes" },
            if count == 1 { "holds" } else { "hold" },
            text(others.value)
        ),
        amount: exact(others.value),
        citations: others.from,
        against: Vec::new(),
        advice: list(&["The limit applies to all of them together: look at each one."]),
    };
    draft.about(reviewed.moment.subject)
}

fn others(reviewed: &Reviewed<'_>) -> Option<Term> {
    let others = sum(reviewed.moment.others.iter().map(|process| process.anon.as_ref()))?;
    let own = reviewed.moment.process.as_ref()?.anon.as_ref()?;
    Some(match shared_between(&reviewed.moment, &(own + &others)) {
        Some(shared) => &others + &shared,
        None => others,
    })
}

/// What the captured processes leave unexplained.
fn rest(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let anon = reviewed.moment.cgroup.as_ref()?.anon.as_ref()?;
    let mut covered = reviewed.moment.process.as_ref()?.anon.clone()?;
    if let Some(others) = others(reviewed) {
        covered = &covered + &others;
    }
    let rest = anon - &covered;
    let effect = least_effect(reviewed);
    if rest.value >= effect {
        missing(reviewed, &rest)
    } else if rest.value <= -effect {
        elsewhere(reviewed, &rest)
    } else {
        None
    }
}

fn missing(reviewed: &Reviewed<'_>, rest: &Term) -> Option<Finding> {
    let draft = Draft {
        rule: OTHER_PROC,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "The charged anonymous memory exceeds that of the captured processes by at least {}.",
            effect(reviewed)
        ),
        severity: Severity::Info,
        confidence: Confidence::Likely,
        title: "Memory of processes that were not captured".to_owned(),
        claim: format!(
            "{} of the container's anonymous memory belongs to none of the captured processes.",
            text(rest.value)
        ),
        amount: exact(rest.value),
        citations: rest.from.clone(),
        against: list(&[
            "If the files were captured at different times, the heap may have grown in between.",
        ]),
        advice: list(&["Capture /proc/PID/smaps_rollup of every process in cgroup.procs."]),
    };
    draft.about(reviewed.moment.subject)
}

fn elsewhere(reviewed: &Reviewed<'_>, rest: &Term) -> Option<Finding> {
    let draft = Draft {
        rule: ELSEWHERE,
        reclaim: Some(Reclaim::NotCharged),
        condition: format!(
            "The captured processes hold at least {} more anonymous memory than is charged.",
            effect(reviewed)
        ),
        severity: Severity::Info,
        confidence: Confidence::Likely,
        title: ELSEWHERE.title.to_owned(),
        claim: format!(
            "{} of the process's anonymous memory is not charged to this cgroup.",
            text(-rest.value)
        ),
        amount: exact(-rest.value),
        citations: rest.from.clone(),
        against: list(&["The files may come from different containers or different times."]),
        advice: list(&[
            "Pages stay charged to the cgroup that first touched them: a process moved to another cgroup leaves its pages behind.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::{Certain, Likely};
    use crate::report::Severity::Info;

    fn rollup(anon: &str, pss: &str) -> String {
        format!(
            "00400000-7fff00000000 ---p 00000000 00:00 0 [rollup]\nRss: {anon}\nAnonymous: {anon}\nPss_Anon: {pss}\n"
        )
    }

    fn stat(anon: &str) -> String {
        format!("anon {anon}\nfile 0\nfile_mapped 0\n")
    }

    #[test]
    fn another_captured_process_is_said_from_the_least_effect_on() {
        for (other, group, codes) in
            [("<16MiB kB>", "<56MiB>", &["mem.other_proc"][..]), ("<16MiB-4 kB>", "<56MiB>", &[])]
        {
            let files = [
                ("pid7.smaps_rollup", &*rollup("<40MiB kB>", "<40MiB kB>")),
                ("pid8.smaps_rollup", &*rollup(other, other)),
                ("cgroup.procs", "7\n8\n"),
                ("memory.stat", &*stat(group)),
            ];
            let found = check("mem.other_proc", &files, codes);
            let wanted = [(Info, Certain, Some(16 << 20))];
            assert_eq!(verdicts(&found), wanted.get(..codes.len()).unwrap_or_default());
        }
    }

    #[test]
    fn pages_shared_after_a_fork_count_once() {
        let files = [
            ("pid7.smaps_rollup", &*rollup("<40MiB kB>", "<25MiB kB>")),
            ("pid8.smaps_rollup", &*rollup("<30MiB kB>", "<15MiB kB>")),
            ("cgroup.procs", "7\n8\n"),
            ("memory.stat", &*stat("<40MiB>")),
        ];
        check("mem.other_proc", &files, &[]);
    }

    #[test]
    fn what_no_captured_process_holds_is_of_a_missing_one() {
        let own = rollup("<40MiB kB>", "<40MiB kB>");
        let found = check(
            "mem.other_proc",
            &[("smaps_rollup", &*own), ("memory.stat", &stat("<56MiB>"))],
            &["mem.other_proc"],
        );
        assert_eq!(verdicts(&found), [(Info, Likely, Some(16 << 20))]);
        check("mem.other_proc", &[("smaps_rollup", &*own), ("memory.stat", &stat("<56MiB-1>"))], &[]);
    }

    #[test]
    fn what_the_group_is_not_charged_for_is_charged_elsewhere() {
        let own = rollup("<40MiB kB>", "<40MiB kB>");
        let found = check(
            "mem.elsewhere",
            &[("smaps_rollup", &*own), ("memory.stat", &stat("<24MiB>"))],
            &["mem.elsewhere"],
        );
        assert_eq!(verdicts(&found), [(Info, Likely, Some(16 << 20))]);
        check("mem.elsewhere", &[("smaps_rollup", &*own), ("memory.stat", &stat("<24MiB+1>"))], &[]);
    }
}
