//! What is said of captures that are a part of something: goroutines cut out of a dump, a container of which
//! the working set alone is known.

use std::collections::BTreeMap;

use super::super::number_format::{self as text, bytes};
use super::super::{MemorySnapshot, Report, Subject, SubjectId};
use crate::base::limits;
use crate::base::units::Bytes;

/// The note of a profile whose first line is cut off.
const NO_TITLE: &str = "no-title";

/// So many goroutines without the one that writes the dump are a part of it.
const EXCERPT: u64 = 8;

/// The working set of a container of which no layer is known; of several, that of the fullest.
pub(super) fn working_set(report: &Report) -> Option<String> {
    let mut last: BTreeMap<SubjectId, (&MemorySnapshot, Bytes)> = BTreeMap::new();
    for moment in &report.memory.as_ref()?.snapshots {
        if let Some(set) = moment.working_set.filter(|_| moment.layers.is_empty()) {
            last.insert(moment.subject, (moment, set));
        }
    }
    let fullness = |moment: &MemorySnapshot, set: Bytes| {
        moment.limit.and_then(|limit| (i128::from(set.0) * 10_000).checked_div(i128::from(limit.0)))
    };
    let (subject, (moment, set)) = last
        .iter()
        .max_by_key(|(id, (moment, set))| (fullness(moment, *set), *set, std::cmp::Reverse(**id)))?;
    let name = report.subjects.iter().find(|known| known.id == *subject).map(Subject::label);
    let of = match (last.len(), name) {
        (1, _) | (_, None) => "of the container".to_owned(),
        (_, Some(name)) => format!("of {name}"),
    };
    Some(match moment.limit {
        Some(limit) => {
            let share = text::percent(set.0, limit.0);
            format!("The working set {of} is {}, {share} of its limit of {}.", bytes(*set), bytes(limit))
        }
        None => format!("The working set {of} is {}; its limit is not in the files.", bytes(*set)),
    })
}

/// That the goroutines were cut out of a dump: the one that writes a dump runs, and a process that was
/// asked to print them says so. Of a profile, its first line says how many there are.
pub(super) fn excerpt(report: &Report) -> Option<String> {
    let section = report.goroutines.as_ref()?;
    let last = section.snapshots.last()?;
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

#[cfg(test)]
mod tests {
    use super::super::Outcome::{Healthy, Unjudged};
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

    #[test]
    fn the_fullest_of_a_table_of_containers_is_told() {
        let header = "CONTAINER ID   NAME   CPU %   MEM USAGE / LIMIT   MEM %   PIDS\n";
        let api = "f1   api   0.1%   40.2MiB / 512MiB   7.8%   9\n";
        let db = "f2   db   0.1%   300MiB / 2GiB   14.6%   9\n";
        for (text, said) in [
            (format!("{header}{api}"), "40.2 MiB, 7.9% of its limit of 512.0 MiB"),
            (format!("{header}{api}{db}"), "300.0 MiB, 14.6% of its limit of 2.0 GiB"),
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
