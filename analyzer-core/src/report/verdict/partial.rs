//! What is said of captures that are a part of something: goroutines cut out of a dump, a container of which
//! the working set alone is known.

use std::collections::BTreeMap;

use super::super::number_format::{self as text, bytes};
use super::super::plain_text::visible;
use super::super::{GoroutineSnapshot, Goroutines, MemorySnapshot, Report, Subject, SubjectId};
use super::{NEARLY_FULL_PERCENT, is_share};
use crate::base::limits;
use crate::base::units::Bytes;

/// The note of a profile whose first line is cut off.
const NO_TITLE: &str = "no-title";

/// So many goroutines without the one that writes the dump are a part of it.
const EXCERPT: u64 = 8;

/// What is said of a working set.
pub(super) struct WorkingSet {
    /// Its size against its limit, in a sentence or two.
    pub told: String,
    /// True if the container is nearly full.
    pub is_full: bool,
}

/// The container of a table of several: its moments are labelled `SNAPSHOT NAME`.
fn container<'r>(report: &'r Report, moment: &'r MemorySnapshot) -> Option<&'r str> {
    let subject = report.subjects.iter().find(|known| known.id == moment.subject)?;
    let name = |label: &str| moment.snapshot.strip_prefix(label)?.strip_prefix(' ');
    subject.snapshots.iter().find_map(|snapshot| name(&snapshot.label))
}

/// The working set of a container of which no layer is known; of several, that of the fullest.
pub(super) fn working_set(report: &Report) -> Option<WorkingSet> {
    let mut last: BTreeMap<(SubjectId, Option<&str>), (&MemorySnapshot, Bytes)> = BTreeMap::new();
    for moment in &report.memory.as_ref()?.snapshots {
        if let Some(set) = moment.working_set.filter(|_| moment.layers.is_empty()) {
            last.insert((moment.subject, container(report, moment)), (moment, set));
        }
    }
    let fullness = |moment: &MemorySnapshot, set: Bytes| {
        moment.limit.and_then(|limit| (i128::from(set.0) * 10_000).checked_div(i128::from(limit.0)))
    };
    let ((subject, container), (moment, set)) = last
        .iter()
        .max_by_key(|(id, (moment, set))| (fullness(moment, *set), *set, std::cmp::Reverse(**id)))?;
    let name = report.subjects.iter().find(|known| known.id == *subject).map(Subject::label);
    let whose = match (last.len(), container, name) {
        (_, Some(container), _) => visible(container).into_owned(),
        (1, ..) | (_, _, None) => "the container".to_owned(),
        (.., Some(name)) => name,
    };
    let set = *set;
    let Some(limit) = moment.limit else {
        let told = format!("The working set of {whose} is {}; its limit is not in the files.", bytes(set));
        return Some(WorkingSet { told, is_full: false });
    };
    let is_full = is_share(set, limit, NEARLY_FULL_PERCENT);
    let full = if is_full { " It is nearly full." } else { "" };
    let told = format!(
        "The working set of {whose} is {}, {} of its limit of {}.{full}",
        bytes(set),
        text::percent(set.0, limit.0),
        bytes(limit)
    );
    Some(WorkingSet { told, is_full })
}

/// That the goroutines were cut out of a dump: the one that writes a dump runs, and a process that was
/// asked to print them says so. Of a profile, its first line says how many there are.
pub(super) fn excerpt(report: &Report) -> Option<String> {
    let section = report.goroutines.as_ref()?;
    let mut last: BTreeMap<SubjectId, &GoroutineSnapshot> = BTreeMap::new();
    for snapshot in &section.snapshots {
        last.insert(snapshot.subject, snapshot);
    }
    last.into_values().find_map(|snapshot| excerpt_of(report, section, snapshot))
}

