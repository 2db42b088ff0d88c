//! One process as the kernel counts it: totals from `smaps`, `smaps_rollup` or
//! `status`, whichever is best, and its mappings by class.

use super::mappings::{MappingClass, Mappings};
use super::term::{Term, View};
use super::things::Thing;
use crate::base::units::Bytes;
use crate::evidence::memory::MemoryTables;
use crate::evidence::vmas::VmaField;

/// What others print of a process, by the file that it is stored as; the best first.
pub(super) const PRINTED: [&str; 3] = ["pmap", "ps", "metrics"];

/// A process at one moment.
#[derive(Clone, Debug)]
pub struct Process<'a> {
    /// Its files.
    pub thing: Thing<'a>,
    /// Process id, if stated.
    pub pid: Option<u64>,
    /// Anonymous pages: the sum over `smaps`, else `smaps_rollup`; from `status`
    /// only if `anon_slack` is set.
    pub anon: Option<Term>,
    /// How far `anon` may be off: the kernel's per-task or per-CPU counting that
    /// `status` shows. `None` if exact.
    pub anon_slack: Option<Bytes>,
    /// Resident pages of any kind.
    pub rss: Option<Term>,
    /// Anonymous pages, each divided by its sharers (`smaps_rollup`).
    pub pss_anon: Option<Term>,
    /// Resident file pages and shared memory together.
    pub rss_file_shmem: Option<Term>,
    /// Resident pages of Go's heap arenas, where `pmap -x` lists the mappings and nothing lists more.
    pub printed_arenas: Option<Term>,
    /// Pages given back with `MADV_FREE` and still there.
    pub lazy_free: Option<Term>,
    /// Anonymous pages in huge pages.
    pub anon_huge: Option<Term>,
    /// Pages in swap.
    pub swap: Option<Term>,
    /// Page tables (`VmPTE`).
    pub pagetables: Option<Term>,
    /// Threads.
    pub threads: Option<Term>,
    /// Processors that it may run on.
    pub cpus: Option<u32>,
    /// Greatest resident size so far.
    pub high_water: Option<Term>,
    /// Mappings with figures, by class; `None` without `smaps`.
    pub mappings: Option<Mappings<'a>>,
    /// Mappings without figures (`maps`), by class.
    pub layout: Option<Mappings<'a>>,
    /// True if it was stopped when it was read.
    pub is_stopped: bool,
}

impl<'a> Process<'a> {
    /// Reads the files of a process.
    pub fn of(thing: Thing<'a>) -> Self {
        let best = |key: &str| thing.get("smaps", key).or_else(|| thing.get("smaps_rollup", key));
        let exact_anon = best("Anonymous");
        let threads = thing.get("status", "Threads");
        let cpus = thing.file("status").and_then(|view| view.text("Cpus_allowed_list")).and_then(count_cpus);
        let is_exact = exact_anon.is_some() || thing.get("pmap", "Anonymous").is_some();
        let slack = || status_slack(cpus, threads.as_ref().map(|term| term.value));
        Self {
            pid: thing.pid(),
            anon_slack: (!is_exact).then(slack),
            anon: exact_anon
                .or_else(|| thing.get("pmap", "Anonymous"))
                .or_else(|| thing.get("status", "RssAnon")),
            rss: best("Rss")
                .or_else(|| thing.get("status", "VmRSS"))
                .or_else(|| thing.get("statm", "resident"))
                .or_else(|| PRINTED.iter().find_map(|file| thing.get(file, "Rss"))),
            printed_arenas: thing.get("pmap", "Go arenas"),
            pss_anon: thing.get("smaps_rollup", "Pss_Anon"),
            rss_file_shmem: file_and_shmem(&thing),
            lazy_free: best("LazyFree"),
            anon_huge: best("AnonHugePages"),
            swap: best("Swap").or_else(|| thing.get("status", "VmSwap")),
            pagetables: thing.get("status", "VmPTE"),
            high_water: thing.get("status", "VmHWM"),
            mappings: thing.file("smaps").and_then(mappings),
            layout: thing.file("maps").and_then(mappings),
            is_stopped: thing
                .file("status")
                .and_then(|view| view.text("State"))
                .is_some_and(|state| state.starts_with('T') || state.starts_with('t')),
            threads,
            cpus,
            thing,
        }
    }

