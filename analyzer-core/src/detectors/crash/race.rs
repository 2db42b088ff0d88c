//! Reports of the race detector: both places.

use std::collections::HashMap;

use super::support;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::evidence::Evidence;
use crate::evidence::races::{RaceAccess, RaceReport};
use crate::report::{
    Amount, Citation, Confidence, Counted, Finding, Origin, Severity, StackFrame, SubjectId,
};

const RACE: Rule = Rule {
    code: "crash.race",
    severity: Severity::Warning,
    title: "Data race",
    meaning: "The race detector saw two goroutines access the same variable without synchronization, and at least one of them wrote to it.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[RACE],
    missing_inputs: |case| {
        if case.evidence.races.is_empty() {
            list(&["the output of a program or test built with -race"])
        } else {
            Vec::new()
        }
    },
    detect: find,
};

/// Pairs of places that are told.
const FINDINGS: usize = 50;

fn find(case: &Case<'_>) -> Vec<Finding> {
    let subjects = support::subjects(case);
    // One pair of places is one race, however often it was seen.
    let mut rows: Vec<(&RaceReport, SubjectId, Vec<String>, i64)> = Vec::new();
    let mut known: HashMap<(SubjectId, Vec<String>), usize> = HashMap::new();
    for race in case.evidence.races.iter().filter(|race| !race.accesses.is_empty()) {
        let Some(&subject) = subjects.get(&race.source) else { continue };
        let mut places: Vec<String> =
            race.accesses.iter().map(|access| place(case.evidence, access)).collect();
        places.sort();
        let key = (subject, places.clone());
        if let Some(row) = known.get(&key).and_then(|&index| rows.get_mut(index)) {
            row.3 = row.3.saturating_add(1);
        } else if rows.len() < FINDINGS {
            known.insert(key, rows.len());
            rows.push((race, subject, places, 1));
        }
    }
    rows.into_iter()
        .filter_map(|(race, subject, _, times)| finding(case.evidence, race, subject, times))
        .collect()
}

fn finding(evidence: &Evidence, race: &RaceReport, subject: SubjectId, times: i64) -> Option<Finding> {
    let accesses: Vec<String> = race
        .accesses
        .iter()
        .map(|access| {
            format!("a {} in {}{}", access.kind, place(evidence, access), who(evidence, race, access))
        })
        .collect();
    let again = if times > 1 { format!(" It was reported {times} times.") } else { String::new() };
    let draft = Draft {
        rule: RACE,
        severity: Severity::Warning,
        confidence: Confidence::Certain,
        reclaim: None,
        condition: "The race detector printed a report.".to_owned(),
        title: RACE.title.to_owned(),
        claim: format!(
            "Data race: {}. The two accesses are not synchronized.{again}",
            accesses.join(", and before that ")
        ),
        amount: (times > 1).then_some(Amount::counted(times, Counted::Times)),
        citations: race.accesses.iter().map(|access| Citation::place(race.span(access.line))).collect(),
        against: Vec::new(),
        advice: list(&[
            "Protect both accesses with the same lock, pass the value over a channel, or use sync/atomic for all accesses.",
            "The detector sees only code that ran: a report is always a real race, but no report does not mean that there is none.",
        ]),
    };
    draft.about(subject)
}

/// `shop.(*Cart).Add (cart.go:51)`, with the own call that led to it.
fn place(evidence: &Evidence, access: &RaceAccess) -> String {
    let frames: Vec<StackFrame> =
        evidence.stacks.leaf_first(access.stack).map(|frame| support::frame(evidence, frame)).collect();
    let Some(leaf) = frames.first() else { return "a location that the detector no longer knew".to_owned() };
    let own = frames.iter().find(|frame| frame.origin == Origin::Own);
    match own.filter(|own| *own != leaf) {
        Some(own) => format!("{}, called from {}", leaf.call_site(), own.call_site()),
        None => leaf.call_site(),
    }
}

