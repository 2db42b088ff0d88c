//! One moment of one subject: its main process, its runtime and its control
//! group, chosen among everything that was captured then, and what was left apart.

use super::cgroup::{Cgroup, least};
use super::mappings::MappingClass;
use super::process::{PRINTED, Process};
use super::runtime::GoRuntime;
use super::term::Term;
use super::things::{Thing, Things};
use crate::analysis::recipe::settings::gomemlimit;
use crate::base::order::StableOrder;
use crate::base::units::{Bytes, Nanos};
use crate::evidence::memory::UNLIMITED;
use crate::evidence::vmas::VmaField;
use crate::report::SubjectId;

/// Everything of one moment that figures are computed from.
#[derive(Clone, Debug)]
pub struct Moment<'a> {
    /// The subject.
    pub subject: SubjectId,
    /// Label of the snapshot.
    pub label: String,
    /// The Go runtime of the main process: the reading that fits it best.
    pub go: Option<GoRuntime<'a>>,
    /// Further readings of the same runtime, which only add what the chosen one lacks.
    pub other_readings: Vec<GoRuntime<'a>>,
    /// The main process.
    pub process: Option<Process<'a>>,
    /// Other processes of the same control group.
    pub others: Vec<Process<'a>>,
    /// The control group.
    pub cgroup: Option<Cgroup<'a>>,
    /// Groups that contain it.
    pub ancestors: Vec<Cgroup<'a>>,
    /// Later or earlier readings of the same group.
    pub rereadings: Vec<Cgroup<'a>>,
    /// All things, for what is read rarely.
    pub things: Things<'a>,
    /// How the runtime's arenas compare with the process's.
    pub arenas: Option<ArenaFit>,
    /// How far apart the capture says that it read them.
    pub skew: Option<Nanos>,
    /// What manifests of the same container state.
    pub stated: Stated,
}

/// Limits that manifests of a container state: they stand in for what its capture does not say.
#[derive(Clone, Debug, Default)]
pub struct Stated {
    /// The container's limit of memory.
    pub limit: Option<Term>,
    /// GOMEMLIMIT.
    pub gomemlimit: Option<Term>,
    /// GOGC in percent.
    pub gogc: Option<Term>,
}

/// The arena identity: address space of the arenas against what the runtime says.
#[derive(Clone, Debug)]
pub struct ArenaFit {
    /// Arenas less (`HeapSys` + `StackInuse`): the collector's work buffers, if all is of one moment.
    pub difference: Term,
    /// The most that work buffers can be (`GCSys`).
    pub most: Bytes,
}

impl ArenaFit {
    /// True if both sides are of one process and nearly one moment.
    pub fn holds(&self) -> bool {
        (0..=self.most.0).contains(&self.difference.value)
    }
}

impl<'a> Moment<'a> {
    /// Chooses what belongs together among the things of a snapshot. `moment` is
    /// the word that names it, empty for the main one.
    pub fn of(subject: SubjectId, label: String, things: Things<'a>, moment: &str) -> Self {
        let readings = readings(&things, moment);
        let mut processes = processes(&things, moment);
        let main_cgroup = main_cgroup(&things, moment, &processes);
        let of_files = main_cgroup.and_then(|index| things.cgroups.get(index).cloned()).and_then(Cgroup::of);
        let of_metrics =
            || things.measured_container().filter(|_| moment.is_empty()).and_then(Cgroup::of_container);
        let cgroup = of_files.or_else(of_metrics);
        if let Some(cgroup) = &cgroup {
            processes.retain(|process| is_member(process, cgroup));
        }
        // What others print of processes only stands in for the kernel's own files.
        if processes.iter().any(|process| !is_printed(&process.thing)) {
            processes.retain(|process| !is_printed(&process.thing));
        }
        let main = main_process(&processes, &readings, cgroup.as_ref());
        let process = main.map(|index| processes.remove(index));
        let (go, other_readings) = choose_reading(readings, process.as_ref());
        let arenas = go.as_ref().zip(process.as_ref()).and_then(|(go, process)| arena_fit(go, process));
        Self {
            subject,
            label,
            arenas,
            go,
            other_readings,
            process,
            others: processes,
            ancestors: ancestors(&things, cgroup.as_ref()),
            rereadings: rereadings(&things, cgroup.as_ref()),
            cgroup,
            things,
            skew: None,
            stated: Stated::default(),
        }
    }

