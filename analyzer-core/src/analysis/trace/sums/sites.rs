//! Interning of sites, groups and wake pairs: the lookups of the hot path.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::analysis::trace::summary::{
    Durations, GoGroup, GoGroupId, GroupKey, Site, SiteId, SiteKey, SiteKind, StateTimes, Wake,
};
use crate::base::convert::id_to_usize;
use crate::base::index::IndexVec;
use crate::base::intern::{StrId, StringTable};
use crate::base::limits::{TRACE_GROUPS, TRACE_SITES, TRACE_WAKES};
use crate::evidence::trace::names::{Names, StackRef};

/// Entries of the direct-mapped caches; a power of two.
const CACHE: usize = 512;

/// A map behind a small direct-mapped cache: a program stops at few places.
#[derive(Debug)]
struct CachedMap<K, V> {
    cache: Vec<Option<(K, V)>>,
    map: HashMap<K, V, FxBuildHasher>,
}

impl<K: Copy + Eq + std::hash::Hash, V: Copy> CachedMap<K, V> {
    fn new() -> Self {
        Self { cache: vec![None; CACHE], map: HashMap::default() }
    }

    #[inline]
    fn get(&mut self, mix: u32, key: K) -> Option<V> {
        let place = id_to_usize(mix.wrapping_mul(0x9e37_79b9) >> 23) & (CACHE - 1);
        if let Some(Some((cached, value))) = self.cache.get(place)
            && *cached == key
        {
            return Some(*value);
        }
        let value = *self.map.get(&key)?;
        if let Some(entry) = self.cache.get_mut(place) {
            *entry = Some((key, value));
        }
        Some(value)
    }
}

/// All sites.
#[derive(Debug)]
pub(super) struct Sites {
    pub rows: IndexVec<SiteId, Site>,
    ids: CachedMap<SiteKey, SiteId>,
    /// Lookups that found the table full.
    pub folded: u64,
}

impl Sites {
    /// A table with these sites already in it, without stays.
    pub(super) fn new(known: impl Iterator<Item = SiteKey>) -> Self {
        let mut sites = Self { rows: IndexVec::default(), ids: CachedMap::new(), folded: 0 };
        for key in known {
            sites.add(key);
        }
        sites
    }

    #[inline]
    pub(super) fn id(&mut self, key: SiteKey) -> SiteId {
        let mix = key.stack.0 ^ (key.reason.0 << 8);
        match self.ids.get(mix, key) {
            Some(id) => id,
            None => self.add(key),
        }
    }

    #[cold]
    fn add(&mut self, key: SiteKey) -> SiteId {
        let mut key = key;
        if self.rows.len() >= TRACE_SITES {
            self.folded += 1;
            // One site for the rest of each kind; there are few kinds.
            key = SiteKey { stack: Names::NO_STACK, reason: StringTable::EMPTY, ..key };
            if let Some(&id) = self.ids.map.get(&key) {
                return id;
            }
        }
        let row = Site {
            key,
            done: Durations::default(),
            open: Durations::default(),
            as_go_tool: (0, 0),
            without_proc: (0, 0),
        };
        let id = self.rows.push(row);
        self.ids.map.insert(key, id);
        id
    }

    /// The kind and stack of a site.
    pub(super) fn key(&self, id: SiteId) -> Option<SiteKey> {
        self.rows.get(id).map(|site| site.key)
    }
}

/// All groups.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub rows: IndexVec<GoGroupId, GoGroup>,
    ids: HashMap<GroupKey, GoGroupId, FxBuildHasher>,
    /// Goroutines whose group found the table full.
    pub folded: u64,
    /// Groups whose number of members changed since the generation began, with repetitions.
    changed: Vec<GoGroupId>,
}

impl Groups {
    /// A member came to life, or became known.
    pub(super) fn came(&mut self, group: GoGroupId) {
        if let Some(row) = self.rows.get_mut(group) {
            row.alive += 1;
        }
        self.touch(group);
    }

    /// A member ended.
    pub(super) fn left(&mut self, group: GoGroupId) {
        if let Some(row) = self.rows.get_mut(group) {
            row.alive = row.alive.saturating_sub(1);
        }
        self.touch(group);
    }

    fn touch(&mut self, group: GoGroupId) {
        if self.changed.last() != Some(&group) {
            self.changed.push(group);
        }
    }

    /// A generation is over: notes how many members live in each group where that changed.
    pub(super) fn end_generation(&mut self, index: u32) {
        for group in std::mem::take(&mut self.changed) {
            let Some(row) = self.rows.get_mut(group) else { continue };
            match row.history.last_mut() {
                Some(last) if last.0 == index => last.1 = row.alive,
                Some(last) if last.1 == row.alive => {}
                _ => row.history.push((index, row.alive)),
            }
        }
    }

