//! One control group at one moment, the same names for version 1 and 2.

use super::term::{Term, View, sum};
use super::things::{Place, Thing};
use crate::base::units::Bytes;
use crate::evidence::memory::UNLIMITED;

/// Which interface the files are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `memory.usage_in_bytes` and its kin.
    V1,
    /// `memory.current` and its kin.
    V2,
}

/// A control group's charges. Fields are `None` where the version or the kernel
/// does not say.
#[derive(Clone, Debug)]
pub struct Cgroup<'a> {
    /// Its files.
    pub thing: Thing<'a>,
    /// Version of the interface.
    pub version: Version,
    /// Everything charged.
    pub usage: Option<Term>,
    /// Anonymous memory (`anon`, `total_rss`).
    pub anon: Option<Term>,
    /// Page cache, shared memory among it (`file`, `total_cache`).
    pub file: Option<Term>,
    /// Shared memory: tmpfs, memfd, shared mappings.
    pub shmem: Option<Term>,
    /// Mapped page cache.
    pub file_mapped: Option<Term>,
    /// Page cache that waits to be written.
    pub dirty: Option<Term>,
    /// Kernel memory (`kernel`, v1 `memory.kmem.usage_in_bytes`; before 5.18 the sum of the known parts).
    pub kernel: Option<Term>,
    /// False if `kernel` is a sum of parts, and other kernel memory is in the residual.
    pub kernel_is_whole: bool,
    /// Parts of `kernel`, with their keys.
    pub kernel_parts: Vec<(&'static str, Term)>,
    /// Socket buffers (v2 only).
    pub sock: Option<Term>,
    /// Huge pages from the hugetlb pool, where `memory.stat` has the row (6.18).
    pub hugetlb: Option<Term>,
    /// Huge pages as the hugetlb controller counts them; charged here only on request.
    pub hugetlb_current: Option<Term>,
    /// Pages in the swap cache.
    pub swapcached: Option<Term>,
    /// Pages in swap.
    pub swap: Option<Term>,
    /// The sum of the five LRU lists.
    pub lru: Option<Term>,
    /// Inactive page cache: what the working set leaves out.
    pub inactive_file: Option<Term>,
    /// Pages that cannot be reclaimed because they are locked, or in ramfs.
    pub unevictable: Option<Term>,
    /// Slab that shrinkers can free.
    pub slab_reclaimable: Option<Term>,
    /// Anonymous memory in huge pages.
    pub anon_huge: Option<Term>,
    /// The limit of this group or the least of its ancestors', as far as it says; [`UNLIMITED`] if none.
    pub limit: Option<Term>,
    /// The throttling threshold (v2).
    pub high: Option<Term>,
    /// Greatest usage so far.
    pub peak: Option<Term>,
    /// The working set as a metric states it.
    pub stated_working_set: Option<Term>,
    /// Processes in it.
    pub procs: Vec<u64>,
    /// True if the processes were frozen when it was read.
    pub is_frozen: bool,
}

/// Parts of `kernel` that do not overlap, by their key in `memory.stat`.
const KERNEL_PARTS: [&str; 7] =
    ["kernel_stack", "pagetables", "sec_pagetables", "percpu", "vmalloc", "slab", "zswap"];

const LRU: [&str; 5] = ["inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable"];

/// Anonymous memory of a `memory.stat` whose first lines are not in the text: what is on the anonymous lists
/// and is not of tmpfs.
fn anon_of_lists(thing: &Thing<'_>) -> Option<Term> {
    let stat = |key: &str| thing.get("memory.stat", key);
    let (inactive, active, shmem) = (stat("inactive_anon")?, stat("active_anon")?, stat("shmem")?);
    let listed = &inactive + &active;
    (listed.value >= shmem.value).then(|| &listed - &shmem)
}

