//! Who may hold a lock: goroutines whose stacks are in the section that it
//! guards, or in methods of the object that it is in.

use std::cmp::Reverse;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::super::classify::benign;
use super::super::moments;
use super::super::state::Wait;
use super::locks::{Lock, Table, is_once_code, site_of};
use super::shapes::{Shape, Shapes, Site};
use crate::base::go_symbol::Origin;
use crate::base::order::StableOrder as _;
use crate::evidence::goroutines::{CallAddress, Goroutine, GoroutineDump, GoroutineFlags};

/// Calls of the standard library in which nobody waits for something to do.
const CALLS_OUT: &[&str] = &[
    "net/http.(*persistConn).roundTrip",
    "net/http.(*Transport).",
    "net/rpc.(*Client).Call",
    "database/sql.",
    "internal/poll.(*FD).Write",
    "net.(*Dialer).",
    "net.(*netFD).connect",
    "os/exec.(*Cmd).",
    "io.(*pipe).write",
    "io.(*pipe).Write",
    "google.golang.org/grpc.Invoke",
    "google.golang.org/grpc.invoke",
    "google.golang.org/grpc.(*ClientConn).Invoke",
];
/// The frame of a panic between what panicked and deferred calls.
pub const PANIC: &str = "panic";
/// Candidates of a lock that are kept.
const KEPT: usize = 32;
/// Minutes below which a printed wait says nothing of its length.
const SHORT_MINUTES: u32 = 3;

/// Locks of one object above which its address tells nothing: objects have a few, and a text in
/// which thousands have one address was made for that.
const OBJECT_LOCKS: usize = 64;

/// Locks behind the calls that were given one address above which it tells nothing: a server
/// is on the stack of every connection.
const CALL_LOCKS: usize = 8;

/// Locks that one goroutine may have to do with: in a text that was made for it each address
/// of a stack leads to others.
const GOROUTINE_LOCKS: usize = 128;

/// What a frame has to do with a lock; the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kin {
    /// In the function that the waiters call Lock in, past that call, with the same object.
    PastSame,
    /// The same, and the text does not show the object.
    Past,
    /// In another method of the same object.
    Object,
    /// In a function that was given the object that has the lock, as the waiters' was.
    Argument,
    /// In code of the type; the text does not show the object.
    Type,
    /// Past a call in which waiters wait, with the same address.
    Passed,
    /// Was given the lock or its object.
    Given,
}

/// A goroutine that may hold a lock.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub goid: u64,
    pub kin: Kin,
    /// The frame that says so.
    pub frame: usize,
    pub minutes: Option<u32>,
    pub shape: Rc<Shape>,
    /// The lock that it waits for itself.
    pub waits_for: Option<usize>,
    /// It waits directly in code of the object, as loops do when they have nothing to do.
    pub is_idle: bool,
    /// It waits for an answer to a call, in a send, or for a lock: that is no loop's rest.
    pub is_working: bool,
    /// It has waited as long as the first waiter of the lock.
    pub is_old: bool,
    /// The address is printed with `?`.
    pub is_inexact: bool,
}

impl Candidate {
    /// True if what is known of it allows no other reading than chance.
    pub fn is_strong(&self) -> bool {
        self.kin <= Kin::Past || self.is_old && !self.is_idle
    }

    fn order(&self) -> (Kin, bool, Reverse<Option<u32>>, u64) {
        (self.kin, !self.is_strong(), Reverse(self.minutes), self.goid)
    }
}

/// Locks by what a frame can show of them.
#[derive(Debug, Default)]
struct Index {
    by_address: FxHashMap<u64, Vec<usize>>,
    /// By a function that takes them, or the type that has them, then by who started
    /// the waiters; `None` if several locks have it, so that it tells nothing.
    by_name: FxHashMap<Rc<str>, FxHashMap<Option<u64>, Option<usize>>>,
    /// By an address that calls were given in which waiters wait, if it leads to few locks.
    by_call: FxHashMap<u64, Vec<usize>>,
}

