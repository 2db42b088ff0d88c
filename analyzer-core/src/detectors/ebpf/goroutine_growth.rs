//! `ebpf.goroutine.growth`: goroutines of one `go` statement start and do not end.

use super::{needs, subject};
use crate::analysis::tools::cite;
use crate::analysis::tools::functions;
use crate::analysis::tools::lives::sentence;
use crate::base::convert::clamp_i64;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::evidence::probes::GoroutineLife;
use crate::report::{Amount, Confidence, Counted, Finding, Severity};

/// Goroutines that must have been started and not have ended.
const LEAST_OPEN: u64 = 50;
/// Share of those started, in percent, that must not have ended.
const LEAST_OPEN_PERCENT: u64 = 50;
/// Share of those, in percent, that must wait.
const LEAST_WAITING_PERCENT: u64 = 90;

const GROWTH: Rule = Rule {
    code: "ebpf.goroutine.growth",
    severity: Severity::Warning,
    title: "Goroutines start but do not exit",
    meaning: "During the eBPF measurement, most goroutines from one go statement did not exit, and they are waiting.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[GROWTH],
    missing_inputs: |case| {
        needs(&case.evidence.probes.windows, "goroutine-life.bt (bpftrace) run for a minute")
    },
    detect: |case: &Case<'_>| case.evidence.probes.lives.iter().filter_map(|life| find(case, life)).collect(),
};

fn find(case: &Case<'_>, life: &GoroutineLife) -> Option<Finding> {
    let open = life.births.saturating_sub(life.ends);
    let is_share = |part: u64, whole: u64, percent: u64| {
        u128::from(part) * 100 >= u128::from(whole) * u128::from(percent)
    };
    let is_growth = open >= LEAST_OPEN
        && is_share(open, life.births, LEAST_OPEN_PERCENT)
        && is_share(life.waiting, open, LEAST_WAITING_PERCENT);
    if !is_growth {
        return None;
    }
    let place = functions(case.evidence, life.stack).find(|name| !name.starts_with("runtime."));
    let place = place.map_or_else(String::new, |name| format!(" Most wait in {name}."));
    let function = case.evidence.strings.get(life.function);
    let draft = Draft {
        rule: GROWTH,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        reclaim: None,
        condition: format!(
            "At least {LEAST_OPEN} goroutines from one go statement did not exit, which is at least {LEAST_OPEN_PERCENT}% of those started, and {LEAST_WAITING_PERCENT}% of them are waiting."
        ),
        title: GROWTH.title.to_owned(),
        claim: format!("{function}: {}{place}", sentence(case.evidence, life)),
        amount: Some(Amount::counted(clamp_i64(i128::from(open)), Counted::Goroutines)),
        citations: vec![cite(
            life.source,
            life.at,
            "started",
            clamp_i64(i128::from(life.births)),
            Unit::Count,
        )],
        against: list(&[
            "A pool that fills up, or connections that clients keep open, look the same in a short run: measure longer, or again.",
            "Goroutines whose exit was missed (lost events, a full map) count as running.",
        ]),
        advice: list(&[
            "Capture two goroutine dumps (debug=2) a few minutes apart: they show where each goroutine waits and for how long.",
        ]),
    };
    draft.about(subject(case, life.source))
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Likely;
    use crate::report::Severity::Warning;

    fn life(births: u64, ends: u64, waiting: u64) -> String {
        let map = |name: &str, value: &dyn Fn(u64) -> String| {
            let members: Vec<String> =
                (0..waiting).map(|index| format!("\"{}\": {}", 1000 + index, value(index))).collect();
            format!("{{\"type\": \"map\", \"data\": {{\"{name}\": {{{}}}}}}}\n", members.join(", "))
        };
        format!(
            "{{\"type\": \"printf\", \"data\": \"strata goroutine-life 1\\n\"}}\n\
             {{\"type\": \"printf\", \"data\": \"window 1000 60000001000\\n\"}}\n\
             {{\"type\": \"map\", \"data\": {{\"@births\": {{\"main.serve,main.serve.func1\": {births}}}}}}}\n\
             {{\"type\": \"map\", \"data\": {{\"@ends\": {{\"main.serve,main.serve.func1\": {ends}}}}}}}\n{}{}{}{}",
            map("@creator", &|_| "\"main.serve\"".to_owned()),
            map("@function", &|_| "\"main.serve.func1\"".to_owned()),
            map("@parked", &|index| (2000 + index).to_string()),
            map("@parked_in", &|_| {
                "\"\\n    runtime.gopark+200\\n    runtime.chansend+9\\n    main.serve.func1+24\\n\""
                    .to_owned()
            }),
        )
    }

    #[test]
    fn goroutines_that_start_and_wait_for_ever_are_told_with_their_place() {
        for (births, ends, waiting) in [(120, 3, 117), (50, 0, 50), (1_000, 500, 460)] {
            let found =
                check("ebpf", &[("life.json", &*life(births, ends, waiting))], &["ebpf.goroutine.growth"]);
            let open = i64::try_from(births - ends).expect("small");
            assert_eq!(verdicts(&found), [(Warning, Likely, Some(open))]);
            assert!(found[0].claim.contains("Most wait in main.serve.func1."), "{}", found[0].claim);
        }
    }

    #[test]
    fn goroutines_that_end_or_work_are_healthy() {
        for (births, ends, waiting) in [(1_000, 990, 10), (49, 0, 49), (400, 210, 190), (100, 0, 20)] {
            check("ebpf.goroutine.growth", &[("life.json", &*life(births, ends, waiting))], &[]);
        }
    }

    #[test]
    fn a_group_of_a_dump_is_told_what_was_counted_of_it() {
        let dump = "goroutine 9 [chan send, 3 minutes]:\nmain.serve.func1()\n\t/a/main.go:9 +0x1\ncreated by main.serve in goroutine 1\n\t/a/main.go:8 +0x1\n\n";
        let files = [("shop/life.json", life(120, 3, 117)), ("shop/goroutine.txt", dump.to_owned())];
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        let groups = crate::detectors::testing::report(&files).goroutines.expect("a dump").groups;
        assert!(groups[0].reasons.iter().any(|line| line.contains("started 120")), "{:?}", groups[0].reasons);
    }
}