impl<'a> Cgroup<'a> {
    /// Reads the files of a control group; `None` if they say nothing of memory.
    pub fn of(thing: Thing<'a>) -> Option<Self> {
        let is_v1 = thing.get("memory.stat", "total_rss").is_some()
            || thing.get("memory.stat", "rss").is_some()
            || thing.file("memory.usage_in_bytes").is_some();
        let cgroup = if is_v1 { Self::v1(thing) } else { Self::v2(thing) };
        (cgroup.usage.is_some() || cgroup.anon.is_some() || cgroup.limit.is_some()).then_some(cgroup)
    }

    /// What cAdvisor, the kubelet or `kubectl top` tells of a container, where its
    /// files were not captured.
    pub fn of_container(view: View<'a>) -> Option<Self> {
        let metric = |name: &str| view.get(&format!("container_memory_{name}"));
        let kernel = metric("kernel_usage").filter(|kernel| kernel.value > 0);
        // cAdvisor exports the kernel's part of version 1 alone, and "no limit" as zero.
        let version = if kernel.is_some() { Version::V1 } else { Version::V2 };
        let thing = Thing { place: Place::default(), files: Vec::new() };
        let cgroup = Self {
            usage: metric("usage_bytes"),
            anon: metric("rss"),
            file: metric("cache"),
            file_mapped: metric("mapped_file"),
            kernel,
            kernel_is_whole: true,
            swap: metric("swap"),
            inactive_file: metric("total_inactive_file_bytes"),
            limit: view.get("container_spec_memory_limit_bytes").filter(|limit| limit.value > 0),
            peak: metric("max_usage_bytes"),
            stated_working_set: metric("working_set_bytes"),
            ..Self::empty(thing, version)
        };
        (cgroup.usage.is_some() || cgroup.anon.is_some() || cgroup.stated_working_set.is_some())
            .then_some(cgroup)
    }

    /// A group of which nothing but its processes is known.
    pub(super) fn empty(thing: Thing<'a>, version: Version) -> Self {
        let procs = thing
            .file("cgroup.procs")
            .map(|view| view.list().filter_map(|pid| u64::try_from(pid).ok()).collect());
        let is_frozen = thing.value("cgroup.events", "frozen") == Some(1);
        Self {
            version,
            usage: None,
            anon: None,
            file: None,
            shmem: None,
            file_mapped: None,
            dirty: None,
            kernel: None,
            kernel_is_whole: false,
            kernel_parts: Vec::new(),
            sock: None,
            hugetlb: None,
            hugetlb_current: hugetlb(&thing),
            swapcached: None,
            swap: None,
            lru: None,
            inactive_file: None,
            unevictable: None,
            slab_reclaimable: None,
            anon_huge: None,
            limit: None,
            high: None,
            peak: None,
            stated_working_set: None,
            procs: procs.unwrap_or_default(),
            is_frozen,
            thing,
        }
    }

    /// Version 1: `total_` keys cover the group and its children, as the usage does.
    fn v1(thing: Thing<'a>) -> Self {
        let stat = |key: &str| {
            thing.get("memory.stat", &format!("total_{key}")).or_else(|| thing.get("memory.stat", key))
        };
        let number = |file: &str| thing.get(file, "");
        let own = number("memory.limit_in_bytes");
        let hierarchical = thing.get("memory.stat", "hierarchical_memory_limit");
        Self {
            usage: number("memory.usage_in_bytes"),
            anon: stat("rss"),
            file: stat("cache"),
            shmem: stat("shmem"),
            file_mapped: stat("mapped_file"),
            dirty: stat("dirty"),
            kernel: number("memory.kmem.usage_in_bytes"),
            kernel_is_whole: true,
            swapcached: stat("swapcached"),
            swap: stat("swap"),
            lru: sum(LRU.map(stat).iter().map(Option::as_ref)),
            inactive_file: stat("inactive_file"),
            unevictable: stat("unevictable"),
            anon_huge: stat("rss_huge"),
            limit: least([own, hierarchical]).map(normalize_v1),
            peak: number("memory.max_usage_in_bytes"),
            ..Self::empty(thing.clone(), Version::V1)
        }
    }

