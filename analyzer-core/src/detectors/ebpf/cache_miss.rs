//! `ebpf.cache.miss`: the machine's page cache misses nearly always.

use super::{needs, subject};
use crate::analysis::tools::cite;
use crate::base::convert::{clamp_i64, to_u64};
use crate::base::source::SourceId;
use crate::base::units::Unit;
use crate::detectors::{Case, Detector, Draft, Rule, list};
use crate::evidence::probes::CacheInterval;
use crate::report::number_format::count_u64;
use crate::report::{Amount, Citation, Confidence, Counted, Finding, Severity};

/// Share of hits, in percent, below which an interval misses nearly always.
const MOST_HITS_PERCENT: u64 = 10;
/// Pages that must be missed in an interval: an idle machine's ratio is chance.
const LEAST_MISSES: u64 = 1_000;
/// Intervals that must be so, and more than half of all.
const LEAST_INTERVALS: usize = 3;

const MISS: Rule = Rule {
    code: "ebpf.cache.miss",
    severity: Severity::Info,
    title: "High page cache miss rate on the machine",
    meaning: "cachestat shows that most reads miss the machine's page cache. This concerns the container only if its charge is at its limit.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[MISS],
    missing_inputs: |case| needs(&case.evidence.probes.cache, "cachestat over several intervals"),
    detect: |case: &Case<'_>| misses(case).into_iter().filter_map(|misses| tell(case, &misses)).collect(),
};

/// What cachestat shows of one file in which the cache misses.
pub struct Misses<'c> {
    /// The file.
    pub source: SourceId,
    /// Intervals that miss.
    pub bad: Vec<&'c CacheInterval>,
    /// All of its intervals.
    pub all: usize,
}

impl Misses<'_> {
    /// `4 of 5 intervals`, with the fewest misses of them.
    pub fn sentence(&self) -> String {
        let least = self.bad.iter().map(|row| row.misses).min().unwrap_or(0);
        format!(
            "less than {MOST_HITS_PERCENT}% hits in {} of {} intervals, with at least {} misses in each",
            self.bad.len(),
            self.all,
            count_u64(least)
        )
    }

    /// Where they stand.
    pub fn citations(&self) -> Vec<Citation> {
        let of = |row: &&CacheInterval| {
            cite(row.source, row.at, "MISSES", clamp_i64(i128::from(row.misses)), Unit::Count)
        };
        self.bad.iter().take(LEAST_INTERVALS).map(of).collect()
    }
}

/// The files of cachestat in which the cache misses.
pub fn misses<'c>(case: &Case<'c>) -> Vec<Misses<'c>> {
    let rows = &case.evidence.probes.cache;
    let of = |rows: &'c [CacheInterval]| {
        let is_bad = |row: &&CacheInterval| {
            let all = u128::from(row.hits) + u128::from(row.misses);
            row.misses >= LEAST_MISSES && u128::from(row.hits) * 100 < all * u128::from(MOST_HITS_PERCENT)
        };
        let bad: Vec<&CacheInterval> = rows.iter().filter(is_bad).collect();
        let source = rows.first()?.source;
        (bad.len() >= LEAST_INTERVALS && bad.len() * 2 > rows.len()).then_some(Misses {
            source,
            bad,
            all: rows.len(),
        })
    };
    rows.chunk_by(|a, b| a.source == b.source).filter_map(of).collect()
}

fn tell(case: &Case<'_>, misses: &Misses<'_>) -> Option<Finding> {
    let total = misses.bad.iter().fold(0_u64, |sum, row| sum.saturating_add(row.misses));
    let draft = Draft {
        rule: MISS,
        severity: Severity::Info,
        confidence: Confidence::Possible,
        reclaim: None,
        condition: format!(
            "Less than {MOST_HITS_PERCENT}% hits and at least {LEAST_MISSES} misses in at least {LEAST_INTERVALS} intervals, and in more than half of all intervals."
        ),
        title: MISS.title.to_owned(),
        claim: format!("cachestat for the whole machine: {}.", misses.sentence()),
        amount: Some(Amount::counted(clamp_i64(i128::from(total)), Counted::Pages)),
        citations: misses.citations(),
        against: list(&[
            "This is the machine's page cache: another container, a backup, or a first read of large files looks the same.",
            "It means that this service's cache does not fit only if its cgroup is at its limit.",
        ]),
        advice: list(&[
            "Capture the container's memory.current, memory.max, memory.stat and memory.pressure: workingset_refault_file counts its own misses.",
        ]),
    };
    debug_assert!(to_u64(misses.all) > 0, "a file of cachestat has intervals");
    draft.about(subject(case, misses.source))
}

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    const HEAD: &str = "    HITS   MISSES  DIRTIES HITRATIO   BUFFERS_MB  CACHED_MB\n";

    fn rows(rows: &[(u64, u64)]) -> String {
        let rows = rows.iter().map(|(hits, misses)| format!("    {hits} {misses} 0 0.00% 12 301\n"));
        HEAD.to_owned() + &rows.collect::<String>()
    }

    #[test]
    fn a_cache_that_misses_in_most_intervals_is_worth_knowing() {
        for text in [
            rows(&[(8123, 112), (412, 9120), (233, 9904), (201, 8811), (187, 9320)]),
            rows(&[(0, 1_000), (1, 1_000), (2, 1_000)]),
            rows(&[
                (50, 4_000),
                (60, 4_100),
                (9_000, 10),
                (70, 5_000),
                (9_000, 20),
                (10, 6_000),
                (11, 2_000),
            ]),
        ] {
            let found = check("ebpf", &[("cachestat.txt", &*text)], &["ebpf.cache.miss"]);
            assert!(found[0].against.iter().any(|line| line.contains("machine")), "{:?}", found[0].against);
        }
    }

    #[test]
    fn few_intervals_idle_machines_and_hits_are_not() {
        for text in [
            rows(&[(0, 9_000), (0, 9_000)]),
            rows(&[(0, 900), (0, 900), (0, 900)]),
            rows(&[(1_000, 9_000), (1_000, 9_000), (1_000, 9_000)]),
            rows(&[(0, 9_000), (0, 9_000), (0, 9_000), (9_000, 1), (9_000, 1), (9_000, 1)]),
        ] {
            check("ebpf.cache.miss", &[("cachestat.txt", &*text)], &[]);
        }
    }

    #[test]
    fn at_the_limit_it_supports_that_the_cache_does_not_fit() {
        let cache = rows(&[(0, 9_000), (0, 9_000), (0, 9_000)]);
        let files = |current: &'static str| {
            [
                ("cachestat.txt", cache.clone()),
                ("memory.current", current.to_owned()),
                ("memory.max", "<100MiB>".to_owned()),
                ("memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=5.00 avg60=0.00 avg300=0.00 total=0\n".to_owned()),
                ("memory.stat", "anon <90MiB>\nfile <8MiB>\nfile_mapped <1MiB>\nworkingset_refault_anon 0\nworkingset_refault_file 10000\n".to_owned()),
            ]
        };
        let found = check("mem.cache.thrash", &files("<98MiB>"), &["mem.cache.thrash"]);
        assert!(found[0].claim.contains("cachestat"), "{}", found[0].claim);
        check("mem.cache.thrash", &files("<50MiB>"), &[]);
    }
}
