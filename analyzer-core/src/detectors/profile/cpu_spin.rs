//! `prof.cpu.spin`: a goroutine asks again and again instead of waiting.

use std::collections::{BTreeMap, BTreeSet};

use super::support::{
    Doubts, frame, needs, path, percent, place, processes, sample, share_text, share_within,
};
use crate::analysis::profile::facts::cpu::CpuSamples;
use crate::analysis::profile::facts::{ProcessProfiles, StackId};
use crate::base::go_symbol::{self, Origin};
use crate::base::intern::StrId;
use crate::base::source::{Position, SourceId, SourceSpan};
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::evidence::goroutines::GoroutineDump;
use crate::report::{Citation, Finding, Severity};

/// Share of the program's own samples that the function must have.
const OF_OWN: f64 = 0.9;
/// Share of all samples in yields that says the same.
const YIELDS: f64 = 0.3;
/// Share of all samples in polls and yields for it to be likely.
const POLLS: f64 = 0.3;
/// Samples from which a share says something.
const SAMPLES: u64 = 60;
/// Roles of asking without waiting.
const POLLING: [&str; 1] = ["chan.poll"];
/// Functions of yielding: their stacks have no frame of the program's.
const YIELDING: [&str; 2] = ["runtime.gosched_m", "runtime.goschedImpl"];

const SPIN: Rule = Rule {
    code: "prof.cpu.spin",
    severity: Severity::Warning,
    title: "Busy loop",
    meaning: "One goroutine is running in every dump, in a function that polls and takes most of the program's CPU time.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[SPIN],
    missing_inputs: |case| {
        let mut missing = needs(case, |process| process.main_cpu().is_some(), &["a CPU profile"]);
        let has_dumps = processes(case).iter().any(|process| dumps(case, process).len() >= 2);
        if !has_dumps {
            missing.push("two goroutine dumps (/debug/pprof/goroutine?debug=2)".to_owned());
        }
        missing
    },
    detect: |case: &Case<'_>| processes(case).iter().filter_map(|process| find(case, process)).collect(),
};

/// The dumps of a subject that name each goroutine.
fn dumps<'c>(case: &Case<'c>, process: &ProcessProfiles) -> Vec<&'c GoroutineDump> {
    let subject = case.analysis.subjects.iter().find(|subject| subject.id == process.subject);
    let sources: Vec<SourceId> = subject.iter().flat_map(|subject| subject.sources()).collect();
    let dumps = sources.iter().flat_map(|&source| case.evidence.goroutines.of_source(source));
    dumps.map(|(_, dump)| dump).filter(|dump| !dump.goroutines.is_empty()).collect()
}

/// A goroutine that runs in every dump.
struct Runner {
    goid: u64,
    /// Functions of the program's own that all its stacks have.
    common: BTreeSet<StrId>,
    /// Its header in the last dump.
    at: SourceSpan,
}

/// The goroutines that run, or are ready to, in every dump.
fn runners(case: &Case<'_>, dumps: &[&GoroutineDump]) -> Vec<Runner> {
    let mut all: Option<BTreeMap<u64, Runner>> = None;
    for dump in dumps {
        let mut here = BTreeMap::new();
        for row in &dump.goroutines {
            if !["running", "runnable"].contains(&case.evidence.strings.get(row.state)) {
                continue;
            }
            let frames = case.evidence.stacks.leaf_first(row.stack);
            let is_own = |function: &StrId| {
                go_symbol::origin_by_file(case.evidence.strings.get(*function), None) == Origin::Own
            };
            let common: BTreeSet<StrId> = frames.map(|frame| frame.function).filter(is_own).collect();
            let at = SourceSpan { source: dump.source, at: Position::line(u64::from(row.line)) };
            here.insert(row.goid, Runner { goid: row.goid, common, at });
        }
        all = Some(match all {
            None => here,
            Some(before) => here
                .into_iter()
                .filter_map(|(goid, runner)| {
                    let common = runner.common.intersection(&before.get(&goid)?.common).copied().collect();
                    Some((goid, Runner { common, ..runner }))
                })
                .collect(),
        });
    }
    all.unwrap_or_default().into_values().filter(|runner| !runner.common.is_empty()).collect()
}

