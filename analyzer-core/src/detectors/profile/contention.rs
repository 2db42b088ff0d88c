//! What mutex and block profiles have in common: waiting by line over a span of time.

use std::collections::BTreeMap;

use crate::analysis::profile::facts::growth::site_of;
use crate::analysis::profile::facts::{Counted, FrameId, ProcessProfiles, StackId};
use crate::base::convert::i64_to_f64;
use crate::base::units::Nanos;
use crate::detectors::Case;

/// Events that must be sampled: amounts are sums of heavy tails.
pub const EVENTS: i64 = 10;

/// Waiting that counts for a line.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// The line.
    pub site: FrameId,
    /// Goroutines that wait at any time, on average.
    pub waiters: f64,
    /// Nanoseconds waited.
    pub nanos: i64,
    /// Waits.
    pub events: i64,
    /// The stack with the most of it.
    pub stack: StackId,
    /// Where a sample of that stack stands.
    pub at: u32,
}

impl Waiting {
    /// How long one wait took.
    pub fn mean(&self) -> Nanos {
        Nanos(self.nanos.checked_div(self.events).unwrap_or(0))
    }
}

/// Waits by line within a window, the longest first, of the stacks that are so.
pub fn by_site(process: &ProcessProfiles, window: &Counted, is_so: impl Fn(StackId) -> bool) -> Vec<Waiting> {
    let Some(span) = window.duration.filter(|span| span.0 > 0) else { return Vec::new() };
    let mut sites: BTreeMap<FrameId, (Waiting, i64)> = BTreeMap::new();
    for row in window.rows.iter().filter(|row| is_so(row.stack)) {
        let Some(site) = site_of(&process.stacks, row.stack) else { continue };
        let first = Waiting { site, waiters: 0.0, nanos: 0, events: 0, stack: row.stack, at: row.at };
        let (waiting, most) = sites.entry(site).or_insert((first, 0));
        waiting.nanos = waiting.nanos.saturating_add(row.nanos);
        waiting.events = waiting.events.saturating_add(row.count);
        waiting.waiters = i64_to_f64(waiting.nanos) / i64_to_f64(span.0);
        if row.nanos > *most {
            (waiting.stack, waiting.at, *most) = (row.stack, row.at, row.nanos);
        }
    }
    let mut sites: Vec<Waiting> = sites.into_values().map(|(waiting, _)| waiting).collect();
    sites.sort_by(|a, b| b.nanos.cmp(&a.nanos).then(a.site.cmp(&b.site)));
    sites
}

/// Events for one that is sampled, at most: the greatest divisor of all counts of these profiles.
pub fn scale(profiles: &[Counted]) -> i64 {
    let rows = profiles.iter().flat_map(|profile| profile.rows.iter().copied()).collect();
    profiles.first().map_or(1, |profile| Counted { rows, ..profile.clone() }.scale())
}

/// True if a function of this name is on the stack.
pub fn has(
    case: &Case<'_>,
    process: &ProcessProfiles,
    stack: StackId,
    is_it: impl FnMut(&str) -> bool,
) -> bool {
    process.stacks.has(stack, &case.evidence.strings, is_it)
}

/// True for the HTTP client's own goroutines and those who wait for them.
pub fn is_http_client(name: &str) -> bool {
    ["net/http.(*persistConn).", "net/http.(*Transport).", "net/http.(*Client)."]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}
