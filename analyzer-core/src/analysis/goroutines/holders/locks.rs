//! Goroutines that wait for locks, and which lock each waits for.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::super::moments;
use super::super::names;
use super::super::state::Wait;
use super::candidates::Candidate;
use super::shapes::{Shape, Shapes, Site};
use crate::base::intern::StrId;
use crate::evidence::crash::CrashRecord;
use crate::evidence::goroutines::{CallAddress, Goroutine, GoroutineDump};

/// Bytes from the start of an object to a lock that is a field of it, at most.
const OBJECT_BYTES: u64 = 4096;
/// Places of one lock that are looked at.
const SITES: usize = 8;
/// Calls that lead to them that are looked at, and how far out on the stack.
const CALLS: usize = 16;
const CALL_DEPTH: usize = 6;
/// Objects of waiters that are kept.
const RECEIVERS: usize = 16;
/// Types and functions of the program lie below; what it allocates lies above.
const LOW_ADDRESSES: u64 = 0xffff_ffff;

/// True for the code of mutexes and of the semaphores below them, and for a
/// Cond that takes its lock again.
pub fn is_lock_code(name: &str) -> bool {
    name.starts_with("sync.runtime_")
        || name.starts_with("internal/sync.")
        || name.starts_with("sync.(*Mutex).")
        || name.starts_with("sync.(*RWMutex).")
        || name.starts_with("sync.(*rlocker).")
        || name == "sync.(*Cond).Wait"
        || name.starts_with("internal/poll.runtime_Semacquire")
        || name.starts_with("internal/poll.(*fdMutex).")
}

/// True for the code of `sync.Once`: up to Go 1.12 `Do` holds the mutex itself.
pub fn is_once_code(name: &str) -> bool {
    matches!(name, "sync.(*Once).doSlow" | "sync.(*Once).Do")
}

/// A place where goroutines call Lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockSite {
    pub function: Rc<str>,
    pub file: Option<StrId>,
    pub line: Option<u32>,
}

/// A call further out on a waiter's stack, with an address that it was given: whoever is
/// past it in the same function, with the same address, has what the call takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub site: LockSite,
    pub address: u64,
}

/// A goroutine that waits for a lock.
#[derive(Clone, Debug)]
pub struct Waiter {
    pub goid: u64,
    pub parent: Option<u64>,
    pub minutes: Option<u32>,
    pub shape: Rc<Shape>,
    /// Frame that called Lock.
    pub site: usize,
}

impl Waiter {
    /// True if it waits to write.
    pub fn is_writer(&self) -> bool {
        &*self.shape.state == "sync.RWMutex.Lock"
            || self.shape.frames.iter().any(|site| &*site.function.name == "sync.(*RWMutex).Lock")
    }
}

/// A lock that somebody waits for.
#[derive(Clone, Debug)]
pub struct Lock {
    /// Its own address, where the dump prints it.
    pub address: Option<u64>,
    /// The object that it is a field of.
    pub object: Option<u64>,
    /// The type of that object, or the function that locks it; of a Once, who calls Do.
    pub owner: Rc<str>,
    pub is_once: bool,
    pub is_read_write: bool,
    pub sites: Vec<LockSite>,
    /// Objects other than that of the lock in whose methods waiters wait.
    receivers: Vec<u64>,
    /// Calls of the program that lead to them.
    pub calls: Vec<Call>,
    pub waiters: Vec<Waiter>,
    pub longest: Option<u32>,
    /// Who may hold it, the likeliest first.
    pub candidates: Vec<Candidate>,
    /// Waiters of the lock that may have taken it themselves.
    pub own: Vec<Candidate>,
    /// True if somebody who runs may hold it.
    pub is_worked_on: bool,
}

/// What tells locks apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Lock(u64),
    Object(u64, Rc<str>),
    Owner(Rc<str>),
}

/// The locks of a dump.
#[derive(Debug, Default)]
pub struct Table {
    pub locks: Vec<Lock>,
    pub lock_of: FxHashMap<u64, usize>,
    /// True for goroutines that somebody cut out of a dump: the one that writes it runs, and
    /// is in it.
    pub is_part: bool,
}

/// So many goroutines may be a part that somebody cut out of a dump.
const FEW: usize = 8;

/// The frame that called Lock; for a Once the outermost of its frames.
pub fn site_of(shape: &Shape) -> Option<usize> {
    if !shape.wait.is_lock() {
        return None;
    }
    let first = shape.frames.iter().position(|site| !site.is_inner)?;
    let once = shape.frames.get(first..)?.iter().take_while(|site| is_once_code(&site.function.name)).count();
    Some(first + once.saturating_sub(1))
}

/// The type whose lock it is, or the function that takes it. Of a Once it is
/// the caller of Do: package sync has no object of the program.
pub fn owner(shape: &Shape, site: usize) -> Rc<str> {
    let frames = shape.frames.get(site..).unwrap_or_default();
    let caller = frames.iter().find(|frame| !is_once_code(&frame.function.name));
    let first = frames.first();
    let frame = first.filter(|frame| !is_once_code(&frame.function.name)).or(caller);
    frame.or(first).map(|frame| Rc::clone(&frame.owner)).unwrap_or_default()
}

