//! Goroutines as eBPF counted them, beside the groups of a dump.

use crate::base::convert::clamp_i64;
use crate::base::source::SourceSpan;
use crate::base::units::{Nanos, Unit};
use crate::evidence::Evidence;
use crate::evidence::probes::GoroutineLife;
use crate::report::number_format::{count_u64, duration};
use crate::report::{Citation, Goroutines, Subject};

/// Says of each group what was counted at its `go` statement's function. A group's verdict does not change by it.
pub fn join(evidence: &Evidence, subjects: &[Subject], section: &mut Goroutines) {
    for life in &evidence.probes.lives {
        let own = subjects.iter().find(|subject| subject.sources().any(|source| source == life.source));
        let (creator, function) = (evidence.strings.get(life.creator), evidence.strings.get(life.function));
        for group in &mut section.groups {
            let is_of = own.is_some_and(|own| own.id == group.subject)
                && group.created_by.as_ref().is_some_and(|frame| plain(&frame.function) == creator)
                // A go statement with arguments runs in a wrapper, which dumps do not show.
                && (function.contains(".gowrap")
                    || group.stack.last().is_none_or(|frame| plain(&frame.function) == function));
            if is_of {
                group.reasons.push(sentence(evidence, life));
                let at = SourceSpan { source: life.source, at: life.at };
                group.citations.push(Citation::figure(
                    at,
                    "started",
                    clamp_i64(i128::from(life.births)),
                    Unit::Count,
                ));
            }
        }
    }
}

/// A function's name without the place and the goroutine that dumps put behind it.
fn plain(name: &str) -> &str {
    name.split([' ', '\t']).next().unwrap_or(name)
}

/// `While eBPF counted (60 s), main.serve started 120 of these, 3 ended; 117 wait, the longest for 58 s.`
pub fn sentence(evidence: &Evidence, life: &GoroutineLife) -> String {
    let window = evidence.probes.windows.iter().find(|window| window.source == life.source);
    let window = window.filter(|window| window.nanos > 0).map_or_else(String::new, |window| {
        format!(" ({})", duration(Nanos(clamp_i64(i128::from(window.nanos)))))
    });
    let longest = life.longest_wait.filter(|nanos| *nanos > 0).map_or_else(String::new, |nanos| {
        format!(", the longest for {}", duration(Nanos(clamp_i64(i128::from(nanos)))))
    });
    format!(
        "During the eBPF measurement{window}, {} started {} and {} exited; {} of the rest are waiting{longest}.",
        evidence.strings.get(life.creator),
        count_u64(life.births),
        count_u64(life.ends),
        count_u64(life.waiting),
    )
}