impl Index {
    fn new(locks: &[Lock]) -> Self {
        let mut index = Self::default();
        for (number, lock) in locks.iter().enumerate() {
            let mut addresses: Vec<u64> = lock.address.into_iter().chain(lock.object).collect();
            addresses.dedup();
            for address in addresses {
                index.by_address.entry(address).or_default().push(number);
            }
            let mut calls: Vec<u64> = lock.calls.iter().map(|call| call.address).collect();
            calls.sort_unstable();
            calls.dedup();
            for address in calls {
                index.by_call.entry(address).or_default().push(number);
            }
            let mut starters: Vec<Option<u64>> = lock.waiters.iter().map(|waiter| waiter.parent).collect();
            starters.push(None);
            starters.sort_unstable();
            starters.dedup();
            let mut names: Vec<&Rc<str>> = lock.sites.iter().map(|site| &site.function).collect();
            names.push(&lock.owner);
            names.order();
            names.dedup();
            for name in names {
                let by_starter = index.by_name.entry(Rc::clone(name)).or_default();
                for &starter in &starters {
                    let only = by_starter.entry(starter).or_insert(Some(number));
                    *only = only.filter(|&known| known == number);
                }
            }
        }
        index.by_call.retain(|_, locks| locks.len() <= CALL_LOCKS);
        index.by_address.retain(|_, locks| locks.len() <= OBJECT_LOCKS);
        index
    }

    /// The one lock that a name can mean to a goroutine that somebody started.
    fn named(&self, name: &str, starter: Option<u64>) -> Option<usize> {
        let by_starter = self.by_name.get(name)?;
        let get = |starter: Option<u64>| by_starter.get(&starter).copied().flatten();
        get(None).or_else(|| get(Some(starter?)))
    }
}

/// Fills in who may hold each lock.
pub fn collect(table: &mut Table, shapes: &mut Shapes<'_>, dump: &GoroutineDump, gap: u32) {
    let index = Index::new(&table.locks);
    let mut found = Found::new(table.locks.len());
    for row in moments::real(dump) {
        let shape = shapes.of(row);
        let words = shapes.evidence.goroutines.addresses_of(row);
        let waits_for = table.lock_of.get(&row.goid).copied();
        evidence(&table.locks, &index, &shape, words, (waits_for, row.parent), &mut found);
        for (lock, kin, frame, is_inexact) in found.take() {
            table.add(lock, row, &shape, words, (kin, frame, is_inexact), gap);
        }
    }
    for lock in &mut table.locks {
        lock.candidates.order_by_key(Candidate::order);
        lock.own.order_by_key(Candidate::order);
    }
}

/// What one goroutine has to do with each lock: the strongest.
#[derive(Debug)]
struct Found {
    rows: Vec<(usize, Kin, usize, bool)>,
    /// The row of each lock, and one past it; zero if there is none.
    row_of: Vec<u8>,
}

impl Found {
    fn new(locks: usize) -> Self {
        Self { rows: Vec::new(), row_of: vec![0; locks] }
    }

    fn note(&mut self, lock: usize, kin: Kin, frame: usize, is_inexact: bool) {
        let Some(slot) = self.row_of.get_mut(lock) else { return };
        let count = self.rows.len();
        let row = (lock, kin, frame, is_inexact);
        match usize::from(*slot).checked_sub(1).and_then(|at| self.rows.get_mut(at)) {
            Some(known) if known.1 <= kin => {}
            Some(known) => *known = row,
            None if count < GOROUTINE_LOCKS => {
                self.rows.push(row);
                *slot = u8::try_from(count + 1).unwrap_or(0);
            }
            None => {}
        }
    }

    fn take(&mut self) -> Vec<(usize, Kin, usize, bool)> {
        for (lock, ..) in &self.rows {
            self.row_of[*lock] = 0;
        }
        std::mem::take(&mut self.rows)
    }
}