    /// True if there is anything to count.
    pub fn has_figures(&self) -> bool {
        let has_process =
            self.process.as_ref().is_some_and(|process| process.anon.is_some() || process.rss.is_some());
        self.go.is_some()
            || has_process
            || self.cgroup.as_ref().is_some_and(|cgroup| {
                cgroup.usage.is_some() || cgroup.anon.is_some() || cgroup.stated_working_set.is_some()
            })
    }

    /// The least limit of the group and those around it.
    pub fn limit(&self) -> Option<Term> {
        let own = self.cgroup.as_ref().and_then(|cgroup| cgroup.finite_limit().cloned());
        let outer = self.ancestors.iter().map(|ancestor| ancestor.finite_limit().cloned());
        let told = least([own, self.described_limit()].into_iter().chain(outer));
        // A group that says "max" has no limit, whatever its manifest says.
        let is_told = self.cgroup.as_ref().is_some_and(|cgroup| cgroup.limit.is_some());
        told.or_else(|| self.stated.limit.clone().filter(|_| !is_told))
    }

    /// The limit to show: where this moment does not say, that of another reading
    /// of the group, for it seldom changes. Rules go by what the moment says.
    pub fn shown_limit(&self) -> Option<Term> {
        let is_stated = self.cgroup.as_ref().is_some_and(|cgroup| cgroup.limit.is_some());
        let other = || self.rereadings.iter().find_map(|reading| reading.finite_limit().cloned());
        self.limit().or_else(|| if is_stated { None } else { other() })
    }

    /// The limit by the pod's description, if it describes one container.
    fn described_limit(&self) -> Option<Term> {
        self.things.described_container()?.get("limits.memory")
    }

    /// GOMEMLIMIT by the pod's description: an amount, or the container's limit.
    fn described_gomemlimit(&self) -> Option<Term> {
        let container = self.things.described_container()?;
        let limit = self.described_limit();
        match container.text("GOMEMLIMIT")? {
            "limits.memory" => limit,
            amount => {
                let value = gomemlimit(amount)?;
                // The variable has no number of its own in the table: its container is cited.
                limit.or_else(|| container.get("restartCount")).map(|term| term.with_value(value))
            }
        }
    }

    /// GOMEMLIMIT, if a reading states it: from any reading, as it seldom changes.
    pub fn gomemlimit(&self) -> Option<Term> {
        self.any_reading(|go| go.gomemlimit.clone())
            .or_else(|| self.described_gomemlimit())
            .or_else(|| self.stated.gomemlimit.clone())
    }

    /// GOGC in percent, [`UNLIMITED`] if off.
    pub fn gogc(&self) -> Option<Term> {
        let stated = self.any_reading(|go| go.gogc.clone());
        let goal = || {
            let go = self.go.as_ref().filter(|go| go.is_gogc_off())?;
            go.next_gc.as_ref().map(|goal| goal.with_value(UNLIMITED))
        };
        stated.or_else(goal).or_else(|| self.stated.gogc.clone())
    }

    /// The live heap of the last cycle, from a reading after the same number of cycles.
    pub fn live(&self) -> Option<Term> {
        let go = self.go.as_ref()?;
        let cycle = go.num_gc.as_ref().map(|term| term.value);
        let same =
            |other: &&GoRuntime<'_>| cycle.is_some() && other.num_gc.as_ref().map(|term| term.value) == cycle;
        go.live
            .clone()
            .or_else(|| self.other_readings.iter().filter(same).find_map(|other| other.live.clone()))
    }