    /// A figure of `smaps` summed over a class of mappings.
    pub fn class_sum(&self, class: MappingClass, field: VmaField) -> Option<Term> {
        let mappings = self.mappings.as_ref()?;
        let source = self.thing.file("smaps")?.record.source;
        let quantity = format!("{} of {}", field.key(), class.id());
        Some(Term::computed(source, &quantity, mappings.sum(class, field).0))
    }

    /// A figure of `smaps` summed over all mappings.
    pub fn class_sum_all(&self, field: VmaField) -> Option<Term> {
        self.thing.get("smaps", field.key())
    }

    /// Address space of a class of mappings, from `smaps`, else `maps`.
    pub fn class_size(&self, class: MappingClass) -> Option<Term> {
        let (mappings, file) = match (&self.mappings, &self.layout) {
            (Some(mappings), _) => (mappings, "smaps"),
            (None, Some(layout)) => (layout, "maps"),
            (None, None) => return None,
        };
        let source = self.thing.file(file)?.record.source;
        Some(Term::computed(source, &format!("size of {}", class.id()), mappings.size(class).0))
    }

    /// Anonymous pages of the program's own data: copied pages of private file
    /// mappings, and bss.
    pub fn executable_anon(&self) -> Option<Term> {
        let sum = |class| self.class_sum(class, VmaField::Anonymous);
        let data = &sum(MappingClass::ExecutableData)? + &sum(MappingClass::Executable)?;
        Some(&data + &sum(MappingClass::File)?)
    }
}

fn mappings(view: View<'_>) -> Option<Mappings<'_>> {
    let rows = MemoryTables::vmas_of(view.record);
    (!rows.is_empty()).then(|| Mappings::of(view.evidence, rows))
}

fn file_and_shmem(thing: &Thing<'_>) -> Option<Term> {
    let status = || Some(&thing.get("status", "RssFile")? + &thing.get("status", "RssShmem")?);
    let smaps = || Some(&thing.get("smaps", "Rss")? - &thing.get("smaps", "Anonymous")?);
    smaps().or_else(status)
}

/// How many processors a list such as `0-3,7` names.
fn count_cpus(list: &str) -> Option<u32> {
    let mut count: u32 = 0;
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.trim().parse::<u32>().ok()?, last.trim().parse::<u32>().ok()?);
        count = count.checked_add(last.checked_sub(first)?.checked_add(1)?)?;
    }
    Some(count)
}

/// Processors assumed where nothing tells their number: the tolerances are then wide.
pub const UNKNOWN_CPUS: u32 = 64;

/// How far the counters of `status` may be behind. Up to 6.1 each thread keeps
/// up to 64 events to itself; from 6.2 each processor does, in batches of
/// max(32, 2·nCPU) (percpu_counter). The kernel's version is not always known:
/// the larger bound holds.
fn status_slack(cpus: Option<u32>, threads: Option<i64>) -> Bytes {
    const PAGE: i64 = 4096;
    let cpus = i64::from(cpus.unwrap_or(UNKNOWN_CPUS));
    let per_cpu = cpus * (2 * cpus).max(32);
    let per_thread = 64 * threads.unwrap_or(1);
    Bytes(per_cpu.max(per_thread).saturating_mul(PAGE))
}

/// How far `VmRSS` may be off: it is the sum of three such counters.
pub fn status_rss_slack(process: &Process<'_>) -> Bytes {
    let one = status_slack(process.cpus, process.threads.as_ref().map(|term| term.value));
    one + one + one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_lists_are_counted() {
        assert_eq!(count_cpus("0-1"), Some(2));
        assert_eq!(count_cpus("0-3,7,9-10"), Some(7));
        assert_eq!(count_cpus("3-1"), None);
        assert_eq!(count_cpus(""), None);
    }

    #[test]
    fn status_lags_by_processors_or_by_threads() {
        assert_eq!(status_slack(Some(2), Some(5)), Bytes(320 * 4096));
        assert_eq!(status_slack(Some(64), Some(1)), Bytes(32 << 20));
    }
}
