//! The groups of one subject over its moments.

use super::cohort;
use super::grouping::Group;
use super::moments::{Moment, Moments};
use crate::base::convert::to_f64;
use crate::report::GroupChange;

/// Groups, moments, and what happened between them.
#[derive(Clone, Debug)]
pub struct Series {
    /// The groups; every judgment names them by index.
    pub groups: Vec<Group>,
    /// The moments in order.
    pub moments: Vec<Moment>,
    /// From each moment to the next: one less than `moments`.
    pub steps: Vec<Step>,
    /// Things to say about the joining.
    pub remarks: Vec<String>,
}

/// From one moment to the next.
#[derive(Clone, Debug)]
pub struct Step {
    /// True if both are of one process, as far as they can tell.
    pub is_same_process: bool,
    /// What happened in each group; `None` if ids cannot tell.
    pub changes: Vec<Option<GroupChange>>,
    /// Minutes between the two, if both state their time.
    pub minutes: Option<f64>,
}

impl Series {
    /// Compares each moment with the next.
    pub fn new(groups: Vec<Group>, found: Moments) -> Self {
        // One moment is compared with none.
        let compared = if found.moments.len() > 1 { found.moments.len() } else { 0 };
        let censuses: Vec<_> = (0..compared).map(|moment| cohort::census(&groups, moment)).collect();
        let steps = found.moments.windows(2).enumerate().map(|(index, pair)| {
            let has_ids = pair.iter().all(|moment| moment.has_ids);
            let is_same_process = !has_ids || cohort::is_same_process(&groups, index, index + 1);
            let change = |group: &Group| {
                let (before, after) = (group.at.get(index)?, group.at.get(index + 1)?);
                let (all_before, all_after) = (censuses.get(index)?, censuses.get(index + 1)?);
                Some(cohort::change(before, after, all_before, all_after))
            };
            let is_comparable = has_ids && is_same_process;
            Step {
                is_same_process,
                changes: groups
                    .iter()
                    .map(|group| if is_comparable { change(group) } else { None })
                    .collect(),
                minutes: minutes_between(pair),
            }
        });
        let steps = steps.collect();
        Self { steps, groups, moments: found.moments, remarks: found.remarks }
    }

    /// The first moment of the process that the last dump is of.
    pub fn first_of_last_process(&self) -> usize {
        let restart = self.steps.iter().rposition(|step| !step.is_same_process);
        restart.map_or(0, |step| step + 1)
    }

    /// The steps within the last process.
    pub fn last_steps(&self) -> &[Step] {
        self.steps.get(self.first_of_last_process()..).unwrap_or_default()
    }
}

fn minutes_between(pair: &[Moment]) -> Option<f64> {
    let [before, after] = pair else { return None };
    let nanos = after.at?.0.checked_sub(before.at?.0).filter(|&nanos| nanos > 0)?;
    Some(to_f64(u64::try_from(nanos).ok()?) / 60e9)
}
