//! What systemd says of units whose processes were killed.
//!
//! It counts the kills in the unit's own control group (src/core/unit.c, `unit_check_oom`): the kernel counts
//! there whom it killed, and not whose limit was reached.

use super::super::oom::UNKNOWN;
use super::super::support::{Draft, list};
use super::{SIGKILL, cited, views};
use crate::analysis::memory::term::View;
use crate::base::order::StableOrder;
use crate::detectors::{Case, Rule};
use crate::evidence::memory::RecordKind;
use crate::evidence::oom::OomEvent;
use crate::report::{Confidence, Finding, Severity, Subject};

/// One finding a unit: the kernel's kill, else that its first process ended by SIGKILL.
pub(super) fn find(case: &Case<'_>, subject: &Subject) -> Vec<Finding> {
    let events = views(case, subject, RecordKind::Event);
    let told: Vec<Told<'_>> = events.iter().filter_map(Told::of).collect();
    let is_ancestor = |outer: &Told<'_>| {
        let is_within = |inner: &Told<'_>| {
            inner.is_kill == outer.is_kill && !inner.is_outer() && is_near(inner.stamp, outer.stamp, AT_ONCE)
        };
        outer.is_outer() && told.iter().any(is_within)
    };
    let mut kept: Vec<&Told<'_>> =
        told.iter().filter(|told| !is_ancestor(told) && !is_told_by_log(case, subject, told)).collect();
    kept.order_by_key(|told| (!told.is_kill, told.place()));
    let mut named: Vec<&str> = Vec::new();
    kept.retain(|told| {
        let is_new = !named.contains(&told.unit);
        named.push(told.unit);
        is_new
    });
    let finding = |told: &Told<'_>| match told.is_kill {
        true => killed(subject, told.event, told.unit),
        false => ended(subject, told.event, told.unit),
    };
    kept.into_iter().filter_map(finding).collect()
}

/// Seconds between what the kernel and systemd log of one kill, at most.
const ONE_KILL: u32 = 60;

/// Seconds within which systemd reports a kill for a unit and for those around it.
const AT_ONCE: u32 = 5;

/// What systemd logged of a unit.
struct Told<'e> {
    event: &'e View<'e>,
    unit: &'e str,
    stamp: Option<&'e str>,
    /// True if it says that the kernel's OOM killer killed a process.
    is_kill: bool,
}

impl<'e> Told<'e> {
    fn of(event: &'e View<'e>) -> Option<Self> {
        let is_kill = match event.text("reason")? {
            "UnitOOM" => true,
            "UnitKilled" => false,
            _ => return None,
        };
        let unit = event.text("object")?.strip_prefix("unit/")?;
        Some(Self { event, unit, stamp: event.text("lastSeen"), is_kill })
    }

    /// True for a unit that contains others: systemd counts a kill in each group around it, too.
    fn is_outer(&self) -> bool {
        self.unit.ends_with(".slice") || self.unit.starts_with("user@")
    }

    /// The innermost unit comes first.
    fn place(&self) -> usize {
        if self.is_outer() { 2 } else { usize::from(!self.unit.ends_with(".scope")) }
    }
}

/// True if the kernel's log tells of the same kill: it says more.
fn is_told_by_log(case: &Case<'_>, subject: &Subject, told: &Told<'_>) -> bool {
    let strings = &case.evidence.strings;
    let is_of_subject = |event: &&OomEvent| subject.sources().any(|source| source == event.source);
    case.evidence.oom.iter().filter(is_of_subject).any(|event| {
        let paths = || [event.task_memcg, event.oom_memcg].into_iter().flatten().map(|id| strings.get(id));
        let units = || paths().flat_map(|path| path.split('/'));
        let names_others = units().any(|unit| unit.ends_with(".service") || unit.ends_with(".scope"));
        units().any(|unit| unit == told.unit)
            || (!names_others && is_near(event.stamp.map(|id| strings.get(id)), told.stamp, ONE_KILL))
    })
}

/// True if two times as logged are at most so many seconds apart. An unknown time may be any.
fn is_near(a: Option<&str>, b: Option<&str>, seconds: u32) -> bool {
    let Some(((day, time), (other_day, other_time))) = a.and_then(clock).zip(b.and_then(clock)) else {
        return true;
    };
    // Days that are written in different ways cannot be compared.
    let is_same_day = day.len() != other_day.len() || day == other_day;
    is_same_day && time.abs_diff(other_time) <= seconds
}

/// Day and seconds of the day of `Oct 27 14:26:24` or `2026-10-27T14:26:24.5Z`.
fn clock(stamp: &str) -> Option<(Vec<&str>, u32)> {
    let (day, time) = stamp.rsplit_once([' ', 'T'])?;
    let mut parts = time.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    let (hours, minutes, seconds) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let day = day.split_whitespace().map(|word| word.trim_start_matches('0')).collect();
    Some((day, hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60)).saturating_add(seconds)))
}

fn killed(subject: &Subject, event: &View<'_>, unit: &str) -> Option<Finding> {
    let claim = format!(
        "The kernel's OOM killer killed a process of {unit}: memory ran out. The text does not show whose limit was reached."
    );
    let against = "systemd reads a counter of the unit's cgroup, which includes kills caused by the unit's own limit and by the machine.";
    draft(UNKNOWN, Severity::Critical, Confidence::Likely, claim, against, event).about(subject.id)
}

