//! Who holds the locks that others wait for, as far as one dump tells.
//!
//! Go prints the addresses that calls were given. Goroutines that wait for one
//! address wait for one lock; whoever stands in a function past its call of
//! Lock, or in another method of the same object, may hold it. If that one
//! waits for a lock itself, the locks may form a cycle.
//!
//! ```text
//! waiters ─► locks ─► who may hold each ─► cycles, holders ─► Answer of each lock
//! ```

mod candidates;
mod closers;
mod cycles;
mod decide;
mod groups;
mod locks;
mod shapes;
mod words;
mod workers;

use rustc_hash::FxHashMap;

use super::moments::{Form, Moments};
use crate::evidence::Evidence;

pub use closers::Closing;
pub use groups::{ERRGROUP_GO, ERRGROUP_TRY_GO, ERRGROUP_WAIT, OwnGroup, OwnKind, SINGLEFLIGHT};
pub use locks::{is_lock_code, is_once_code};

/// What one dump says of a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// Nobody in the dump can be told to hold it.
    #[default]
    Unknown,
    /// Somebody may hold it; which one is not told. A sentence.
    Candidates(String),
    /// A goroutine that waits for something else, and why it is taken for the holder.
    Held {
        /// Its id.
        by: u64,
        /// A sentence.
        reason: String,
    },
    /// The waiter took it itself.
    Itself {
        /// Its id.
        by: u64,
        /// A sentence.
        reason: String,
        /// True if nobody else in the dump can hold it: that needs no age.
        is_settled: bool,
    },
    /// A method of the same object is further out on the waiter's stack, in a part of a dump
    /// that shows nobody else: the lock may have been taken there, or whoever holds it was left out.
    Perhaps {
        /// Its id.
        by: u64,
        /// A sentence.
        reason: String,
    },
    /// The lock is a part of a cycle.
    Cycle(usize),
}

/// Goroutines that wait for each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cycle {
    /// Each holds what the one before waits for.
    pub goids: Vec<u64>,
    /// The cycle, drawn.
    pub text: String,
    /// True if nobody else in the dump can hold any of its locks: that needs no age.
    pub is_settled: bool,
}

/// The locks of the last dump.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    /// The answer for each lock.
    pub answers: Vec<Answer>,
    /// Name and address of each lock, where the dump prints it.
    pub names: Vec<Option<String>>,
    /// The cycles.
    pub cycles: Vec<Cycle>,
    /// Who waits for a group of goroutines that cannot come to its end, and why.
    pub own_groups: FxHashMap<u64, OwnGroup>,
    /// What calls of Close and the like wait for.
    pub closings: FxHashMap<u64, Closing>,
    lock_of: FxHashMap<u64, usize>,
}

impl Holders {
    /// The lock that a goroutine waits for.
    pub fn lock_of(&self, goid: u64) -> Option<usize> {
        self.lock_of.get(&goid).copied()
    }
}

/// Looks at the last dump of a subject. `gap` is how many minutes a printed wait
/// may exceed the truth by.
pub fn find(evidence: &Evidence, found: &Moments, gap: u32) -> Holders {
    let Some(Form::Dump(id)) = found.moments.last().map(|moment| moment.form) else {
        return Holders::default();
    };
    let dump = &evidence.goroutines.dumps[id];
    let mut shapes = shapes::Shapes::new(evidence);
    let own_groups = groups::find(&mut shapes, dump);
    let closings = closers::find(&mut shapes, dump);
    let mut table = locks::Table::collect(&mut shapes, dump);
    if table.locks.is_empty() {
        return Holders { own_groups, closings, ..Holders::default() };
    }
    candidates::collect(&mut table, &mut shapes, dump, gap);
    Holders { own_groups, closings, ..decide::decide(table) }
}
