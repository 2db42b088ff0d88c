//! `prof.stack.goroutines`: goroutine stacks grow, which no heap profile shows.

use super::support::{bytes, percent};
use crate::analysis::memory::term::Term;
use crate::base::convert::{i64_to_f64, to_f64};
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::report::{
    Amount, Citation, Confidence, Finding, GoroutineGroup, Reclaim, Severity, Subject, number_format,
};

/// Growth of all stacks that is worth a word.
const LEAST: i64 = 16 << 20;
/// Stack of each goroutine that came: most need 2 to 8 KiB.
const EACH: i64 = 8 << 10;
/// Share of the goroutines that came which one group must have.
const OF_GROWN: f64 = 0.5;

const STACKS: Rule = Rule {
    code: "prof.stack.goroutines",
    severity: Severity::Warning,
    title: "Goroutine stacks grow",
    meaning: "Stack memory grew with a group of goroutines that have large stacks, usually because of arrays on the stack. Heap profiles do not show it.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[STACKS],
    missing_inputs: |case| {
        let has_stacks = case.analysis.subjects.iter().any(|subject| stacks(case, subject).len() >= 2);
        let has_dumps = case.analysis.goroutines.as_ref().is_some_and(|section| section.snapshots.len() >= 2);
        let mut missing = Vec::new();
        if !has_stacks {
            missing.push("two readings of MemStats (StackInuse)".to_owned());
        }
        if !has_dumps {
            missing.push("two goroutine dumps".to_owned());
        }
        missing
    },
    detect: |case: &Case<'_>| {
        case.analysis.subjects.iter().filter_map(|subject| find(case, subject)).collect()
    },
};

fn stacks(case: &Case<'_>, subject: &Subject) -> Vec<Term> {
    let moments = case.memory.iter().filter(|reviewed| reviewed.moment.subject == subject.id);
    moments.filter_map(|reviewed| reviewed.moment.go.as_ref()?.stack_inuse.clone()).collect()
}

/// How many members came between the first and the last dump.
pub fn grown(group: &GoroutineGroup) -> u64 {
    let (first, last) = (group.counts.first().copied(), group.counts.last().copied());
    if group.counts.len() < 2 { 0 } else { last.unwrap_or(0).saturating_sub(first.unwrap_or(0)) }
}

fn find(case: &Case<'_>, subject: &Subject) -> Option<Finding> {
    let readings = stacks(case, subject);
    let (first, last) = (readings.first()?, readings.last()?);
    let growth = last.value.saturating_sub(first.value);
    if readings.len() < 2 || growth < LEAST {
        return None;
    }
    let section = case.analysis.goroutines.as_ref()?;
    let groups = || section.groups.iter().filter(|group| group.subject == subject.id);
    let all: u64 = groups().map(grown).fold(0, u64::saturating_add);
    let group = groups().max_by(|a, b| grown(a).cmp(&grown(b)).then(b.id.cmp(&a.id)))?;
    let came = grown(group);
    let each = growth.checked_div(i64::try_from(came).ok()?)?;
    if each < EACH || to_f64(came) < OF_GROWN * to_f64(all) {
        return None;
    }
    let place = group.user_frame.as_ref().or(group.created_by.as_ref()).or(group.stack.first())?;
    let draft = Draft {
        rule: STACKS,
        severity: Severity::Warning,
        confidence: Confidence::Likely,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "Stacks grew by at least {}, and at least {}% of the new goroutines are in one group, with {} of stack each.",
            bytes(i64_to_f64(LEAST)),
            percent(OF_GROWN),
            bytes(i64_to_f64(EACH))
        ),
        title: STACKS.title.to_owned(),
        claim: format!(
            "Goroutine stacks grew from {} to {} with {} more goroutines at {}: {} of stack each. Heap profiles do not show this.",
            bytes(i64_to_f64(first.value)),
            bytes(i64_to_f64(last.value)),
            number_format::count_u64(came),
            place.call_site(),
            bytes(i64_to_f64(each))
        ),
        amount: Some(Amount::exact(growth, Unit::Bytes)),
        citations: first
            .from
            .iter()
            .chain(&last.from)
            .chain(group.citations.iter().take(1))
            .cloned()
            .collect::<Vec<Citation>>(),
        against: list(&["Deep recursion also causes large stacks."]),
        advice: list(&[
            "A large array that does not escape is placed on the stack, which doubles in size to hold it: take it from a pool, or allocate it on the heap and share it.",
            "Run fewer such goroutines: a stack exists as long as its goroutine.",
        ]),
    };
    let mut found = draft.about(subject.id)?;
    found.places = vec![place.clone()];
    found.group = Some(group.id.clone());
    Some(found)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn dump(members: u64) -> String {
        (10..10 + members)
            .map(|goid| format!("goroutine {goid} [chan receive]:\nmain.pump(0xc0)\n\t/src/shop/pump.go:29 +0x1d\ncreated by main.main in goroutine 1\n\t/src/shop/main.go:9 +0x1d\n\n"))
            .collect()
    }

    fn memstats(stacks: u64) -> String {
        format!(
            "{{\"memstats\": {{\"Alloc\": 1, \"HeapAlloc\": 1, \"HeapSys\": 4194304, \"StackInuse\": {stacks}, \"Sys\": 99999999, \"HeapReleased\": 0, \"BuckHashSys\": 1}}}}"
        )
    }

    fn files(texts: &[String; 4]) -> [(&str, &str); 4] {
        ["shop/t0/goroutine.txt", "shop/t0/vars.json", "shop/t1/goroutine.txt", "shop/t1/vars.json"]
            .map(|path| (path, ""))
            .into_iter()
            .zip(texts)
            .map(|((path, _), text)| (path, &**text))
            .collect::<Vec<_>>()
            .try_into()
            .expect("four files")
    }

    #[test]
    fn stacks_that_grow_with_a_group_are_its() {
        let texts = [dump(5), memstats(1 << 20), dump(405), memstats(26 << 20)];
        let found = check("prof.stack", &files(&texts), &["prof.stack.goroutines"]);
        assert_eq!((&*found[0].places[0].function, found[0].places[0].line), ("main.pump", Some(29)));
    }

    #[test]
    fn small_stacks_are_what_goroutines_cost() {
        let texts = [dump(5), memstats(1 << 20), dump(405), memstats(3 << 20)];
        check("prof.stack", &files(&texts), &[]);
    }
}
