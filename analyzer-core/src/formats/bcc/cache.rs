//! ```text
//!     HITS   MISSES  DIRTIES HITRATIO   BUFFERS_MB  CACHED_MB
//!     8123      112       20   98.64%           12        301
//!
//! 13:01:01 Buffers MB: 12 / Cached MB: 286 / Sort: HITS / Order: descending
//! PID      UID      CMD              HITS     MISSES   DIRTIES  READ_HIT%  WRITE_HIT%
//!     4121 65532    video             187       9301         0       2.0%       0.0%
//! ```

use super::by_line;
use super::columns::{Columns, rows};
use crate::base::error::ParseError;
use crate::base::source::Input;
use crate::evidence::Evidence;
use crate::evidence::probes::{CacheInterval, CacheUser};
use crate::formats::{Facts, Probe, Sniff};

const STAT: [&str; 3] = ["HITS", "MISSES", "CACHED_MB"];
const TOP: [&str; 5] = ["PID", "CMD", "HITS", "MISSES", "READ_HIT%"];

const SAYS: &str = "The page cache of the whole machine, not of the container: it can support the cgroup's own files, but shows nothing about a single service. On some kernels, its probes miss pages in large folios.";

pub fn sniff_stat(probe: &Probe<'_>) -> Sniff {
    by_line(probe, |text| Columns::of(text, &STAT).is_some())
}

pub fn sniff_top(probe: &Probe<'_>) -> Sniff {
    by_line(probe, |text| Columns::of(text, &TOP).is_some())
}

/// Parses a row an interval.
/// # Errors
/// `Malformed` without a row.
pub fn parse_stat(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    let table = &mut evidence.probes.cache;
    facts.notes.info("what-it-says", None, SAYS);
    rows(input.bytes, &STAT, facts, "cachestat", |columns, row, at| {
        let hits: i64 = columns.number(row, "HITS")?;
        let misses: i64 = columns.number(row, "MISSES")?;
        let megabytes: Option<u64> = columns.number(row, "CACHED_MB");
        // Both are differences of counters that are read one after another: they can be negative.
        let [hits, misses] = [hits, misses].map(|value| u64::try_from(value).unwrap_or(0));
        let cached = megabytes.and_then(|megabytes| megabytes.checked_mul(1 << 20));
        table.push(CacheInterval { source: input.source, at, hits, misses, cached });
        Some(())
    })
}

/// Parses a row a process and interval.
/// # Errors
/// `Malformed` without a row.
pub fn parse_top(input: &Input<'_>, evidence: &mut Evidence, facts: &mut Facts) -> Result<(), ParseError> {
    facts.notes.info("what-it-says", None, "Page cache hits and misses by process. Process IDs are the machine's. It does not show which files were read.");
    let Evidence { strings, probes, .. } = evidence;
    rows(input.bytes, &TOP, facts, "cachetop", |columns, row, at| {
        // Commands can hold blanks: figures are counted from the end.
        let more = row.len().checked_sub(columns.len())?;
        let first: Vec<&str> = row.iter().take(3).copied().collect();
        let rest = row.get(3 + more..)?;
        let command = row.get(2..=2 + more)?.join(" ");
        let whole: Vec<&str> = first.iter().chain(rest).copied().collect();
        let user = CacheUser {
            source: input.source,
            at,
            pid: columns.number(&whole, "PID")?,
            command: strings.intern(&command),
            hits: columns.number(&whole, "HITS")?,
            misses: columns.number(&whole, "MISSES")?,
        };
        probes.cache_users.push(user);
        Some(())
    })
}
