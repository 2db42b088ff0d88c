//! Go execution traces: their names, their generations, and the form in which
//! their events are handed on. The events themselves are not kept: 200 MB of
//! trace hold some 37 million. Who wants them is an [`event::EventSink`].

pub mod event;
pub mod names;

use self::event::Generation;
use self::names::Names;
use crate::base::source::SourceId;
use crate::newtype_index;

newtype_index! {
    /// A trace of the session.
    TraceId
}

/// One execution trace, but for its events.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Where it stands.
    pub source: SourceId,
    /// The number in its header: 26 for Go 1.26 and 1.27.
    pub version: u32,
    /// The first batch, in nanoseconds of the trace clock (on Linux `CLOCK_MONOTONIC`).
    pub start_nanos: u64,
    /// Strings, frames and stacks.
    pub names: Names,
    /// Its generations, in file order.
    pub generations: Vec<Generation>,
    /// What the file is made of: how often each kind of record occurs.
    pub records: Vec<(&'static str, u64)>,
}

impl Trace {
    /// The generations that have something to say of the time between `from`
    /// and `to`, as rows of [`Self::generations`]. Empty only if there is none at all.
    pub fn generations_of(&self, from: u64, to: u64) -> std::ops::Range<usize> {
        let last_before = |time| self.generations.iter().rposition(|generation| generation.start <= time);
        let first = last_before(from).unwrap_or(0);
        let last = last_before(to).unwrap_or(first).max(first);
        first..(last + 1).min(self.generations.len())
    }
}
