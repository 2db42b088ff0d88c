//! Goroutines that wait for a WaitGroup, an errgroup or a singleflight call that
//! they are a part of themselves, or that nobody in the dump is a part of.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::moments;
use super::super::names;
use super::super::state::Wait;
use super::shapes::{Shape, Shapes, Site};
use super::workers;
use crate::evidence::goroutines::{CallAddress, Goroutine, GoroutineDump, GoroutineFlags};

/// `go` statements of packages that count whom they start.
const COUNTING: [&str; 3] = [ERRGROUP_GO, ERRGROUP_TRY_GO, "sync.(*WaitGroup).Go"];
/// Starts a worker; with a limit it waits for a free slot.
pub const ERRGROUP_GO: &str = "golang.org/x/sync/errgroup.(*Group).Go";
/// Starts a worker only if there is a free slot.
pub const ERRGROUP_TRY_GO: &str = "golang.org/x/sync/errgroup.(*Group).TryGo";
/// Waits for all workers.
pub const ERRGROUP_WAIT: &str = "golang.org/x/sync/errgroup.(*Group).Wait";
/// Runs the one call that the others wait for.
pub const SINGLEFLIGHT: [&str; 2] =
    ["golang.org/x/sync/singleflight.(*Group).doCall", "internal/singleflight.(*Group).doCall"];

/// What is known of a goroutine that waits for a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnGroup {
    /// A sentence.
    pub reason: String,
    pub kind: OwnKind,
}

/// How a group that is waited for cannot come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnKind {
    /// The waiter is a part of it.
    Itself,
    /// Its workers wait for each other's slots.
    Slots,
    /// It waits for the same as this goroutine, which waits for itself.
    Behind(u64),
    /// Nobody in the dump can be told to be a part of it.
    Unmanned,
    /// The same, and the waiter runs in another method of the object that has the group,
    /// as its workers do.
    LastWorker,
}

