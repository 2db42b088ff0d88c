//! Who could end the wait for a group: the goroutines that may be its workers.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::moments;
use super::super::names;
use super::super::state::Wait;
use super::groups::{ERRGROUP_GO, ERRGROUP_TRY_GO, OwnGroup, OwnKind, Waiter};
use super::shapes::{Shape, Shapes};
use crate::base::convert::to_u64;
use crate::evidence::goroutines::{Goroutine, GoroutineDump, GoroutineFlags};

/// Bytes around a group within which an address may be that of its object.
pub const OBJECT_BYTES: u64 = 4096;
/// The goroutine of `main.main`: whatever it waits for is the program.
const MAIN: u64 = 1;

/// The function of the `go` statement.
pub fn creator<'e>(shapes: &Shapes<'e>, row: &Goroutine) -> Option<&'e str> {
    let frame = shapes.evidence.stacks.frames.get(row.creator?)?;
    Some(shapes.evidence.strings.get(frame.function))
}

/// True for a goroutine that an errgroup started, or may have: of one whose stack is cut nothing says.
pub fn is_of_errgroup(shapes: &Shapes<'_>, row: &Goroutine) -> bool {
    row.flags.has(GoroutineFlags::CUT) || matches!(creator(shapes, row), Some(ERRGROUP_GO | ERRGROUP_TRY_GO))
}

/// Workers of errgroups that do not wait for an errgroup themselves. Whoever waits
/// for anything else is at work.
pub fn of_errgroups(shapes: &Shapes<'_>, dump: &GoroutineDump, waiters: &FxHashMap<u64, Waiter>) -> u64 {
    let waits_for_one = |row: &Goroutine| waiters.get(&row.goid).is_some_and(Waiter::waits_for_errgroup);
    let is_at_work = |row: &&Goroutine| is_of_errgroup(shapes, row) && !waits_for_one(row);
    to_u64(moments::real(dump).filter(is_at_work).count())
}

/// Workers of an errgroup with a limit that wait in its `Go` for a slot, if each
/// worker there is does: the slots are their own.
pub fn without_slots(shapes: &mut Shapes<'_>, dump: &GoroutineDump) -> FxHashMap<u64, OwnGroup> {
    let mut groups: FxHashSet<u64> = FxHashSet::default();
    let mut waiting: Vec<u64> = Vec::new();
    if dump.is_cut {
        return FxHashMap::default();
    }
    for row in moments::real(dump) {
        if !is_of_errgroup(shapes, row) {
            continue;
        }
        let Some(group) = slot_of(shapes, row) else { return FxHashMap::default() };
        groups.insert(group);
        waiting.push(row.goid);
    }
    let (1, Some(group)) = (groups.len(), groups.into_iter().next()) else { return FxHashMap::default() };
    let all = match waiting.len() {
        1 => "The only worker".to_owned(),
        count => format!("All {count} workers"),
    };
    let waits = if waiting.len() == 1 { "waits" } else { "wait" };
    let reason = format!(
        "{all} of the errgroup at 0x{group:x} {waits} in Go for a free slot (SetLimit), and the workers themselves hold all slots."
    );
    waiting
        .into_iter()
        .map(|goid| (goid, OwnGroup { reason: reason.clone(), kind: OwnKind::Slots }))
        .collect()
}

/// The errgroup in whose `Go` a goroutine waits.
fn slot_of(shapes: &mut Shapes<'_>, row: &Goroutine) -> Option<u64> {
    let shape = shapes.of(row);
    let at = shape.frames.iter().position(|site| &*site.function.name == ERRGROUP_GO)?;
    let is_innermost = shape.frames.get(..at)?.iter().all(|site| !site.is_user);
    let words = shapes.evidence.goroutines.addresses_of(row);
    let first = words.iter().find(|word| usize::from(word.frame) == at && word.is_first);
    first.filter(|_| shape.wait == Wait::Send && is_innermost).map(|word| word.address)
}