    fn any_reading(&self, field: impl Fn(&GoRuntime<'a>) -> Option<Term>) -> Option<Term> {
        self.go.iter().chain(&self.other_readings).find_map(field)
    }

    /// Processors on which charges and statistics may be cached; `None` if nothing tells.
    pub fn cpus(&self) -> Option<u32> {
        self.process.iter().chain(&self.others).filter_map(|process| process.cpus).max()
    }

    /// True if nothing ran while the files were read.
    pub fn is_frozen(&self) -> bool {
        let stopped = self.process.as_ref().is_some_and(|process| process.is_stopped);
        stopped || self.cgroup.as_ref().is_some_and(|cgroup| cgroup.is_frozen)
    }

    /// True if every process of the group was captured, as its list says.
    pub fn has_all_processes(&self) -> bool {
        self.process.is_some()
            && self.missing_processes() == 0
            && self.cgroup.as_ref().is_some_and(|cgroup| !cgroup.procs.is_empty())
    }

    /// Processes of the group whose files are missing.
    pub fn missing_processes(&self) -> usize {
        let captured = usize::from(self.process.is_some()) + self.others.len();
        self.cgroup.as_ref().map_or(0, |cgroup| cgroup.procs.len().saturating_sub(captured))
    }
}

/// Files that were read again for the same moment, not at another one: they have no process files of their own.
fn is_of_moment(things: &Things<'_>, of: &str, moment: &str) -> bool {
    of == moment || (moment.is_empty() && !things.own_moments().contains(&of))
}

fn readings<'a>(things: &Things<'a>, moment: &str) -> Vec<GoRuntime<'a>> {
    let mut readings: Vec<GoRuntime<'a>> = things
        .readings
        .iter()
        .filter(|view| view.level().is_empty() && is_of_moment(things, view.moment(), moment))
        .filter_map(|view| GoRuntime::of(*view))
        .collect();
    readings.order_by_key(GoRuntime::rank);
    readings
}

/// True for a process of which only tables or metrics tell.
fn is_printed(thing: &Thing<'_>) -> bool {
    thing.files.iter().all(|view| PRINTED.contains(&view.file()))
}

fn processes<'a>(things: &Things<'a>, moment: &str) -> Vec<Process<'a>> {
    let of_moment = |thing: &&Thing<'a>| {
        let of = thing.place.moment;
        of == moment || (is_printed(thing) && is_of_moment(things, of, moment))
    };
    let mut processes: Vec<Process<'a>> =
        things.processes.iter().filter(of_moment).map(|thing| Process::of(thing.clone())).collect();
    processes.retain(|process| process.anon.is_some() || process.rss.is_some() || process.layout.is_some());
    processes
}

/// Names of levels that contain the main one.
const OUTER_LEVELS: [&str; 6] = ["pod", "parent", "slice", "kubepods", "ancestor", "outer"];

/// The control group that the figures are of: the one without a level, nearest to the processes.
fn main_cgroup(things: &Things<'_>, moment: &str, processes: &[Process<'_>]) -> Option<usize> {
    let pids: Vec<u64> = processes.iter().filter_map(|process| process.pid).collect();
    let rank = |thing: &Thing<'_>| {
        let holds_process = thing.file("cgroup.procs").is_some_and(|view| {
            view.list().filter_map(|pid| u64::try_from(pid).ok()).any(|pid| pids.contains(&pid))
        });
        let has_usage = ["memory.current", "memory.usage_in_bytes", "memory.stat"]
            .iter()
            .filter(|name| thing.file(name).is_some())
            .count();
        let is_outer = OUTER_LEVELS.contains(&thing.place.level);
        let depth = thing.place.folder.matches('/').count();
        (thing.place.level.is_empty(), !is_outer, holds_process, has_usage, depth)
    };
    let candidates = things.cgroups.iter().enumerate().filter(|(_, thing)| thing.place.moment == moment);
    candidates
        .filter(|(_, thing)| Cgroup::of((*thing).clone()).is_some())
        .max_by(|(a_index, a), (b_index, b)| rank(a).cmp(&rank(b)).then(b_index.cmp(a_index)))
        .map(|(index, _)| index)
}

/// True if a process is in the group: its list of processes says so, else the names do.
fn is_member(process: &Process<'_>, cgroup: &Cgroup<'_>) -> bool {
    let level = process.thing.group_level();
    match process.pid {
        Some(pid) if cgroup.procs.contains(&pid) => true,
        _ => level == cgroup.thing.place.level,
    }
}