impl OwnKind {
    /// True if one sentence can be true of both.
    pub fn is_like(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

/// A goroutine that waits for a group.
#[derive(Debug)]
pub struct Waiter {
    pub goid: u64,
    pub parent: Option<u64>,
    pub shape: Rc<Shape>,
    /// Function of the `go` statement, without closures.
    pub starter: Rc<str>,
    /// Addresses of what it waits for, as the calls of Wait and Do print them, the innermost first.
    pub groups: Vec<u64>,
    /// True if a counting `go` statement started it.
    is_counted: bool,
    /// True if that was one of an errgroup.
    is_of_errgroup: bool,
    /// True if it came to its wait from another method of the object that has the group.
    pub is_in_method: bool,
    /// True if it runs a singleflight call of the same group further out.
    is_caller: bool,
    pub is_in_flight: bool,
}

impl Waiter {
    pub fn waits_for_errgroup(&self) -> bool {
        self.shape.frames.iter().any(|site| &*site.function.name == ERRGROUP_WAIT)
    }
}

/// What is known of each of them, by id.
pub fn find(shapes: &mut Shapes<'_>, dump: &GoroutineDump) -> FxHashMap<u64, OwnGroup> {
    let rows = || moments::real(dump).filter(|row| !row.flags.has(GoroutineFlags::CUT));
    let mut waiters: FxHashMap<u64, Waiter> = FxHashMap::default();
    let mut callers = 0_u64;
    for row in rows() {
        let shape = shapes.of(row);
        callers += u64::from(shape.frames.iter().any(is_flight));
        if shape.wait == Wait::WaitGroup {
            waiters.insert(row.goid, waiter(shapes, row, &shape));
        }
    }
    let mut found = workers::without_slots(shapes, dump);
    if waiters.is_empty() {
        return found;
    }
    // Starters that have others than waiters left.
    let others: FxHashSet<u64> =
        rows().filter(|row| !waiters.contains_key(&row.goid)).filter_map(|row| row.parent).collect();
    // Of a dump that is cut, nobody knows who else is at work.
    let at_work = if dump.is_cut { 1 } else { workers::of_errgroups(shapes, dump, &waiters) };
    let mut ids: Vec<u64> = waiters.keys().copied().collect();
    ids.sort_unstable();
    for waiter in ids.iter().filter_map(|id| waiters.get(id)) {
        if let Some(reason) = itself(waiter, &waiters, &others, callers, at_work) {
            found.insert(waiter.goid, OwnGroup { reason, kind: OwnKind::Itself });
        }
    }
    behind(&waiters, &ids, &mut found);
    workers::unmanned(shapes, dump, &waiters, &mut found);
    found
}

fn itself(
    waiter: &Waiter,
    waiters: &FxHashMap<u64, Waiter>,
    others: &FxHashSet<u64>,
    callers: u64,
    errgroup_workers: u64,
) -> Option<String> {
    if waiter.is_caller && callers == 1 {
        return Some(format!(
            "Goroutine {} calls singleflight for a key from within the call for the same key, at {}: it waits for itself.",
            waiter.goid,
            place(waiter)
        ));
    }
    let starter = waiter.parent.and_then(|goid| waiters.get(&goid));
    match starter {
        Some(starter) => beside_starter(waiter, starter, others),
        None => last_of_errgroup(waiter, errgroup_workers),
    }
}

/// A worker of an errgroup waits for one, and all the others are gone.
fn last_of_errgroup(waiter: &Waiter, errgroup_workers: u64) -> Option<String> {
    let is_last = waiter.waits_for_errgroup() && waiter.is_of_errgroup && errgroup_workers == 0;
    is_last.then(|| {
        format!(
            "Goroutine {} was started by an errgroup, and waits for one at {}. No other worker of an errgroup is left in the dump: it waits for itself.",
            waiter.goid,
            place(waiter)
        )
    })
}

/// Waits for the group that its starter waits for as well.
fn beside_starter(waiter: &Waiter, starter: &Waiter, others: &FxHashSet<u64>) -> Option<String> {
    let group = *waiter.groups.iter().find(|group| starter.groups.contains(group))?;
    let both = format!(
        "Goroutine {} waits at {} for the group at 0x{group:x}, and so does goroutine {}, which started it",
        waiter.goid,
        place(waiter),
        starter.goid
    );
    if waiter.is_counted {
        return Some(format!("{both} as one of its workers: it waits for itself."));
    }
    // Whoever only waits beside its starter has workers that are still there.
    let has_workers = others.contains(&starter.goid) || others.contains(&waiter.goid);
    (!has_workers).then(|| {
        format!("{both}; no other worker is left: either it is counted itself, or one returned without Done.")
    })
}

/// Who waits for the very group that another, which waits for itself, does.
fn behind(waiters: &FxHashMap<u64, Waiter>, ids: &[u64], found: &mut FxHashMap<u64, OwnGroup>) {
    let mut first: FxHashMap<u64, u64> = FxHashMap::default();
    for waiter in ids.iter().filter_map(|id| waiters.get(id)) {
        let is_itself = found.get(&waiter.goid).is_some_and(|own| own.kind == OwnKind::Itself);
        if let Some(&group) = waiter.groups.first().filter(|_| is_itself) {
            first.entry(group).or_insert(waiter.goid);
        }
    }
    for waiter in ids.iter().filter_map(|id| waiters.get(id)) {
        let Some((group, &root)) = waiter.groups.first().and_then(|group| Some((group, first.get(group)?)))
        else {
            continue;
        };
        found.entry(waiter.goid).or_insert_with(|| OwnGroup {
            reason: format!(
                "They wait for the group at 0x{group:x}, as goroutine {root} does, which waits for itself."
            ),
            kind: OwnKind::Behind(root),
        });
    }
}

fn is_flight(site: &Site) -> bool {
    SINGLEFLIGHT.contains(&&*site.function.name)
}

fn waiter(shapes: &Shapes<'_>, row: &Goroutine, shape: &Rc<Shape>) -> Waiter {
    let words = shapes.evidence.goroutines.addresses_of(row);
    let is_do = |name: &str| name.ends_with("singleflight.(*Group).Do");
    let is_wait = |name: &str| name.ends_with("Group).Wait") || is_do(name);
    let inner = shape.frames.iter().take_while(|site| !site.is_user || is_wait(&site.function.name)).count();
    let first = |word: &&CallAddress| word.is_first && !word.is_inexact;
    let groups: Vec<u64> = words
        .iter()
        .filter(first)
        .filter(|word| usize::from(word.frame) < inner)
        .filter(|word| {
            shape.frames.get(usize::from(word.frame)).is_some_and(|site| is_wait(&site.function.name))
        })
        .map(|word| word.address)
        .collect();
    let creator = workers::creator(shapes, row);
    let is_in_flight = shape.frames.iter().take(inner).any(|site| is_do(&site.function.name));
    Waiter {
        goid: row.goid,
        parent: row.parent,
        shape: Rc::clone(shape),
        starter: names::owner_of(creator.unwrap_or_default()).into(),
        is_counted: creator.is_some_and(|name| COUNTING.contains(&name)),
        is_of_errgroup: workers::is_of_errgroup(shapes, row),
        is_in_method: is_in_method(shape, words, inner, groups.first().copied()),
        groups,
        is_caller: is_in_flight && shape.frames.iter().skip(inner).any(is_flight),
        is_in_flight,
    }
}

/// True if the goroutine began in a method of the object that has the group, and another
/// method of it waits: `func (p *Pool) work() { …; p.stop() }`.
fn is_in_method(shape: &Shape, words: &[CallAddress], inner: usize, group: Option<u64>) -> bool {
    let (Some(group), Some(caller)) = (group, shape.frames.get(inner)) else { return false };
    let Some((last, outermost)) = shape.frames.iter().enumerate().rfind(|(_, site)| site.is_user) else {
        return false;
    };
    let is_of_object = |word: &CallAddress| {
        usize::from(word.frame) == last
            && word.is_first
            && word.address <= group
            && group - word.address <= workers::OBJECT_BYTES
    };
    last > inner
        && outermost.is_method
        && outermost.owner == caller.owner
        && outermost.function.name != caller.function.name
        && words.iter().any(is_of_object)
}

fn place(waiter: &Waiter) -> &str {
    let user = waiter.shape.frames.iter().find(|site| {
        site.is_user
            && !COUNTING.iter().any(|name| site.owner.starts_with(name.split(").").next().unwrap_or(name)))
            && !site.function.name.contains("golang.org/x/sync/")
    });
    user.map_or("", |site| &site.text)
}
