//! Go execution traces: what was read of them, summarized while decoding.

mod builder;
pub mod event;
pub mod histogram;
pub mod lanes;
pub mod names;
pub mod profile;
pub mod summary;
pub mod timeline;
mod tracks;

pub use builder::{Annotated, AnnotationSpan, Builder, Carried, Crossing, GoStay, Known, Stays};
pub use tracks::ValueSpan;

use self::event::Generation;
use self::names::Names;
use self::summary::Summary;
use crate::base::source::SourceId;
use crate::newtype_index;

newtype_index! {
    /// A trace of the session.
    TraceId
}

/// One execution trace, summed up.
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
    /// All of it, summed up.
    pub summary: Summary,
    /// What the reading of its parts needs to know of the whole.
    pub carried: Carried,
    /// What the file is made of: how often each kind of record occurs.
    pub records: Vec<(&'static str, u64)>,
}