/// What the frames of one goroutine have to do with locks: the strongest for each.
fn evidence(
    locks: &[Lock],
    index: &Index,
    shape: &Shape,
    words: &[CallAddress],
    (waits_for, starter): (Option<usize>, Option<u64>),
    found: &mut Found,
) {
    let site = waits_for.and_then(|_| site_of(shape));
    let panic = shape.frames.iter().position(|site| &*site.function.name == PANIC);
    let mut rest = words;
    for (frame, at) in shape.frames.iter().enumerate() {
        let skipped = rest.iter().take_while(|word| usize::from(word.frame) < frame).count();
        let own = rest.get(skipped..).unwrap_or_default();
        let count = own.iter().take_while(|word| usize::from(word.frame) == frame).count();
        let (own, after) = own.split_at(count);
        rest = after;
        if at.is_inner || site.is_some_and(|site| frame < site) {
            continue;
        }
        let is_site = site == Some(frame);
        let mut note = |lock: usize, kin: Kin, is_inexact: bool| {
            // The place where it waits says nothing of the lock that it waits for, nor of
            // another one of the same object.
            let of_same = waits_for.is_some_and(|own| {
                own == lock || locks[own].object.is_some() && locks[own].object == locks[lock].object
            });
            if is_site && of_same && kin != Kin::PastSame {
                return;
            }
            if is_site && waits_for == Some(lock) {
                return;
            }
            found.note(lock, kin, frame, is_inexact);
        };
        for word in own {
            for &lock in index.by_address.get(&word.address).into_iter().flatten() {
                let is_method = word.is_first && *at.owner == *locks[lock].owner;
                let kin = match (is_past(&locks[lock], at), is_method) {
                    (true, _) => Kin::PastSame,
                    (false, true) if !is_site => Kin::Object,
                    _ if !is_site && is_argument(&locks[lock], word.address) => Kin::Argument,
                    _ => Kin::Given,
                };
                note(lock, kin, word.is_inexact);
            }
            for &lock in index.by_call.get(&word.address).into_iter().flatten() {
                if waits_for != Some(lock) && !word.is_inexact && has_passed(&locks[lock], at, word.address) {
                    note(lock, Kin::Passed, false);
                }
            }
        }
        // A deferred call that waits while its function panics waits for what that holds.
        let is_below_panic =
            panic.is_some_and(|panic| frame > panic && site.is_some_and(|site| site < panic));
        if let Some(lock) = waits_for.filter(|&lock| is_below_panic && at.owner == locks[lock].owner) {
            note(lock, Kin::Object, false);
        }
        let shown = own.iter().any(|word| word.is_first && !word.is_inexact);
        if let Some(lock) = index.named(&at.function.name, starter) {
            let known = &locks[lock];
            let is_other = if known.is_once {
                shown && known.address.is_some() || super::locks::owner(shape, frame) != known.owner
            } else {
                shown && known.object.is_some()
            };
            if !is_other && is_past(known, at) {
                note(lock, Kin::Past, false);
            }
        }
        let shows_object = shown && at.is_method;
        if !shows_object && !is_site && at.is_user {
            let named = index.named(&at.owner, starter).filter(|&lock| !locks[lock].is_once);
            if let Some(lock) = named.filter(|&lock| locks[lock].owner == at.owner) {
                note(lock, Kin::Type, false);
            }
        }
    }
}

/// True if an address is that of the object that has the lock, and not of a method's receiver.
fn is_argument(lock: &Lock, address: u64) -> bool {
    lock.object == Some(address) && lock.address.is_some_and(|lock| lock > address)
}

/// True if a frame is past a call of the same function in which waiters wait.
fn has_passed(lock: &Lock, at: &Site, address: u64) -> bool {
    lock.calls.iter().any(|call| {
        call.address == address
            && call.site.function == at.function.name
            && call.site.file == at.file
            && at.line.is_some()
            && at.line > call.site.line
    })
}

/// True if a frame is in a function that takes the lock, past the call of Lock;
/// in a Once, whoever does not wait for its mutex is in its function.
fn is_past(lock: &Lock, at: &super::shapes::Site) -> bool {
    if lock.is_once && is_once_code(&at.function.name) {
        return true;
    }
    lock.sites.iter().any(|site| {
        site.function == at.function.name && site.file == at.file && at.line.is_some() && at.line > site.line
    })
}