/// The process that the readings are of, else the one without a level, else the largest.
fn main_process(
    processes: &[Process<'_>],
    readings: &[GoRuntime<'_>],
    cgroup: Option<&Cgroup<'_>>,
) -> Option<usize> {
    let rank = |process: &Process<'_>| {
        let fits = readings.iter().any(|go| arena_fit(go, process).is_some_and(|fit| fit.holds()));
        let listed = process.pid.is_some_and(|pid| cgroup.is_some_and(|cgroup| cgroup.procs.contains(&pid)));
        let size = process.anon.as_ref().or(process.rss.as_ref()).map_or(0, |term| term.value);
        (fits, process.thing.place.level.is_empty(), listed, size)
    };
    let ranked = processes.iter().enumerate();
    ranked
        .max_by(|(a_index, a), (b_index, b)| rank(a).cmp(&rank(b)).then(b_index.cmp(a_index)))
        .map(|(index, _)| index)
}

/// The reading whose arenas fit the process best; without a process, the most whole one.
fn choose_reading<'a>(
    mut readings: Vec<GoRuntime<'a>>,
    process: Option<&Process<'a>>,
) -> (Option<GoRuntime<'a>>, Vec<GoRuntime<'a>>) {
    let distance = |go: &GoRuntime<'a>| {
        let fit = process.and_then(|process| arena_fit(go, process));
        fit.map_or((false, 0), |fit| (!fit.holds(), fit.difference.value.unsigned_abs()))
    };
    let best =
        readings.iter().enumerate().min_by_key(|(index, go)| (distance(go), *index)).map(|(index, _)| index);
    let go = best.map(|index| readings.remove(index));
    (go, readings)
}

/// Compares the arenas of a process with what a runtime says of its own.
fn arena_fit(go: &GoRuntime<'_>, process: &Process<'_>) -> Option<ArenaFit> {
    let arenas = process.class_size(MappingClass::GoArena).filter(|size| size.value > 0)?;
    let most = go.gc_sys.as_ref().map_or(0, |term| term.value);
    Some(ArenaFit { difference: &arenas - &go.arena_mapped()?, most: Bytes(most) })
}

/// Groups that contain the main one: by their level's name, or by their folder.
fn ancestors<'a>(things: &Things<'a>, main: Option<&Cgroup<'a>>) -> Vec<Cgroup<'a>> {
    let Some(main) = main else { return Vec::new() };
    let place = main.thing.place;
    let contains = |thing: &&Thing<'a>| {
        let by_level = thing.place.folder == place.folder && OUTER_LEVELS.contains(&thing.place.level);
        let inner = place.folder.strip_prefix(thing.place.folder).is_some_and(|rest| rest.starts_with('/'));
        let by_folder = inner && thing.place.level == place.level;
        thing.place.moment == place.moment && (by_level || by_folder)
    };
    things.cgroups.iter().filter(contains).filter_map(|thing| Cgroup::of(thing.clone())).collect()
}

/// The same group at other moments.
fn rereadings<'a>(things: &Things<'a>, main: Option<&Cgroup<'a>>) -> Vec<Cgroup<'a>> {
    let Some(main) = main else { return Vec::new() };
    let place = main.thing.place;
    let is_same = |thing: &&Thing<'a>| {
        thing.place.folder == place.folder
            && thing.place.level == place.level
            && thing.place.moment != place.moment
    };
    things.cgroups.iter().filter(is_same).filter_map(|thing| Cgroup::of(thing.clone())).collect()
}

impl<'a> Moment<'a> {
    /// A moment of which nothing but a control group is known.
    pub(super) fn of_group(subject: SubjectId, label: String, cgroup: Cgroup<'a>) -> Self {
        Self {
            subject,
            label,
            go: None,
            other_readings: Vec::new(),
            process: None,
            others: Vec::new(),
            cgroup: Some(cgroup),
            ancestors: Vec::new(),
            rereadings: Vec::new(),
            things: Things::default(),
            arenas: None,
            skew: None,
            stated: Stated::default(),
        }
    }
}

impl Moment<'_> {
    /// Resident anonymous pages in Go's arenas.
    pub fn arena_resident(&self) -> Option<Term> {
        self.process.as_ref()?.class_sum(MappingClass::GoArena, VmaField::Anonymous)
    }
}