    fn v2(thing: Thing<'a>) -> Self {
        let stat = |key: &str| thing.get("memory.stat", key);
        let number = |file: &str| thing.get(file, "");
        let parts = kernel_parts(&thing);
        let whole = stat("kernel");
        let is_whole = whole.is_some();
        let of_parts = || sum(parts.iter().map(|(_, term)| Some(term)));
        Self {
            usage: number("memory.current"),
            anon: stat("anon").or_else(|| anon_of_lists(&thing)),
            file: stat("file"),
            shmem: stat("shmem"),
            file_mapped: stat("file_mapped"),
            dirty: stat("file_dirty"),
            kernel: whole.or_else(of_parts),
            kernel_is_whole: is_whole,
            sock: stat("sock"),
            hugetlb: stat("hugetlb"),
            swapcached: stat("swapcached"),
            swap: number("memory.swap.current"),
            lru: sum(LRU.map(stat).iter().map(Option::as_ref)),
            inactive_file: stat("inactive_file"),
            unevictable: stat("unevictable"),
            slab_reclaimable: stat("slab_reclaimable"),
            anon_huge: stat("anon_thp"),
            limit: number("memory.max"),
            high: number("memory.high"),
            peak: number("memory.peak"),
            kernel_parts: parts,
            ..Self::empty(thing.clone(), Version::V2)
        }
    }

    /// Pages that are charged and in no mapping: swap cache that no process maps,
    /// and halves of huge pages that were given back. Negative within the
    /// batches in which the kernel adds pages to its lists.
    pub fn unmapped(&self) -> Option<Term> {
        let counted = self.anon.as_ref()? + self.file.as_ref()?;
        Some(self.lru.as_ref()? - &counted)
    }

    /// What `kubectl top` shows: usage less inactive page cache, not below zero.
    pub fn working_set(&self) -> Option<Term> {
        if self.stated_working_set.is_some() {
            return self.stated_working_set.clone();
        }
        let term = self.usage.as_ref()? - self.inactive_file.as_ref()?;
        Some(term.with_value(term.value.max(0)))
    }

    /// The limit, if there is one.
    pub fn finite_limit(&self) -> Option<&Term> {
        self.limit.as_ref().filter(|limit| limit.value != UNLIMITED)
    }
}

/// `slab` is the sum of its halves; kernels print it, older ones only the halves.
fn kernel_parts(thing: &Thing<'_>) -> Vec<(&'static str, Term)> {
    let stat = |key: &str| thing.get("memory.stat", key);
    let slab = || Some(&stat("slab_reclaimable")? + &stat("slab_unreclaimable")?);
    KERNEL_PARTS
        .into_iter()
        .filter_map(|key| {
            let term = if key == "slab" { stat(key).or_else(slab) } else { stat(key) };
            term.map(|term| (key, term))
        })
        .collect()
}

/// Pages of every size of the hugetlb pool that the group uses.
fn hugetlb(thing: &Thing<'_>) -> Option<Term> {
    let sizes: Vec<Term> = thing
        .files
        .iter()
        .filter(|view| {
            let file = view.file();
            let is_usage = file.ends_with(".current") || file.ends_with(".usage_in_bytes");
            file.starts_with("hugetlb.") && is_usage && !file.contains("rsvd") && !file.contains("max_usage")
        })
        .filter_map(|view| view.get(""))
        .collect();
    sum(sizes.iter().map(Some))
}

/// Version 1 says "no limit" with the greatest multiple of a page below 2^63.
fn normalize_v1(limit: Term) -> Term {
    const BEYOND: i64 = 1 << 62;
    if limit.value > BEYOND { limit.with_value(UNLIMITED) } else { limit }
}

/// The least of several limits that are known.
pub fn least(limits: impl IntoIterator<Item = Option<Term>>) -> Option<Term> {
    limits.into_iter().flatten().min_by_key(|limit| limit.value)
}

/// How much may sit in per-CPU caches of charges: 64 pages each (32 up to 5.15).
pub fn stock_bound(cpus: u32) -> Bytes {
    const PAGES: i64 = 64;
    const PAGE: i64 = 4096;
    Bytes(PAGES * PAGE * i64::from(cpus))
}