    /// The group of goroutines that no stack named.
    pub(super) fn unknown(&mut self, existed: bool) -> GoGroupId {
        self.id(GroupKey { start: None, creator: Names::NO_STACK, existed }, &Names::default())
    }

    pub(super) fn id(&mut self, key: GroupKey, names: &Names) -> GoGroupId {
        if let Some(&id) = self.ids.get(&key) {
            return id;
        }
        let mut key = key;
        if self.rows.len() >= TRACE_GROUPS {
            self.folded += 1;
            key = GroupKey { start: None, creator: Names::NO_STACK, existed: key.existed };
            if let Some(&id) = self.ids.get(&key) {
                return id;
            }
        }
        let is_system = key.start.is_some_and(|start| is_system(names.strings.get(start)));
        let id = self.rows.push(GoGroup {
            key,
            is_system,
            created: 0,
            ended: 0,
            vanished: 0,
            alive: 0,
            times: StateTimes::default(),
            lifetimes: Durations::default(),
            assist: 0,
            woken: 0,
            samples: 0,
            history: Vec::new(),
            first_created: None,
            last_created: None,
        });
        self.ids.insert(key, id);
        id
    }
}

/// Functions of the runtime that run the program's code.
const ENTRIES: [&str; 3] = ["runtime.main", "runtime.corostart", "runtime.cgocallback"];

/// Goroutines of the runtime and of tracing itself. Source:
/// `IsSystemGoroutine` in `internal/trace/summary.go`, and the tracer's own.
fn is_system(start: &str) -> bool {
    (start.starts_with("runtime.") && !ENTRIES.contains(&start))
        || start.starts_with("runtime/trace.")
        || start.starts_with("runtime/pprof.")
}

/// Who woke whom.
#[derive(Debug)]
pub(super) struct Wakes {
    pub rows: Vec<Wake>,
    ids: CachedMap<(StackRef, SiteId), u32>,
    /// Wake-ups of pairs that found the table full.
    pub folded: u64,
}

impl Wakes {
    pub(super) fn new() -> Self {
        Self { rows: Vec::new(), ids: CachedMap::new(), folded: 0 }
    }

    #[inline]
    pub(super) fn add(&mut self, waker: StackRef, group: Option<GoGroupId>, site: SiteId, nanos: u64) {
        let key = (waker, site);
        let row = match self.ids.get(waker.0 ^ (site.0 << 6), key) {
            Some(row) => row,
            None if self.rows.len() < TRACE_WAKES => {
                let row = crate::base::convert::to_u32(self.rows.len());
                self.rows.push(Wake { waker, waker_group: group, site, count: 0, total: 0, max: 0 });
                self.ids.map.insert(key, row);
                row
            }
            None => {
                self.folded += 1;
                return;
            }
        };
        if let Some(row) = self.rows.get_mut(id_to_usize(row)) {
            row.count += 1;
            row.total = row.total.saturating_add(nanos);
            row.max = row.max.max(nanos);
            row.waker_group = group.or(row.waker_group);
        }
    }
}

/// The start function that a stack names: its outermost frame, unless the
/// stack is as deep as the tracer records, and so cut there.
pub(super) fn root_function(names: &Names, stack: StackRef) -> Option<StrId> {
    let frames = names.frames_of(stack);
    let is_cut = crate::base::convert::to_u64(frames.len()) >= crate::base::limits::TRACE_STACK_FRAMES;
    if is_cut { None } else { names.frames_of(stack).next_back().map(|frame| frame.function) }
}

/// The function that a new goroutine starts with: the first frame of its start stack.
pub(super) fn start_function(names: &Names, stack: StackRef) -> Option<StrId> {
    names.frames_of(stack).next().map(|frame| frame.function)
}

/// The site of a system call.
pub(super) fn syscall_key(stack: StackRef) -> SiteKey {
    SiteKey { kind: SiteKind::Syscall, reason: StringTable::EMPTY, stack }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_s_own_goroutines_are_told_from_the_program_s() {
        assert!(is_system("runtime.gcBgMarkWorker") && is_system("runtime/trace.Start.func1"));
        assert!(
            !is_system("runtime.corostart")
                && !is_system("runtime.main")
                && !is_system("main.main")
                && !is_system("runtimes.x")
        );
    }

    #[test]
    fn a_site_is_found_again() {
        let mut sites = Sites::new(std::iter::empty());
        let key = |stack| syscall_key(StackRef(stack));
        let ids: Vec<SiteId> = (0..2_000).map(|stack| sites.id(key(stack))).collect();
        assert_eq!(sites.id(key(7)), ids[7]);
        assert_eq!(sites.rows.len(), 2_000);
    }
}