fn who(evidence: &Evidence, race: &RaceReport, access: &RaceAccess) -> String {
    let Some(goid) = access.goid else { return String::new() };
    if goid == 1 {
        return " by the main goroutine".to_owned();
    }
    let started = race.goroutines.iter().find(|goroutine| goroutine.goid == goid);
    let creator = started.and_then(|goroutine| evidence.stacks.frames.get(goroutine.creator?));
    let by = creator.map(|frame| format!(" (started in {})", support::frame(evidence, frame).call_site()));
    format!(" by goroutine {goid}{}", by.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Certain;
    use crate::report::Severity::Warning;

    const REPORT: &str = "==================\nWARNING: DATA RACE\nWrite at 0x00c0001a2018 by goroutine 12:\n  example.com/shop.(*Cart).Add()\n      /srv/app/cart.go:51 +0x6f\n\nPrevious read at 0x00c0001a2018 by main goroutine:\n  example.com/shop.(*Cart).Total()\n      /srv/app/cart.go:88 +0x3a\n\nGoroutine 12 (running) created at:\n  main.main()\n      /srv/app/main.go:19 +0xd8\n==================\n";

    #[test]
    fn a_race_names_both_places_and_who_started_the_goroutine() {
        let found = check("crash", &[("out.txt", REPORT)], &["crash.race"]);
        assert_eq!(verdicts(&found), [(Warning, Certain, None)]);
        for says in [
            "write in example.com/shop.(*Cart).Add (cart.go:51) by goroutine 12",
            "started in main.main (main.go:19)",
            "read in example.com/shop.(*Cart).Total (cart.go:88) by the main goroutine",
        ] {
            assert!(found[0].claim.contains(says), "{}", found[0].claim);
        }
    }

    #[test]
    fn one_pair_of_places_is_one_race_and_a_panic_beside_it_counts_too() {
        let text = format!(
            "{REPORT}{REPORT}panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/app/main.go:9 +0x1d\n"
        );
        let found = check("crash", &[("out.txt", &text)], &["crash.panic", "crash.race"]);
        assert_eq!(found[1].amount.map(|amount| amount.value), Some(2));
    }

    #[test]
    fn a_report_whose_title_is_cut_off_is_one() {
        let cut = REPORT.split_once("RACE\n").unwrap().1;
        let stamped: String =
            cut.lines().map(|line| format!("2024-07-17T09:58:25.742504264Z {line}\n")).collect();
        let alone = cut.split_once("\n\n").unwrap().0;
        for (text, has_both) in [(cut, true), (&stamped, true), (alone, false)] {
            let found = check("crash", &[("out.txt", text)], &["crash.race"]);
            let claim = &found[0].claim;
            assert!(claim.contains("write in example.com/shop.(*Cart).Add (cart.go:51)"), "{claim}");
            assert_eq!(claim.contains("(cart.go:88)"), has_both, "{claim}");
        }
        let quoted = format!(
            "What does this mean? Read at 0x10 by goroutine 7:\n\n{}",
            "goroutine 1 [select]:\nmain.main()\n\t/srv/app/main.go:9 +0x1d\n"
        );
        check("crash", &[("g.txt", &quoted)], &[]);
    }

    #[test]
    fn a_stack_that_was_forgotten_is_said_to_be() {
        let text = "WARNING: DATA RACE\nRead at 0x00c0001a2018 by goroutine 12:\n  main.f()\n      /srv/app/main.go:3 +0x1\n\nPrevious write at 0x00c0001a2018 by goroutine 9:\n  [failed to restore the stack]\n\n";
        let found = check("crash", &[("out.txt", text)], &["crash.race"]);
        assert!(found[0].claim.contains("the detector no longer knew"), "{}", found[0].claim);
        check("crash", &[("g.txt", "goroutine 1 [select]:\nmain.main()\n\t/srv/app/main.go:9 +0x1d\n")], &[]);
    }
}