fn ended(subject: &Subject, event: &View<'_>, unit: &str) -> Option<Finding> {
    let claim = format!(
        "The main process of {unit} was killed by SIGKILL, but systemd does not report that it was the OOM killer."
    );
    let against = "systemd also sends SIGKILL to processes that do not stop in time: it does not prove that memory ran out.";
    draft(SIGKILL, Severity::Warning, Confidence::Possible, claim, against, event).about(subject.id)
}

fn draft(
    rule: Rule,
    severity: Severity,
    confidence: Confidence,
    claim: String,
    against: &'static str,
    event: &View<'_>,
) -> Draft {
    Draft {
        rule,
        severity,
        confidence,
        reclaim: None,
        condition: "systemd reports it.".to_owned(),
        title: rule.title.to_owned(),
        claim,
        amount: None,
        citations: cited(event, &["reason"]),
        against: list(&[against]),
        advice: list(&[
            "journalctl -k for that minute contains the OOM report: which process was killed, and whose limit was reached.",
        ]),
    }
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::{Likely, Possible};
    use crate::report::Severity::{Critical, Warning};

    #[test]
    fn a_unit_is_told_once_and_no_more_is_said_than_systemd_knows() {
        let of = |words: &str| format!("Dec  1 13:43:13 server01 systemd[1]: api.service: {words}\n");
        let oom = of("A process of this unit has been killed by the OOM killer.");
        let result = of("Failed with result 'oom-kill'.");
        let exited = of("Main process exited, code=killed, status=9/KILL");
        for text in [
            format!("{oom}{exited}{result}"),
            format!("{exited}{result}"),
            format!(
                "Started api\n{}{result}",
                of("The kernel OOM killer killed some processes in this unit.")
            ),
        ] {
            let found = check("mem", &[("journal.log", &text)], &["mem.oom.unknown"]);
            assert_eq!(verdicts(&found), [(Critical, Likely, None)], "{text}");
            assert!(found[0].claim.contains("api.service"), "{}", found[0].claim);
        }
        let old = "systemd: api.service: main process exited, code=exited, status=137/n/a\n".to_owned();
        for text in [exited.clone(), old] {
            let found = check("mem", &[("journal.log", &text)], &["mem.sigkill"]);
            assert_eq!(verdicts(&found), [(Warning, Possible, None)], "{text}");
        }
        for words in [
            "Main process exited, code=exited, status=1/FAILURE",
            "Main process exited, code=killed, status=15/TERM",
            "Failed with result 'exit-code'.",
        ] {
            check("mem", &[("journal.log", &of(words))], &[]);
        }
    }

    #[test]
    fn of_nested_units_the_innermost_is_told() {
        let oom = "A process of this unit has been killed by the OOM killer.";
        let of = |unit: &str| format!("Dec  1 13:43:13 server01 systemd[1]: {unit}: {oom}\n");
        let outer: String =
            ["user.slice", "user-1000.slice", "user@1000.service", "app.slice"].map(of).concat();
        let text = format!("{outer}{}", of("app-api.scope"));
        let found = check("mem", &[("journal.log", &text)], &["mem.oom.unknown"]);
        assert!(found[0].claim.contains("app-api.scope"), "{}", found[0].claim);
        let alone = of("machine.slice");
        check("mem", &[("journal.log", &alone)], &["mem.oom.unknown"]);
    }

    #[test]
    fn a_kernel_record_of_another_kill_hides_no_unit() {
        let kernel = |time: &str, more: &str| {
            format!(
                "Dec  1 {time} server01 kernel: [1.5] {more}Memory cgroup out of memory: Killed process 4242 (other) total-vm:1kB, anon-rss:520000kB, file-rss:0kB, shmem-rss:0kB\n"
            )
        };
        let unit = "Dec  1 13:43:13 server01 systemd[1]: api.service: A process of this unit has been killed by the OOM killer.\n";
        let of_another = "Dec  1 13:43:12 server01 kernel: [1.5] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/system.slice/other.service,task_memcg=/system.slice/other.service,task=other,pid=4242,uid=0\n";
        for (folder, log, count) in [
            ("b", kernel("13:43:12", ""), 1),
            ("b", kernel("09:43:12", ""), 2),
            ("b", format!("{of_another}{}", kernel("13:43:12", "")), 2),
            ("a", kernel("13:43:12", ""), 2),
        ] {
            let files =
                [(format!("{folder}/kernel.log"), log), ("b/journal.log".to_owned(), unit.to_owned())];
            let files: Vec<(&str, &[u8])> =
                files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
            let report = crate::detectors::testing::report(&files);
            let killed = report.findings.iter().filter(|finding| finding.code.starts_with("mem.oom"));
            let claims: Vec<&str> = killed.map(|finding| finding.claim.as_str()).collect();
            assert_eq!(claims.len(), count, "{claims:?} of {files:?}");
        }
    }

    #[test]
    fn the_kernels_own_record_says_more() {
        let text = "Dec  1 13:43:12 server01 kernel: [12345.67] Memory cgroup out of memory: Killed process 4242 (api) total-vm:1kB, anon-rss:520000kB, file-rss:0kB, shmem-rss:0kB\nDec  1 13:43:13 server01 systemd[1]: api.service: Main process exited, code=killed, status=9/KILL\nDec  1 13:43:13 server01 systemd[1]: api.service: Failed with result 'oom-kill'.\n";
        let found = check("mem", &[("journal.log", text)], &["mem.oom.unknown"]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].claim.contains("pid 4242"), "{}", found[0].claim);
    }
}
