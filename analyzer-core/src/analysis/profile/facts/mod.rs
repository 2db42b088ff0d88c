//! What profiles of one process prove, before any rule looks at them.
//!
//! ```text
//! profiles of a subject ─► Stacks   frames and stacks that compare over files
//!                       ─► HeapSeries  sampled objects by (stack, size), when it was
//!                       │              true (freshness), which are of one process
//!                       ─► Counted  CPU samples, lock and channel waits by stack
//! MemStats, gctrace, dumps ─► the clock: TotalAlloc over time, age of the process
//! ```
//!
//! Everything here counts and measures; what it means is the rules' to say.

mod clock;
pub mod costs;
mod counted;
pub mod cpu;
pub mod growth;
mod heap;
pub mod roles;
mod samplers;
mod series;
pub mod sites;
mod stacks;
pub mod stats;

pub use clock::Age;
pub use counted::{Counted, Row};
use growth::{Allocations, Growth};
pub use heap::{Class, HeapProfile, Step, is_same_process, steps};
pub use roles::Versions;
pub use series::{HeapMoment, HeapSeries};
pub use stacks::{Frame, FrameId, StackId, Stacks};

use std::collections::BTreeSet;

use crate::base::order::StableOrder;
use crate::base::source::SourceId;
use crate::evidence::Evidence;
use crate::evidence::profiles::Profile;
use crate::report::{Subject, SubjectId};

/// The profiles of one subject.
#[derive(Clone, Debug)]
pub struct ProcessProfiles {
    /// Whose they are.
    pub subject: SubjectId,
    /// Go versions that the program may be of.
    pub versions: Versions,
    /// Their stacks.
    pub stacks: Stacks,
    /// Heap profiles of one process, in order of time.
    pub heap: HeapSeries,
    /// What grew from the first to the last of them; `None` with fewer than two.
    pub growth: Option<Growth>,
    /// What was allocated in between; `None` with fewer than two, or without times.
    pub allocations: Option<Allocations>,
    /// CPU profiles, in order of time.
    pub cpu: Vec<Counted>,
    /// Samples of who runs, of other tools than Go's profiler, in order of time: each of one Go process.
    pub sampled: Vec<Counted>,
    /// Mutex profiles, in order of time.
    pub mutex: Vec<Counted>,
    /// Block profiles, in order of time.
    pub block: Vec<Counted>,
    /// How long the process had run at the last capture.
    pub age: Age,
}

impl ProcessProfiles {
    /// The CPU profile with the most samples.
    pub fn main_cpu(&self) -> Option<&Counted> {
        self.cpu.iter().max_by_key(|profile| (profile.count(), profile.source))
    }

    /// Where the CPU time goes, by Go's own profile, else by another tool's samples.
    pub fn any_cpu(&self) -> Option<&Counted> {
        self.main_cpu()
            .or_else(|| self.sampled.iter().max_by_key(|profile| (profile.count(), profile.source)))
    }

    /// What contention profiles say of the time between the first and the last,
    /// or of one's own duration. `None` if they are of different processes or only
    /// one cumulative profile is there.
    pub fn window(profiles: &[Counted]) -> Option<Counted> {
        if let Some(own) = profiles.iter().rev().find(|profile| profile.duration.is_some()) {
            return Some(own.clone());
        }
        let (first, last) = (profiles.first()?, profiles.last()?);
        if profiles.len() < 2 { None } else { last.since(first).filter(|window| window.duration.is_some()) }
    }
}

/// The profiles of every subject that has any.
pub fn gather(evidence: &Evidence, subjects: &[Subject]) -> Vec<ProcessProfiles> {
    subjects.iter().filter_map(|subject| of_subject(evidence, subject)).collect()
}

fn of_subject(evidence: &Evidence, subject: &Subject) -> Option<ProcessProfiles> {
    let sources: BTreeSet<SourceId> = subject.sources().collect();
    let profiles: Vec<&Profile> =
        evidence.profiles.iter().filter(|profile| sources.contains(&profile.source)).collect();
    if profiles.is_empty() {
        return None;
    }
    let versions = versions(evidence, subject, &profiles);
    let mut stacks = Stacks::default();
    let (mut heaps, mut cpu, mut mutex, mut block) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut sampled = Vec::new();
    for profile in profiles {
        let kind = evidence.sources.get(profile.source).and_then(|source| source.kind.as_deref());
        let kind = kind.unwrap_or_default();
        if !matches!(kind, "heap" | "allocs" | "cpu" | "mutex" | "block" | samplers::ON_CPU) {
            continue;
        }
        let rows = stacks.add(profile, &evidence.strings, versions);
        match kind {
            "heap" | "allocs" => {
                let heap = HeapProfile::of(profile, &evidence.strings, &rows, &stacks, kind == "allocs");
                heaps.extend(heap);
            }
            "cpu" => cpu.extend(Counted::of(profile, &rows)),
            samplers::ON_CPU => {
                let is_one = samplers::is_of_one_process(profile, &evidence.strings);
                let counted = samplers::counted(profile, &evidence.strings, &rows).filter(|_| is_one);
                sampled
                    .extend(counted.filter(|counted| samplers::is_go(counted, &stacks, &evidence.strings)));
            }
            "mutex" => mutex.extend(Counted::of(profile, &rows)),
            _ => block.extend(Counted::of(profile, &rows)),
        }
    }
    for profiles in [&mut cpu, &mut sampled, &mut mutex, &mut block] {
        profiles.order_by_key(|profile| (profile.time, profile.source));
    }
    let age = clock::age(evidence, subject, &sources);
    let heap = HeapSeries::new(evidence, subject, heaps);
    let growth = growth::growth(&stacks, &heap);
    let allocations = growth::allocations(&stacks, &heap);
    Some(ProcessProfiles {
        subject: subject.id,
        versions,
        stacks,
        heap,
        growth,
        allocations,
        cpu,
        sampled,
        mutex,
        block,
        age,
    })
}

/// The version that a capture states, else what the functions' names tell.
fn versions(evidence: &Evidence, subject: &Subject, profiles: &[&Profile]) -> Versions {
    if let Some(stated) = subject.go_version.as_deref().and_then(Versions::stated) {
        return stated;
    }
    let mut versions = Versions::default();
    let functions: BTreeSet<_> =
        profiles.iter().flat_map(|profile| &profile.functions).map(|function| function.name).collect();
    for name in functions {
        versions.narrow(evidence.strings.get(name));
    }
    versions
}
