//! What a part of a trace takes over from the reading of all of it.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::{Annotated, AnnotationSpan, Crossing, TraceSums};
use crate::analysis::trace::summary::{GroupKey, SiteKey};
use crate::base::order::StableOrder;
use crate::evidence::trace::event::{Generation, GoState};

/// What a part of a trace takes over from the reading of all of it.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// All sites, so that their ids are the same.
    pub sites: Vec<SiteKey>,
    /// All groups, likewise.
    pub groups: Vec<GroupKey>,
    /// States that last into the part, by goroutine.
    pub crossings: HashMap<u64, Crossing, FxBuildHasher>,
    /// Tasks that began before the part.
    pub tasks: Vec<AnnotationSpan>,
    /// Regions that did, by goroutine, the outermost first.
    pub regions: HashMap<u64, Vec<AnnotationSpan>, FxBuildHasher>,
    /// Heap goal before the part.
    pub goal: Option<u64>,
}

impl Known {
    /// What the reading of all of a trace found out, as far as a reading that begins with `start` cannot.
    pub(super) fn new(sums: &TraceSums, start: &Generation) -> Self {
        let TraceSums { summary, carried } = sums;
        let lasts = |state: GoState| state != GoState::NotExist;
        let crossings = carried.states.iter();
        let lasting = carried
            .annotations
            .iter()
            .filter(|span| span.begin < start.start && span.end.is_none_or(|end| end >= start.start));
        let (mut tasks, mut regions) = (Vec::new(), Known::default().regions);
        for &span in lasting {
            match span.of {
                Annotated::Task { .. } => tasks.push(span),
                Annotated::Region { go } => regions.entry(go).or_default().push(span),
            }
        }
        regions.values_mut().for_each(|own| own.order_by_key(|span| span.begin));
        let cycles = summary.gc_cycles.iter().rev();
        let goal = cycles
            .filter(|cycle| cycle.end.is_some_and(|end| end < start.start))
            .find_map(|cycle| cycle.next_goal)
            .or((summary.goal.count > 0).then_some(summary.goal.first));
        Self {
            sites: summary.sites.iter().map(|site| site.key).collect(),
            groups: summary.groups.iter().map(|group| group.key).collect(),
            crossings: crossings
                .filter(|row| row.from < start.start && row.to >= start.start && lasts(row.state))
                .map(|&row| (row.go, row))
                .collect(),
            tasks,
            regions,
            goal: goal.filter(|&goal| goal > 0),
        }
    }
}