impl Table {
    fn add(
        &mut self,
        lock: usize,
        row: &Goroutine,
        shape: &Rc<Shape>,
        words: &[CallAddress],
        (kin, frame, is_inexact): (Kin, usize, bool),
        gap: u32,
    ) {
        let waits_for = self.lock_of.get(&row.goid).copied();
        let Some(target) = self.locks.get_mut(lock) else { return };
        match shape.wait {
            Wait::Running => {
                target.is_worked_on |= kin <= Kin::Object;
                return;
            }
            Wait::Runtime => return,
            // Whoever waits for a condition of the object has given its lock back.
            Wait::Cond if is_in_own_code(target, shape) => return,
            _ => {}
        }
        let is_with_waiter = target.is_given_waiter(words, frame);
        let candidate = Candidate {
            goid: row.goid,
            kin,
            frame,
            minutes: row.wait_minutes,
            waits_for,
            is_idle: !is_with_waiter && is_idle(target, shape),
            is_working: is_with_waiter || waits_for.is_some() || shape.wait == Wait::Send || calls_out(shape),
            is_old: row.flags.has(GoroutineFlags::LEAKED) || is_old(row.wait_minutes, target.longest, gap),
            is_inexact,
            shape: Rc::clone(shape),
        };
        let is_own = waits_for == Some(lock);
        // A method further out has the lock only if it is one of its own object, not behind a pointer of it.
        if is_own && kin >= Kin::Object && !target.is_in_object() {
            return;
        }
        let list = if is_own { &mut target.own } else { &mut target.candidates };
        list.push(candidate);
        if list.len() >= KEPT * 2 {
            list.order_by_key(Candidate::order);
            list.truncate(KEPT);
        }
    }
}

/// Loops of an object wait directly in its code; what blocks while it holds a
/// lock waits in something that it calls, or in a send.
fn is_idle(lock: &Lock, shape: &Shape) -> bool {
    let waits = matches!(
        shape.wait,
        Wait::Select | Wait::Receive | Wait::Channel | Wait::Sleep | Wait::Io | Wait::Syscall
    );
    waits && is_in_own_code(lock, shape) && !calls_out(shape) || is_daemon(shape)
}

/// True if it waits for an answer to a call.
fn calls_out(shape: &Shape) -> bool {
    let own = shape.frames.iter().position(|site| site.origin == Origin::Own).or_else(|| shape.user_frame());
    let inner = shape.frames.get(..own.unwrap_or(0)).unwrap_or_default();
    inner.iter().any(|site| CALLS_OUT.iter().any(|call| site.function.name.starts_with(call)))
}

/// True if the innermost frame of the program's own code is of the object's type.
fn is_in_own_code(lock: &Lock, shape: &Shape) -> bool {
    let user = shape.user_frame().and_then(|frame| shape.frames.get(frame));
    user.is_some_and(|site| site.owner == lock.owner)
}

/// Waits of servers and of main: for connections, for signals, for all workers; loops of
/// libraries in which no code of the program stands that could be what holds the lock.
fn is_daemon(shape: &Shape) -> bool {
    let user = shape.user_frame().and_then(|frame| shape.frames.get(frame));
    let is_main = user.is_some_and(|site| &*site.function.name == "main.main");
    let is_accept = |site: &Site| &*site.function.name == "internal/poll.(*FD).Accept";
    let frames = shape.frames.iter().map(|site| (&*site.function, site.origin));
    is_main
        || shape.wait == Wait::WaitGroup
        || shape.frames.iter().any(is_accept)
        || benign::of_frames(shape.wait, frames).is_some()
}

/// True if a wait began no later than the longest of those behind the lock.
fn is_old(minutes: Option<u32>, longest: Option<u32>, gap: u32) -> bool {
    match (minutes, longest) {
        (_, None) => true,
        (None, Some(longest)) => longest < SHORT_MINUTES,
        (Some(minutes), Some(longest)) => minutes.saturating_add(gap) >= longest,
    }
}