fn excerpt_of(report: &Report, section: &Goroutines, last: &GoroutineSnapshot) -> Option<String> {
    if !last.has_ids {
        let members = section.groups.iter().filter(|group| group.subject == last.subject);
        let listed = members.filter_map(|group| group.counts.last().copied()).fold(0, u64::saturating_add);
        let source = report.sources.iter().find(|row| row.id == last.source);
        let is_untitled = source.is_some_and(|row| row.notes.iter().any(|note| note.code == NO_TITLE));
        let is_short = listed < last.total && section.groups.len() < limits::GOROUTINE_GROUPS;
        return (is_untitled || is_short).then(|| {
            let rest = text::counted(last.total.saturating_sub(listed), "goroutine", "goroutines");
            if is_short {
                format!("The stacks of {rest} are not in the text, and their state is unknown.")
            } else {
                "This is only part of a profile, without its first line: the state of the rest of the process is unknown.".to_owned()
            }
        });
    }
    let runs = last.states.contains_key("running");
    let is_told = |code: &str| report.findings.iter().any(|finding| finding.code.starts_with(code));
    if last.total <= EXCERPT && runs && is_told("crash.asked-for") {
        return Some(
            "One was running when the process was asked to print them; the text does not show whether that is normal."
                .to_owned(),
        );
    }
    let is_whole = last.total > EXCERPT || runs;
    (!is_whole && !is_told("crash.")).then(|| {
        "This is only part of a dump, without the goroutine that wrote it: the state of the rest of the process is unknown."
            .to_owned()
    })
}

pub(super) fn collections(report: &Report) -> Option<String> {
    let runs = &report.gc.as_ref()?.runs;
    let first = gc(runs.first()?);
    Some(match runs.len() {
        1 => first,
        count => format!("{first} The captures have {count} runs of gctrace; this is the first."),
    })
}

fn gc(run: &super::super::GcRun) -> String {
    let sum = &run.summary;
    format!(
        "{} in {}: live heap {} → {}, longest pause {}.",
        text::counted(sum.cycles, "garbage collection", "garbage collections"),
        text::duration(sum.until),
        bytes(sum.live_first),
        bytes(sum.live_last),
        text::duration(sum.pause_most)
    )
}

#[cfg(test)]
mod tests {
    use super::super::Outcome::{Healthy, Unjudged, Warning};
    use crate::detectors::testing::report;

    #[test]
    fn goroutines_that_were_cut_out_of_a_dump_are_no_all_clear() {
        let test = "goroutine 177 [chan receive, 9 minutes]:\ntesting.(*T).Run(0xc0003fb980, 0x2fad3d1)\n\t/usr/local/go/src/testing/testing.go:1179 +0x7cf\nmain.TestProxy(0xc0003fb980)\n\t/srv/proxy_test.go:43 +0x39\n";
        let idle = |id: u32| {
            format!(
                "goroutine {id} [IO wait]:\ninternal/poll.runtime_pollWait(0x7f, 0x72)\n\t/go/src/runtime/netpoll.go:305 +0x89\nnet.(*TCPListener).accept(0xc000)\n\t/go/src/net/tcpsock_posix.go:142 +0x28\nmain.serve()\n\t/srv/main.go:9 +0x1d\n\n"
            )
        };
        for text in [test.to_owned(), idle(7), format!("{}{}", idle(7), idle(8))] {
            let report = report(&[("g.txt", text.as_bytes())]);
            assert_ne!(report.outcome, Healthy, "{}", report.verdict);
            assert!(!report.verdict.contains("No problem"), "{}", report.verdict);
        }
    }

    #[test]
    fn a_part_of_a_profile_is_no_all_clear() {
        let stacks = "1 @ 0x474b7d 0x474914 0x40112f\n#\t0x474b7c\truntime/pprof.writeRuntimeProfile+0xdd\t/go/src/runtime/pprof/pprof.go:540\n#\t0x40112e\tmain.handler+0xdf\t/srv/main.go:18\n";
        let part = "is unknown";
        for (text, is_part) in [
            (stacks.to_owned(), true),
            (format!("goroutine profile: total 10007\n{stacks}"), true),
            (format!("we saw this:\n{stacks}\n"), true),
            (format!("goroutine profile: total 1\n{stacks}"), false),
        ] {
            let report = report(&[("g.txt", text.as_bytes())]);
            assert_eq!(report.verdict.contains(part), is_part, "{}", report.verdict);
            assert_eq!(report.outcome == Healthy, !is_part, "{}", report.verdict);
        }
    }