fn find(case: &Case<'_>, process: &ProcessProfiles) -> Option<Finding> {
    let dumps = dumps(case, process);
    if dumps.len() < 2 {
        return None;
    }
    let cpu = process.main_cpu()?;
    let samples = CpuSamples::new(&process.stacks, cpu);
    let strings = &case.evidence.strings;
    let yields =
        samples.count_of(|stack| process.stacks.has(stack, strings, |name| YIELDING.contains(&name)));
    let polls = samples.count_of(|stack| process.stacks.has_role(stack, &POLLING));
    let own = samples.count_of(|stack| process.stacks.user(stack).is_some());
    let share = |part: u64, whole: u64| {
        if whole == 0 {
            0.0
        } else {
            crate::base::convert::to_f64(part) / crate::base::convert::to_f64(whole)
        }
    };
    let runners = runners(case, &dumps);
    let (runner, is_in) = runners.iter().find_map(|runner| {
        let is_in = |stack: StackId| {
            process.stacks.frames(stack).any(|frame| runner.common.contains(&frame.function))
        };
        let is_serving = |stack: StackId| {
            is_in(stack) && process.stacks.has(stack, strings, |name| name == "net/http.(*conn).serve")
        };
        if samples.count_of(is_serving) > 0 && yields == 0 {
            return None;
        }
        let has_own = share(samples.count_of(is_in), own) >= OF_OWN;
        (has_own || share(yields, samples.count) >= YIELDS).then_some((runner, is_in))
    })?;
    let (value, bounds) = samples.share(samples.count_of(is_in).saturating_add(yields).min(samples.count));
    let mut doubts = Doubts::default();
    let is_polling = share(polls.saturating_add(yields), samples.count) >= POLLS;
    doubts.add_if(!is_polling, || {
        "It does not poll a channel or yield for a third of the time: it may be long, legitimate work."
            .to_owned()
    });
    doubts.add_if(samples.count < SAMPLES, || format!("The CPU profile has only {} samples.", samples.count));
    let sites = samples.by_site(is_in);
    let site = sites.first()?;
    let mut claim = format!(
        "Goroutine {} is running in each of {} dumps, and {} of the CPU time is spent there, at {}.",
        runner.goid,
        dumps.len(),
        share_text(value, bounds),
        place(case, process, site.site)
    );
    claim.push_str(&format!(
        " {}% is spent polling a channel or yielding.",
        percent(share(polls + yields, samples.count))
    ));
    let path = path(case, process, site.stack, site.site);
    if !path.is_empty() {
        claim.push_str(&format!(" It is called from {path}."));
    }
    let draft = Draft {
        rule: SPIN,
        severity: doubts.severity(),
        confidence: doubts.confidence(),
        reclaim: None,
        condition: format!(
            "One goroutine is running in every dump, in a function with at least {}% of the program's own samples, or yields are at least {}% of all samples; likely from {}% polls and yields.",
            percent(OF_OWN),
            percent(YIELDS),
            percent(POLLS)
        ),
        title: if is_polling { SPIN.title } else { "A goroutine runs continuously" }.to_owned(),
        claim,
        amount: Some(share_within(value, bounds)),
        citations: vec![
            sample(
                cpu.source,
                site.at,
                "samples",
                i64::try_from(site.count).unwrap_or(i64::MAX),
                Unit::Count,
            ),
            Citation::place(runner.at),
        ],
        against: doubts.0,
        advice: list(&[
            "Block on the channel: a select without default waits without using CPU. If it must poll, use backoff.",
        ]),
    };
    let mut found = draft.about(process.subject)?;
    found.places = vec![frame(case, process, site.site)];
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detectors::profile::drawn::cpu;
    use crate::detectors::testing::check_bytes;

    const DUMP: &str = "\
goroutine 7 [runnable]:
main.(*Poller).run(0xc000010000)
\t/src/shop/poll.go:20 +0x1d
created by main.main in goroutine 1
\t/src/shop/main.go:9 +0x1d

goroutine 1 [select]:
main.main()
\t/src/shop/main.go:12 +0x1d
";

    fn files(profile: &[u8]) -> [(&str, &[u8]); 3] {
        [("t0.goroutine.txt", DUMP.as_bytes()), ("t1.goroutine.txt", DUMP.as_bytes()), ("t1.cpu.pb", profile)]
    }

    #[test]
    fn a_goroutine_that_polls_in_every_dump_spins() {
        let profile = cpu(&[("main.(*Poller).run runtime.selectnbrecv", 80), ("main.(*Poller).run", 40)]);
        let found = check_bytes("prof.cpu.spin", &files(&profile), &["prof.cpu.spin"]);
        let level = (found[0].severity, found[0].confidence);
        assert_eq!(level, (Severity::Warning, crate::report::Confidence::Likely));
    }

    #[test]
    fn other_work_is_no_spinning_and_long_work_is_only_told() {
        let other = cpu(&[("main.(*Poller).run", 20), ("main.serve", 100)]);
        check_bytes("prof.cpu.spin", &files(&other), &[]);
        let long = cpu(&[("main.(*Poller).run", 120)]);
        let found = check_bytes("prof.cpu.spin", &files(&long), &["prof.cpu.spin"]);
        assert_eq!(found[0].severity, Severity::Info);
    }
}
