//! Containers that one answer, page or table tells of side by side: none of them
//! is known to be the subject, so that each is shown by itself, and no rule
//! takes them for moments of one.

use super::cgroup::Cgroup;
use super::moment::Moment;
use super::things::Things;
use crate::base::order::StableOrder;
use crate::base::source::SourceId;
use crate::evidence::Evidence;
use crate::report::{SnapshotInfo, Subject};

/// Containers of a snapshot that are shown, the largest first.
const SHOWN: usize = 12;

/// A moment for each container of the snapshots that have several.
pub fn moments<'a>(evidence: &'a Evidence, subject: &Subject) -> Vec<Moment<'a>> {
    subject.snapshots.iter().flat_map(|snapshot| of_snapshot(evidence, subject, snapshot)).collect()
}

fn of_snapshot<'a>(evidence: &'a Evidence, subject: &Subject, snapshot: &SnapshotInfo) -> Vec<Moment<'a>> {
    let sources: Vec<SourceId> = snapshot.sources.clone();
    let things = Things::of(evidence, &sources);
    if things.containers.len() < 2 {
        return Vec::new();
    }
    let mut containers: Vec<(i64, &str, Cgroup<'a>)> = things
        .containers
        .iter()
        .filter_map(|view| {
            let cgroup = Cgroup::of_container(*view)?;
            let size = cgroup.usage.as_ref().or(cgroup.stated_working_set.as_ref()).or(cgroup.anon.as_ref());
            Some((size.map_or(0, |term| term.value), view.level(), cgroup))
        })
        .collect();
    containers.order_by(|(a, name, _), (b, other, _)| b.cmp(a).then(name.cmp(other)));
    containers.truncate(SHOWN);
    let label = |name: &str| format!("{} {name}", snapshot.label);
    // The largest last: the newest moment of a subject is the one that is shown first.
    let moment = |(_, name, cgroup)| Moment::of_group(subject.id, label(name), cgroup);
    containers.into_iter().rev().map(moment).collect()
}
