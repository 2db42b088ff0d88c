//! Goroutine groups over the snapshots of each subject, and what they mean.
//!
//! ```text
//! dumps ─ moments ─► one dump a moment ─ grouping ─► groups ─ series ─► births, deaths, ageing
//!                                                                  │
//!                                          rules, roots ─► judgments ─ describe ─► report
//! ```

pub mod classify;
pub mod cohort;
pub mod describe;
pub mod ended;
mod gc_gap;
pub mod grouping;
pub mod holders;
pub mod judgment;
pub mod moments;
pub mod names;
pub mod profile_rows;
pub mod projection;
mod queue;
pub mod recover;
pub mod series;
pub mod state;

use crate::evidence::Evidence;
use crate::report::{Goroutines, Subject};

use describe::Description;
use series::Series;

/// The goroutine section of all subjects; `None` if there is no dump.
pub fn analyze(evidence: &Evidence, subjects: &[Subject]) -> Option<Goroutines> {
    let by_source = moments::by_source(evidence);
    if by_source.is_empty() {
        return None;
    }
    let mut description = Description::default();
    for subject in subjects {
        description.add_crashes(evidence, subject, &by_source);
        let found = moments::collect(evidence, subject, &by_source);
        if found.moments.is_empty() {
            continue;
        }
        let groups = grouping::group(evidence, &found);
        let mut circumstances = gc_gap::circumstances(evidence, subject);
        circumstances.is_deadlock = ended::is_deadlock(evidence, &found);
        let holders = holders::find(evidence, &found, circumstances.gap());
        let series = Series::new(groups, found);
        let mut judgments = classify::judge(&series, &holders, circumstances);
        ended::judge(evidence, &series, &mut judgments);
        description.add_subject(evidence, subject.id, &series, &judgments);
    }
    Some(description.finish())
}
