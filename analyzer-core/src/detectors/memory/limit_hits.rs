//! `mem.limit_hits`: the limit was reached, and reclaim made room.

use super::support::{Draft, event, latest, list, needs, share_text, text};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::term::Term;
use crate::base::words::one_or_many;
use crate::detectors::{Case, Detector, Rule};
use crate::report::{Amount, Confidence, Counted, Finding, Severity};

const HITS: Rule = Rule {
    code: "mem.limit_hits",
    severity: Severity::Info,
    title: "The memory limit was reached",
    meaning: "The limit was reached, and the kernel reclaimed enough memory each time.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[HITS],
    missing_inputs: |case| needs(case, usable, &["memory.events (v1: memory.failcnt) of the cgroup"]),
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    hits(reviewed).is_some()
}

fn hits(reviewed: &Reviewed<'_>) -> Option<Term> {
    let v1 = || reviewed.moment.cgroup.as_ref()?.thing.get("memory.failcnt", "");
    event(reviewed, "max").or_else(v1)
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let cgroup = reviewed.moment.cgroup.as_ref()?;
    let hits = hits(reviewed)?;
    let v1_kills = || cgroup.thing.get("memory.oom_control", "oom_kill");
    let kills = event(reviewed, "oom_kill").or_else(v1_kills).map_or(0, |kills| kills.value);
    let failed = event(reviewed, "oom").map_or(0, |oom| oom.value);
    if hits.value == 0 || kills > 0 || failed > 0 {
        return None;
    }
    let fill =
        cgroup.usage.as_ref().zip(reviewed.moment.limit()).map_or_else(String::new, |(usage, limit)| {
            format!(
                " Now {} of {} is charged ({}).",
                text(usage.value),
                text(limit.value),
                share_text(usage.value, limit.value)
            )
        });
    let draft = Draft {
        rule: HITS,
        reclaim: None,
        condition: "The limit was hit, but nothing was killed.".to_owned(),
        severity: Severity::Info,
        confidence: Confidence::Certain,
        title: HITS.title.to_owned(),
        claim: format!(
            "The memory limit was reached {}, and the kernel reclaimed enough memory each time.{fill}",
            one_or_many(hits.value, "time", "times")
        ),
        amount: Some(Amount::counted(hits.value, Counted::Times)),
        citations: hits.from,
        against: Vec::new(),
        advice: list(&[
            "This is harmless by itself: page cache grows to the limit and is dropped. Watch memory.pressure and refaults.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Info;

    fn events(max: u64, oom: u64, oom_kill: u64) -> String {
        format!("low 0\nhigh 0\nmax {max}\noom {oom}\noom_kill {oom_kill}\n")
    }

    #[test]
    fn hits_without_a_kill_are_said() {
        let files = [("memory.current", "4096"), ("memory.events", &*events(1, 0, 0))];
        let found = check("mem.limit_hits", &files, &["mem.limit_hits"]);
        assert_eq!(verdicts(&found), [(Info, Certain, Some(1))]);
    }

    #[test]
    fn no_hit_a_kill_and_a_failed_allocation_are_not_this() {
        for (max, oom, oom_kill) in [(0, 0, 0), (9, 1, 0), (9, 0, 1)] {
            let files = [("memory.current", "4096"), ("memory.events", &*events(max, oom, oom_kill))];
            check("mem.limit_hits", &files, &[]);
        }
    }

    #[test]
    fn the_groups_own_events_come_before_those_of_its_children() {
        let files = [
            ("memory.current", "4096"),
            ("memory.events", &*events(9, 0, 0)),
            ("memory.events.local", &*events(0, 0, 0)),
        ];
        check("mem.limit_hits", &files, &[]);
    }

    #[test]
    fn version_1_counts_failures() {
        let control = |kills| format!("oom_kill_disable 0\nunder_oom 0\noom_kill {kills}\n");
        let usage = ("memory.usage_in_bytes", "4096");
        let files = [usage, ("memory.failcnt", "5"), ("memory.oom_control", &*control(0))];
        let found = check("mem.limit_hits", &files, &["mem.limit_hits"]);
        assert_eq!(verdicts(&found), [(Info, Certain, Some(5))]);
        check("mem.limit_hits", &[usage, ("memory.failcnt", "5"), ("memory.oom_control", &*control(1))], &[]);
    }
}
