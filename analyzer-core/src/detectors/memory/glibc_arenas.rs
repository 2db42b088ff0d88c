//! `mem.glibc.arenas`: malloc arenas of C threads that hold much.

use super::support::{Draft, Reclaim, effect, exact, latest, least_effect, list, needs, text};
use crate::analysis::memory::Reviewed;
use crate::analysis::memory::mappings::MappingClass;
use crate::analysis::memory::term::Term;
use crate::base::convert::to_i64;
use crate::detectors::{Case, Detector, Rule};
use crate::evidence::vmas::VmaField;
use crate::report::{Confidence, Finding, Severity};

/// Arenas from which a pattern, not one thread, is behind it.
const LEAST_ARENAS: i64 = 4;

const ARENAS: Rule = Rule {
    code: "mem.glibc.arenas",
    severity: Severity::Warning,
    title: "Memory in glibc malloc arenas",
    meaning: "The malloc arenas of C threads hold a lot of memory, used or free.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[ARENAS],
    missing_inputs: |case| needs(case, usable, &["/proc/PID/smaps of the process"]),
    detect: |case: &Case<'_>| latest(case, usable).into_iter().filter_map(find).collect(),
};

fn usable(reviewed: &Reviewed<'_>) -> bool {
    reviewed.moment.process.as_ref().is_some_and(|process| process.mappings.is_some())
}

fn find(reviewed: &Reviewed<'_>) -> Option<Finding> {
    let process = reviewed.moment.process.as_ref()?;
    let mappings = process.mappings.as_ref()?;
    let arenas = to_i64(mappings.rows_of(MappingClass::GlibcArena).count());
    let resident: Term = process.class_sum(MappingClass::GlibcArena, VmaField::Rss)?;
    if arenas < LEAST_ARENAS || resident.value < least_effect(reviewed) {
        return None;
    }
    let draft = Draft {
        rule: ARENAS,
        reclaim: Some(Reclaim::Stays),
        condition: format!(
            "There are at least {LEAST_ARENAS} arenas, and they hold at least {}.",
            effect(reviewed)
        ),
        severity: Severity::Warning,
        confidence: Confidence::Possible,
        title: ARENAS.title.to_owned(),
        claim: format!(
            "{arenas} glibc malloc arenas hold {}; much of it may be free blocks that glibc keeps.",
            text(resident.value)
        ),
        amount: exact(resident.value),
        citations: resident.from,
        against: list(&["Resident pages are not necessarily free: all of them may be in use."]),
        advice: list(&[
            "Set MALLOC_ARENA_MAX=2, or call malloc_trim(0) periodically, and compare.",
            "jemalloc returns freed memory more reliably when many threads allocate.",
        ]),
    };
    draft.about(reviewed.moment.subject)
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::{check, verdicts};
    use crate::report::Confidence::Possible;
    use crate::report::Severity::Warning;

    /// `smaps` of so many arenas, each a 64 MiB mapping without reserved swap.
    fn arenas(rss: &[&str]) -> String {
        let arena = |(index, rss): (u64, &&str)| {
            let start = 0x7f00_0000_0000 + index * (64 << 20);
            format!(
                "{start:x}-{:x} rw-p 00000000 00:00 0\nSize: 65536 kB\nRss: {rss}\nVmFlags: rd wr mr mw me nr\n",
                start + (64 << 20)
            )
        };
        (0..).zip(rss).map(arena).collect()
    }

    #[test]
    fn four_arenas_that_hold_the_least_effect_may_be_free_blocks() {
        let files = [("smaps", &*arenas(&["<4MiB kB>"; 4]))];
        let found = check("mem.glibc", &files, &["mem.glibc.arenas"]);
        assert_eq!(verdicts(&found), [(Warning, Possible, Some(16 << 20))]);
    }

    #[test]
    fn fewer_arenas_or_less_in_them_are_normal() {
        for (rss, max) in [
            (&["<9MiB kB>"; 3][..], "max"),
            (&["<4MiB kB>", "<4MiB kB>", "<4MiB kB>", "<4MiB-4 kB>"], "max"),
            (&["<12MiB kB>"; 4], "<1000MiB>"),
        ] {
            check("mem.glibc", &[("smaps", &*arenas(rss)), ("memory.max", max)], &[]);
        }
    }
}