impl Table {
    /// All goroutines that wait for locks, by lock.
    pub fn collect(shapes: &mut Shapes<'_>, dump: &GoroutineDump) -> Self {
        let runs = |row: &Goroutine| matches!(shapes.evidence.strings.get(row.state), "running" | "runnable");
        let is_whole = dump.crash.as_ref().is_some_and(CrashRecord::is_deadlock)
            || moments::real(dump).count() > FEW
            || moments::real(dump).any(runs);
        let mut table = Self { is_part: !is_whole, ..Self::default() };
        let mut by_key: FxHashMap<Key, usize> = FxHashMap::default();
        for row in moments::real(dump) {
            let shape = shapes.of(row);
            let Some(site) = site_of(&shape) else { continue };
            let Some(frame) = shape.frames.get(site) else { continue };
            let owner = owner(&shape, site);
            let words = shapes.evidence.goroutines.addresses_of(row);
            let (address, object) = addresses(&shape, words, site);
            let key = match (address, object) {
                (Some(address), _) => Key::Lock(address),
                (None, Some(object)) => Key::Object(object, Rc::clone(&owner)),
                (None, None) => Key::Owner(Rc::clone(&owner)),
            };
            let lock = *by_key.entry(key).or_insert_with(|| {
                table.locks.push(Lock::new(frame, Rc::clone(&owner), address, object));
                table.locks.len() - 1
            });
            table.locks[lock].be_of(&owner, object);
            table.locks[lock].add_receiver(words, site);
            table.locks[lock].add(row, &shape, site, object);
            table.locks[lock].add_calls(&shape, words, site);
        }
        table.join();
        table.number();
        table
    }

    /// Waiters whose text shows no address, or only that of the object, wait for
    /// the one lock that has it, if there is one.
    fn join(&mut self) {
        let mut known: FxHashMap<(Option<u64>, Rc<str>), Option<usize>> = FxHashMap::default();
        for (index, lock) in self.locks.iter().enumerate().filter(|(_, lock)| lock.address.is_some()) {
            let mut keys = vec![(lock.object, Rc::clone(&lock.owner)), (None, Rc::clone(&lock.owner))];
            keys.dedup();
            for key in keys {
                known.entry(key).and_modify(|other| *other = None).or_insert(Some(index));
            }
        }
        // One of which only the object is known, and that is not one of those.
        for (index, lock) in self.locks.iter().enumerate().filter(|(_, lock)| lock.address.is_none()) {
            let is_other = !known.contains_key(&(lock.object, Rc::clone(&lock.owner)));
            if lock.object.is_some() && is_other {
                let key = (None, Rc::clone(&lock.owner));
                known.entry(key).and_modify(|other| *other = None).or_insert(Some(index));
            }
        }
        let mut merged = Vec::new();
        for index in 0..self.locks.len() {
            let lock = &self.locks[index];
            let target = known.get(&(lock.object, Rc::clone(&lock.owner))).copied().flatten();
            if let Some(target) = target.filter(|_| lock.address.is_none()) {
                merged.push((index, target));
            }
        }
        for &(from, to) in &merged {
            let waiters = std::mem::take(&mut self.locks[from].waiters);
            let sites = std::mem::take(&mut self.locks[from].sites);
            let calls = std::mem::take(&mut self.locks[from].calls);
            let is_read_write = self.locks[from].is_read_write;
            let target = &mut self.locks[to];
            target.is_read_write |= is_read_write;
            for site in sites {
                target.add_site(site);
            }
            for call in calls {
                target.add_call(call);
            }
            for waiter in waiters {
                target.longest = target.longest.max(waiter.minutes);
                target.waiters.push(waiter);
            }
        }
        self.locks.retain(|lock| !lock.waiters.is_empty());
    }

    fn number(&mut self) {
        for (index, lock) in self.locks.iter().enumerate() {
            for waiter in &lock.waiters {
                self.lock_of.insert(waiter.goid, index);
            }
        }
    }
}

impl Lock {
    fn new(frame: &Site, owner: Rc<str>, address: Option<u64>, object: Option<u64>) -> Self {
        Self {
            address,
            object,
            owner,
            is_once: is_once_code(&frame.function.name),
            is_read_write: false,
            sites: Vec::new(),
            receivers: Vec::new(),
            calls: Vec::new(),
            waiters: Vec::new(),
            longest: None,
            candidates: Vec::new(),
            own: Vec::new(),
            is_worked_on: false,
        }
    }

    /// True if the lock is a field of the object, as far as the text shows.
    pub fn is_in_object(&self) -> bool {
        match (self.address, self.object) {
            (Some(address), Some(object)) => address.checked_sub(object).is_some_and(|at| at <= OBJECT_BYTES),
            _ => true,
        }
    }

    /// The object that a lock is a field of is its owner, whoever else takes it over a pointer.
    fn be_of(&mut self, owner: &Rc<str>, object: Option<u64>) {
        let is_field = |object: u64| {
            let at = self.address.and_then(|address| address.checked_sub(object));
            at.is_some_and(|at| at <= OBJECT_BYTES)
        };
        if !self.is_in_object() && object.is_some_and(is_field) {
            self.object = object;
            self.owner = Rc::clone(owner);
        }
    }