/// Adds the waiters whose group nobody in the dump can be told to be a worker of.
/// That proves nothing: a gate that opens once looks the same.
pub fn unmanned(
    shapes: &mut Shapes<'_>,
    dump: &GoroutineDump,
    waiters: &FxHashMap<u64, Waiter>,
    found: &mut FxHashMap<u64, OwnGroup>,
) {
    let mut by_group: FxHashMap<u64, Vec<&Waiter>> = FxHashMap::default();
    for waiter in waiters.values().filter(|waiter| !waiter.is_in_flight) {
        if let Some(&group) = waiter.groups.first() {
            by_group.entry(group).or_default().push(waiter);
        }
    }
    by_group.retain(|_, waiters| waiters.iter().all(|waiter| waiter.goid != MAIN));
    let mut workers = Workers::default();
    if !by_group.is_empty() {
        for row in moments::real(dump).filter(|row| !waiters.contains_key(&row.goid)) {
            workers.add(shapes, row);
        }
    }
    // Who waits for another group may be a worker of this one.
    for waiter in waiters.values() {
        workers.add_waiter(waiter);
    }
    for (group, members) in by_group {
        if members.iter().any(|waiter| workers.may_end(group, waiter)) {
            continue;
        }
        let is_one = members.len() == 1;
        for waiter in members {
            let kind = if is_one && waiter.is_in_method { OwnKind::LastWorker } else { OwnKind::Unmanned };
            found.entry(waiter.goid).or_insert_with(|| OwnGroup {
                reason: format!(
                    "No goroutine in the dump can be identified as a worker of the group at 0x{group:x}: one may have returned without calling Done, or the waiter may be a worker itself."
                ),
                kind,
            });
        }
    }
}

/// What the other goroutines of a dump show of the groups that they may work for.
#[derive(Debug, Default)]
struct Workers {
    /// Printed addresses.
    addresses: std::collections::BTreeSet<u64>,
    /// Types and functions on their stacks, and those that started them.
    owners: FxHashSet<Rc<str>>,
    parents: FxHashSet<u64>,
    /// The same of goroutines that wait for a group themselves, with that group;
    /// `None` if there are several.
    waiting_owners: FxHashMap<Rc<str>, Option<u64>>,
    waiting_parents: FxHashMap<u64, Option<u64>>,
    /// True if one may be any group's: its stack is cut, or a WaitGroup started it.
    is_any: bool,
}

impl Workers {
    fn add(&mut self, shapes: &mut Shapes<'_>, row: &Goroutine) {
        let shape = shapes.of(row);
        self.is_any |= row.flags.has(GoroutineFlags::CUT);
        // Done is called by code of the program; the runtime's own and loops of
        // the standard library call nobody's.
        if !shape.frames.iter().any(|site| site.is_user) || is_of_capture(&shape) {
            return;
        }
        let starter = creator(shapes, row).unwrap_or_default();
        self.is_any |= starter == "sync.(*WaitGroup).Go";
        self.owners.insert(names::owner_of(starter).into());
        let users = shape.frames.iter().filter(|site| site.is_user);
        self.owners.extend(users.map(|site| Rc::clone(&site.owner)));
        self.parents.extend(row.parent);
        let words = shapes.evidence.goroutines.addresses_of(row);
        self.addresses.extend(words.iter().map(|word| word.address));
    }

    fn add_waiter(&mut self, waiter: &Waiter) {
        let group = waiter.groups.first().copied();
        let users = waiter.shape.frames.iter().filter(|site| site.is_user).map(|site| &site.owner);
        for owner in users.chain([&waiter.starter]) {
            let known = self.waiting_owners.entry(Rc::clone(owner)).or_insert(group);
            *known = known.filter(|_| *known == group);
        }
        if let Some(parent) = waiter.parent {
            let known = self.waiting_parents.entry(parent).or_insert(group);
            *known = known.filter(|_| *known == group);
        }
    }

    /// True if one of them may be a worker of the group that somebody waits for.
    fn may_end(&self, group: u64, waiter: &Waiter) -> bool {
        let is_of_other = |known: &Option<u64>| *known != Some(group);
        let is_known = |owner: &Rc<str>| {
            self.owners.contains(owner) || self.waiting_owners.get(owner).is_some_and(is_of_other)
        };
        let near = group.saturating_sub(OBJECT_BYTES)..=group.saturating_add(OBJECT_BYTES);
        let users = waiter.shape.frames.iter().filter(|site| site.is_user);
        self.is_any
            || self.parents.contains(&waiter.goid)
            || self.addresses.range(near).next().is_some()
            || self.waiting_parents.get(&waiter.goid).is_some_and(is_of_other)
            || is_known(&waiter.starter)
            || users.into_iter().any(|site| is_known(&site.owner))
    }
}

/// True for the goroutine that writes the capture.
fn is_of_capture(shape: &Shape) -> bool {
    shape.frames.iter().any(|site| {
        site.function.name.starts_with("runtime/pprof.") || site.function.name.starts_with("net/http/pprof.")
    })
}
