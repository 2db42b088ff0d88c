//! `prof.heap.oom`: the lines whose memory filled the container before it was killed.

use super::heap_growth;
use super::support::{Doubts, bytes, bytes_text, bytes_within, frame, percent, place, processes, sample};
use crate::analysis::profile::facts::FrameId;
use crate::analysis::profile::facts::ProcessProfiles;
use crate::analysis::profile::facts::growth::levels;
use crate::analysis::profile::facts::stats::{Interval, whole};
use crate::base::convert::i64_to_f64;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::evidence::oom::OomEvent;
use crate::report::{Citation, Confidence, Finding, Severity};

/// Share of the killed process's memory that must be anonymous for the heap to be the cause.
const ANONYMOUS: f64 = 0.5;

const OOM: Rule = Rule {
    code: "prof.heap.oom",
    severity: Severity::Warning,
    title: "What filled the heap before the kill",
    meaning: "The lines where the heap grew, or where most of it was allocated, before the kill.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[OOM],
    missing_inputs: |case| {
        let mut missing = Vec::new();
        if case.evidence.oom.is_empty() {
            missing.push("a kernel log with the kill (dmesg, journalctl -k)".to_owned());
        }
        if !processes(case).iter().any(|process| !process.heap.moments.is_empty()) {
            missing.push("a heap profile from before the kill".to_owned());
        }
        missing
    },
    detect: |case: &Case<'_>| processes(case).iter().filter_map(|process| find(case, process)).collect(),
};

/// The line that grew most before a kill, or has most, with its bytes.
pub struct Filler {
    /// The line.
    pub site: FrameId,
    /// Bytes in use at the last profile.
    pub level: f64,
    /// With 95% confidence.
    pub bounds: Interval,
    /// Bytes a minute, if it grew.
    pub rate: Option<f64>,
    /// Where a sample stands in the last profile.
    pub at: u32,
    /// What speaks against it.
    pub doubts: Doubts,
}

/// The lines that filled the heap, growth first.
pub fn fillers(case: &Case<'_>, process: &ProcessProfiles) -> Vec<Filler> {
    let grown = process.growth.as_ref().map(|growth| {
        let sites = heap_growth::sites(case, process, growth);
        let filler = |(site, doubts): (&_, Doubts)| {
            let site: &crate::analysis::profile::facts::growth::SiteGrowth = site;
            Filler {
                site: site.site,
                level: site.in_use.bytes,
                bounds: site.in_use.interval(),
                rate: growth.seconds().map(|seconds| site.change.bytes * 60.0 / seconds),
                at: site.at,
                doubts,
            }
        };
        sites.into_iter().map(filler).collect::<Vec<_>>()
    });
    if let Some(grown) = grown.filter(|grown| !grown.is_empty()) {
        return grown;
    }
    let Some(last) = process.heap.moments.last() else { return Vec::new() };
    let sites = levels(&process.stacks, &last.profile);
    let mut doubts = Doubts::default();
    doubts.add("No line is known to have grown: these lines had the most memory in use in the last profile.");
    let large = sites
        .iter()
        .filter(|site| site.level.bytes >= super::heap_retained::SHARE * last.profile.in_use.bytes);
    let filler = |site: &crate::analysis::profile::facts::growth::SiteLevel| Filler {
        site: site.site,
        level: site.level.bytes,
        bounds: site.level.interval(),
        rate: None,
        at: site.at,
        doubts: doubts.clone(),
    };
    large.map(filler).collect()
}

/// The kernel's event of a subject's logs that killed.
fn event<'c>(case: &Case<'c>, process: &ProcessProfiles) -> Option<&'c OomEvent> {
    let subject = case.analysis.subjects.iter().find(|subject| subject.id == process.subject)?;
    let sources: Vec<_> = subject.sources().collect();
    case.evidence.oom.iter().rev().find(|event| sources.contains(&event.source) && !event.kills.is_empty())
}

