//! Sorts the records of one snapshot into things: processes, control groups,
//! readings of a Go runtime, the machine. Files of one thing and moment come together.

use std::collections::BTreeMap;

use super::term::{Term, View};
use crate::base::source::SourceId;
use crate::evidence::Evidence;
use crate::evidence::memory::RecordKind;

/// Files of one thing at one moment, by proper name.
#[derive(Clone, Debug)]
pub struct Thing<'a> {
    /// Folder, level and moment: which thing it is, and when.
    pub place: Place<'a>,
    /// The files.
    pub files: Vec<View<'a>>,
}

/// Where a thing's files were, and what their names add.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<'a> {
    /// The moment; empty for the main one.
    pub moment: &'a str,
    /// The level; empty for the main one.
    pub level: &'a str,
    /// The folder.
    pub folder: &'a str,
}

impl<'a> Thing<'a> {
    /// The file of a proper name; the first, if there are several.
    pub fn file(&self, name: &str) -> Option<View<'a>> {
        self.files.iter().copied().find(|view| view.file() == name)
    }

    /// The figure `key` of the file `name`.
    pub fn get(&self, name: &str, key: &str) -> Option<Term> {
        self.files.iter().filter(|view| view.file() == name).find_map(|view| view.get(key))
    }

    /// The value of a figure.
    pub fn value(&self, name: &str, key: &str) -> Option<i64> {
        self.get(name, key).map(|term| term.value)
    }

    /// The process id that its files state.
    pub fn pid(&self) -> Option<u64> {
        let stated = |name: &str| self.file(name).and_then(|view| view.record.pid);
        stated("status")
            .or_else(|| stated("stat"))
            .or_else(|| self.files.iter().find_map(|view| view.record.pid))
    }

    /// The level without the process id: the control group that a process file is of.
    pub fn group_level(&self) -> String {
        let is_pid = |token: &&str| {
            token.strip_prefix("pid").unwrap_or(token).trim_start_matches(['-', '_']).parse::<u64>().is_err()
        };
        self.place.level.split('.').filter(is_pid).collect::<Vec<_>>().join(".")
    }
}

/// All things of a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Things<'a> {
    /// Control groups, of every level and moment.
    pub cgroups: Vec<Thing<'a>>,
    /// Processes, of every level and moment.
    pub processes: Vec<Thing<'a>>,
    /// Readings of a Go runtime: each file is one.
    pub readings: Vec<View<'a>>,
    /// Files of the machine.
    pub host: Vec<View<'a>>,
    /// Containers of cAdvisor, the kubelet and `kubectl top`.
    pub containers: Vec<View<'a>>,
    /// Pods and their containers, as Kubernetes describes them.
    pub pods: Vec<View<'a>>,
}

impl<'a> Things<'a> {
    /// Sorts the records of these sources.
    pub fn of(evidence: &'a Evidence, sources: &[SourceId]) -> Self {
        let mut things = Self::default();
        let mut cgroups: BTreeMap<Place<'a>, Vec<View<'a>>> = BTreeMap::new();
        let mut processes: BTreeMap<Place<'a>, Vec<View<'a>>> = BTreeMap::new();
        for record in evidence.memory.records.iter().filter(|record| sources.contains(&record.source)) {
            let view = View { evidence, record };
            let place = Place { moment: view.moment(), level: view.level(), folder: view.folder() };
            match record.kind {
                RecordKind::Cgroup => cgroups.entry(place).or_default().push(view),
                RecordKind::Process => processes.entry(place).or_default().push(view),
                RecordKind::Runtime => things.readings.push(view),
                RecordKind::Host => things.host.push(view),
                RecordKind::Container => things.containers.push(view),
                RecordKind::Pod => things.pods.push(view),
                // Rules read them: they are of no moment that figures are of.
                RecordKind::Event => {}
            }
        }
        let collect = |map: BTreeMap<Place<'a>, Vec<View<'a>>>| {
            map.into_iter().map(|(place, files)| Thing { place, files }).collect()
        };
        things.cgroups = collect(cgroups);
        things.processes = collect(processes);
        things
    }

    /// Moments that have process files of their own, beside the main one: they
    /// are snapshots, not second readings.
    pub fn own_moments(&self) -> Vec<&'a str> {
        let mut moments: Vec<&str> = self
            .processes
            .iter()
            .filter(|thing| ["smaps", "smaps_rollup", "status"].iter().any(|name| thing.file(name).is_some()))
            .map(|thing| thing.place.moment)
            .filter(|moment| !moment.is_empty())
            .collect();
        moments.sort_unstable();
        moments.dedup();
        moments
    }

    /// The described container, if there is only one: nothing tells which of several is meant.
    /// Init containers, sidecars and rows of a list do not count.
    pub fn described_container(&self) -> Option<View<'a>> {
        let is_main = |view: &View<'a>| !view.level().is_empty() && view.text("role").is_none();
        let mut containers = self.pods.iter().copied().filter(is_main);
        let first = containers.next()?;
        containers.next().is_none().then_some(first)
    }

    /// Metrics of the one container that they are of; of several, none is taken for the subject.
    pub fn measured_container(&self) -> Option<View<'a>> {
        let (first, rest) = self.containers.split_first()?;
        rest.is_empty().then_some(*first)
    }

    /// A file of the machine.
    pub fn host_file(&self, name: &str) -> Option<View<'a>> {
        self.host.iter().copied().find(|view| view.file() == name && view.moment().is_empty())
    }
}