    fn add_receiver(&mut self, words: &[CallAddress], site: usize) {
        let is_receiver = |word: &&CallAddress| {
            usize::from(word.frame) == site
                && word.is_first
                && !word.is_inexact
                && word.address > LOW_ADDRESSES
        };
        let Some(receiver) = words.iter().find(is_receiver).map(|word| word.address) else { return };
        let is_known = self.receivers.contains(&receiver);
        if self.address.is_some() && !is_known && self.receivers.len() < RECEIVERS {
            self.receivers.push(receiver);
        }
    }

    /// True if a method of the lock's object was given another object in whose method a
    /// waiter waits: it waits for what that one does.
    pub fn is_given_waiter(&self, words: &[CallAddress], frame: usize) -> bool {
        let is_other = |word: &&CallAddress| {
            usize::from(word.frame) == frame
                && !word.is_first
                && !word.is_inexact
                && Some(word.address) != self.object
        };
        words.iter().filter(is_other).any(|word| self.receivers.contains(&word.address))
    }

    fn add(&mut self, row: &Goroutine, shape: &Rc<Shape>, site: usize, object: Option<u64>) {
        self.object = self.object.or(object);
        self.is_read_write |= shape.wait == Wait::RwMutex;
        self.longest = self.longest.max(row.wait_minutes);
        if let Some(frame) = shape.frames.get(site) {
            let function = Rc::clone(&frame.function.name);
            self.add_site(LockSite { function, file: frame.file, line: frame.line });
        }
        let (goid, parent, minutes) = (row.goid, row.parent, row.wait_minutes);
        self.waiters.push(Waiter { goid, parent, minutes, shape: Rc::clone(shape), site });
    }

    fn add_calls(&mut self, shape: &Shape, words: &[CallAddress], site: usize) {
        let outer = site + 1..site + 1 + CALL_DEPTH;
        let is_heap = |word: &&CallAddress| !word.is_inexact && word.address > LOW_ADDRESSES;
        for word in words.iter().filter(is_heap).filter(|word| outer.contains(&usize::from(word.frame))) {
            let Some(frame) = shape.frames.get(usize::from(word.frame)).filter(|frame| frame.is_user) else {
                continue;
            };
            let function = Rc::clone(&frame.function.name);
            let site = LockSite { function, file: frame.file, line: frame.line };
            self.add_call(Call { site, address: word.address });
        }
    }

    fn add_call(&mut self, call: Call) {
        if self.calls.len() < CALLS && !self.calls.contains(&call) {
            self.calls.push(call);
        }
    }

    fn add_site(&mut self, site: LockSite) {
        if self.sites.len() < SITES && !self.sites.contains(&site) {
            self.sites.push(site);
        }
    }
}

/// The lock's own address, and that of the object that its caller works on.
/// Values that may be old (`?`) tell neither.
fn addresses(shape: &Shape, words: &[CallAddress], site: usize) -> (Option<u64>, Option<u64>) {
    let exact = || words.iter().filter(|word| !word.is_inexact && word.address > 0);
    let of_frame = |frame: usize| exact().filter(move |word| usize::from(word.frame) == frame);
    let lock = |frame: usize| {
        let name = &*shape.frames.get(frame)?.function.name;
        let first = of_frame(frame).find(|word| word.is_first)?.address;
        lock_address(name, first)
    };
    // The outermost of the lock's own frames is the lock itself; those below it are parts of it.
    let address = (0..=site).rev().find_map(lock);
    // A method's receiver is the object, also where the lock is behind a pointer of
    // it; other first arguments have to hold the lock.
    let is_method = shape.frames.get(site).is_some_and(|frame| names::is_method(&frame.function.name));
    let receiver = || of_frame(site).find(|word| word.is_first && is_method).map(|word| word.address);
    let holds =
        |object: &u64| address.is_some_and(|address| *object <= address && address - *object <= OBJECT_BYTES);
    let object = of_frame(site).map(|word| word.address).filter(holds).max().or_else(receiver);
    (address, object)
}

/// The lock of which a call of package sync was given an address
/// (sync/rwmutex.go: w is 8 bytes, then writerSem and readerSem of 4).
fn lock_address(function: &str, first: u64) -> Option<u64> {
    let offset = match function {
        "sync.(*Mutex).Lock" | "sync.(*Mutex).lockSlow" => 0,
        "internal/sync.(*Mutex).Lock" | "internal/sync.(*Mutex).lockSlow" => 0,
        "sync.(*RWMutex).Lock" | "sync.(*RWMutex).RLock" | "sync.(*rlocker).Lock" => 0,
        "sync.(*Once).Do" | "sync.(*Once).doSlow" => 0,
        "sync.runtime_SemacquireMutex" | "internal/sync.runtime_SemacquireMutex" => 4,
        "sync.runtime_SemacquireRWMutex" => 8,
        "sync.runtime_SemacquireRWMutexR" => 12,
        _ => return None,
    };
    first.checked_sub(offset)
}