fn find(case: &Case<'_>, process: &ProcessProfiles) -> Option<Finding> {
    let event = event(case, process)?;
    let subject = case.analysis.subjects.iter().find(|subject| subject.id == process.subject)?;
    // The kernel's ids may be of another namespace than the process's own: only names could tell.
    let kill = event.kills.iter().max_by_key(|kill| (kill.anon_rss, std::cmp::Reverse(kill.pid)))?;
    let held = kill.anon_rss?.0;
    let charged = event.memory.map_or(held, |memory| memory.usage.0);
    if i64_to_f64(held) < ANONYMOUS * i64_to_f64(charged) {
        return None;
    }
    let fillers = fillers(case, process);
    let first = fillers.first()?;
    let last = process.heap.moments.last()?;
    let named: Vec<String> = fillers
        .iter()
        .take(3)
        .map(|filler| {
            let rate = filler
                .rate
                .map(|rate| format!(", growing by {} per minute", bytes(rate)))
                .unwrap_or_default();
            format!(
                "{} ({}{rate})",
                place(case, process, filler.site),
                bytes_text(filler.level, filler.bounds)
            )
        })
        .collect();
    let live = last.profile.in_use.bytes;
    let gogc = gogc(case, subject.id);
    let peak = live * (1.0 + gogc / 100.0);
    let mut claim = format!(
        "Before the kill, the heap in use was {}, mostly allocated at {}.",
        bytes(live),
        named.join(", ")
    );
    claim.push_str(&format!(
        " With GOGC={}, the heap may reach {} before a collection ends; the process had {} at the kill.",
        whole(gogc),
        bytes(peak),
        bytes(i64_to_f64(held))
    ));
    let rest = i64_to_f64(held) - peak;
    if rest > 0.2 * i64_to_f64(held) {
        claim.push_str(&format!(
            " The profile does not explain {}: later growth, stacks, native memory.",
            bytes(rest)
        ));
    }
    let mut citations =
        vec![sample(last.profile.source, first.at, "inuse_space", whole(first.level), Unit::Bytes)];
    let span = crate::base::source::SourceSpan { source: event.source, at: kill.at };
    citations.push(Citation::figure(span, "anon-rss", held, Unit::Bytes));
    let draft = Draft {
        rule: OOM,
        severity: if first.doubts.0.len() <= 1 && first.rate.is_some() {
            Severity::Warning
        } else {
            Severity::Info
        },
        confidence: if first.doubts.0.is_empty() { Confidence::Likely } else { Confidence::Possible },
        reclaim: None,
        condition: format!(
            "A process was OOM-killed, at least {}% of the memory was anonymous, and heap profiles show where it was allocated.",
            percent(ANONYMOUS)
        ),
        title: OOM.title.to_owned(),
        claim,
        amount: Some(bytes_within(first.level, first.bounds)),
        citations,
        against: first.doubts.0.clone(),
        advice: list(&[
            "Fix what is retained at these lines. GOMEMLIMIT makes garbage collections run earlier, but against growth it only buys time.",
        ]),
    };
    let mut found = draft.about(process.subject)?;
    found.places = fillers.iter().take(3).map(|filler| frame(case, process, filler.site)).collect();
    Some(found)
}

/// GOGC in percent; 100 unless a capture says otherwise.
fn gogc(case: &Case<'_>, subject: crate::report::SubjectId) -> f64 {
    let mut moments = case.memory.iter().rev().filter(|reviewed| reviewed.moment.subject == subject);
    let stated = moments.find_map(|reviewed| reviewed.moment.gogc()).map(|gogc| gogc.value);
    stated.filter(|&gogc| (0..=10_000).contains(&gogc)).map_or(100.0, i64_to_f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detectors::profile::drawn::heap;
    use crate::detectors::testing::check_bytes;

    const LOG: &[u8] = b"\
[ 100.000001] memory: usage 102400kB, limit 102400kB, failcnt 7
[ 100.000002] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/shop,task_memcg=/shop,task=shop,pid=464,uid=0
[ 100.000003] Memory cgroup out of memory: Killed process 464 (shop) total-vm:999999kB, anon-rss:98304kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:452kB oom_score_adj:0
";

    #[test]
    fn the_line_with_most_of_the_heap_before_the_kill_is_told() {
        let profile = heap(1_000, &[("main.main main.keep", &[40_000, 40_960_000, 40_000, 40_960_000])]);
        let files: [(&str, &[u8]); 2] = [("shop/t0/heap.pb", &profile), ("shop/dmesg.txt", LOG)];
        let found = check_bytes("prof.heap.oom", &files, &["prof.heap.oom"]);
        assert_eq!((found[0].severity, &*found[0].places[0].function), (Severity::Info, "main.keep"));
    }

    #[test]
    fn a_kill_that_was_not_for_anonymous_memory_is_not_the_heaps() {
        let profile = heap(1_000, &[("main.main main.keep", &[40_000, 40_960_000, 40_000, 40_960_000])]);
        let log = String::from_utf8_lossy(LOG).replace("anon-rss:98304kB", "anon-rss:9304kB");
        let files: [(&str, &[u8]); 2] = [("shop/t0/heap.pb", &profile), ("shop/dmesg.txt", log.as_bytes())];
        check_bytes("prof.heap.oom", &files, &[]);
    }
}