    const WHOLE: &str = "goroutine profile: total 1\n1 @ 0x474b7d 0x474914 0x40112f\n#\t0x474b7c\truntime/pprof.writeRuntimeProfile+0xdd\t/go/src/runtime/pprof/pprof.go:540\n#\t0x40112e\tmain.handler+0xdf\t/srv/main.go:18\n";

    #[test]
    fn a_part_of_one_profile_is_told_beside_a_whole_one() {
        let part = WHOLE.replace("total 1\n", "total 10007\n");
        for (first, second) in [(part.as_str(), WHOLE), (WHOLE, part.as_str())] {
            let files =
                [("api-1/goroutine.txt", first.as_bytes()), ("api-2/goroutine.txt", second.as_bytes())];
            let report = report(&files);
            let said = "The stacks of 10,006 goroutines are not in the text";
            assert!(report.verdict.contains(said), "{}", report.verdict);
        }
    }

    #[test]
    fn a_title_without_stacks_is_no_answer() {
        let sentence = report(&[(
            "g.txt",
            b"goroutine profile: total 5000 and growing every hour\nwe do not know why\n",
        )]);
        assert_ne!(
            sentence.sources[0].format.as_deref(),
            Some("goroutine-profile-text"),
            "{}",
            sentence.verdict
        );
        let title = report(&[("g.txt", b"goroutine profile: total 5000\n")]);
        for report in [sentence, title] {
            assert!(!report.verdict.contains("No leak found"), "{}", report.verdict);
            assert_ne!(report.outcome, Healthy, "{}", report.verdict);
        }
    }

    #[test]
    fn a_sound_profile_is_no_all_clear_beside_a_container_that_is_not() {
        let pods = "NAME    READY   STATUS    RESTARTS   AGE\napi-7   1/1     Running   5          3d\n";
        let looping = pods.replace("Running", "CrashLoopBackOff");
        let stats = |used: &str| {
            format!(
                "CONTAINER ID   NAME   CPU %   MEM USAGE / LIMIT   MEM %   PIDS\nf1   api   0.1%   {used} / 512MiB   99.98%   9\n"
            )
        };
        let (full, roomy) = (stats("511.9MiB"), stats("40MiB"));
        for (other, outcome, said) in [
            (pods, Unjudged, "restarted 5 times"),
            (&looping, Warning, "CrashLoopBackOff"),
            (&full, Unjudged, "511.9 MiB, 99.9% of its limit of 512.0 MiB. It is nearly full."),
            (&roomy, Healthy, "40.0 MiB, 7.8% of its limit"),
        ] {
            let report = report(&[("goroutine.txt", WHOLE.as_bytes()), ("other.txt", other.as_bytes())]);
            assert_eq!(report.outcome, outcome, "{}", report.verdict);
            assert!(report.verdict.contains(said), "{}", report.verdict);
        }
    }

    #[test]
    fn the_fullest_of_a_table_of_containers_is_told() {
        let header = "CONTAINER ID   NAME   CPU %   MEM USAGE / LIMIT   MEM %   PIDS\n";
        let api = "f1   api   0.1%   40.2MiB / 512MiB   7.8%   9\n";
        let db = "f2   db   0.1%   300MiB / 2GiB   14.6%   9\n";
        for (text, said) in [
            (format!("{header}{api}"), "40.2 MiB, 7.9% of its limit of 512.0 MiB"),
            (format!("{header}{api}{db}"), "working set of db is 300.0 MiB, 14.6% of its limit of 2.0 GiB"),
            (
                format!("{header}{}{db}", api.replace("40.2MiB", "480MiB")),
                "working set of api is 480.0 MiB, 93.8% of its limit of 512.0 MiB",
            ),
            (
                format!("{header}{}{db}", api.replace("40.2MiB", "250MiB")),
                "working set of api is 250.0 MiB, 48.8% of its limit of 512.0 MiB",
            ),
            (
                "POD    NAME   CPU(cores)   MEMORY(bytes)\napi-7   api   1m   1545Mi\n".to_owned(),
                "1.5 GiB; its limit is not in the files",
            ),
        ] {
            let report = report(&[("stats.txt", text.as_bytes())]);
            assert_eq!(report.outcome, Unjudged, "{}", report.verdict);
            assert!(report.verdict.contains(said), "{}", report.verdict);
        }
    }
}
