//! What tools of eBPF count: stacks, maps, histograms, lines of figures. Kills by the OOM killer are in
//! [`super::oom`]. Every row leads to the line where it stands.

use crate::base::intern::StrId;
use crate::base::source::{Position, SourceId};
use crate::base::units::Unit;

use super::stacks::StackId;

/// One stack with what was allocated through it and not freed (memleak).
#[derive(Clone, Copy, Debug)]
pub struct NativeStack {
    /// The file.
    pub source: SourceId,
    /// Its line.
    pub at: Position,
    /// The block that it stands in, from 0: one a time that the tool printed.
    pub block: u32,
    /// Time of day of the block in seconds, where it is stated.
    pub second_of_day: Option<u32>,
    /// Bytes not freed.
    pub bytes: u64,
    /// Allocations not freed.
    pub count: u64,
    /// Who allocated; `None` if the tool could not tell.
    pub stack: Option<StackId>,
}

/// One entry of a map of bpftrace. Entries with equal keys are summed.
#[derive(Clone, Copy, Debug)]
pub struct MapEntry {
    /// The file.
    pub source: SourceId,
    /// The first line with this key.
    pub at: Position,
    /// The map: `@bytes`.
    pub map: StrId,
    /// The parts of its key that are no stack, joined with `, `. Empty if it has none.
    pub key: StrId,
    /// The stack in its key.
    pub stack: Option<StackId>,
    /// The value; sums, counts and the like alike.
    pub value: i64,
    /// What the map's name says that it counts.
    pub unit: Unit,
    /// How many entries were summed.
    pub entries: u32,
}

/// One interval of a histogram of bpftrace.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    /// The file.
    pub source: SourceId,
    /// Its line.
    pub at: Position,
    /// The map: `@us`.
    pub map: StrId,
    /// The key; empty if it has none.
    pub key: StrId,
    /// From this value on; `None` for the interval below all others.
    pub low: Option<i64>,
    /// Up to this value; `None` for the interval above all others.
    pub high: Option<i64>,
    /// How often.
    pub count: u64,
}

/// The page cache of the machine over one interval (cachestat).
#[derive(Clone, Copy, Debug)]
pub struct CacheInterval {
    /// The file.
    pub source: SourceId,
    /// Its line.
    pub at: Position,
    /// Pages that were in the cache.
    pub hits: u64,
    /// Pages that were not.
    pub misses: u64,
    /// Page cache in bytes.
    pub cached: Option<u64>,
}

/// The page cache as one process used it (cachetop).
#[derive(Clone, Copy, Debug)]
pub struct CacheUser {
    /// The file.
    pub source: SourceId,
    /// Its line.
    pub at: Position,
    /// The process.
    pub pid: u64,
    /// Its command.
    pub command: StrId,
    /// Pages that were in the cache.
    pub hits: u64,
    /// Pages that were not.
    pub misses: u64,
}

/// A TCP session that ended (tcplife).
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// The file.
    pub source: SourceId,
    /// Its line.
    pub at: Position,
    /// Its process; 0 where the kernel closed it for none.
    pub pid: u64,
    /// Its command.
    pub command: StrId,
    /// Port of our end.
    pub local_port: u16,
    /// Address of the other end.
    pub remote: StrId,
    /// Port of the other end.
    pub remote_port: u16,
    /// How long it lasted, in microseconds.
    pub micros: u64,
    /// When it ended, in seconds of the day or since the tool began, where the tool was asked for it.
    pub second: Option<f64>,
}

/// Segments that were sent again (tcpretrans).
#[derive(Clone, Copy, Debug)]
pub struct Retransmit {
    /// The file.
    pub source: SourceId,
    /// Its line.
    pub at: Position,
    /// The process that happened to run; not the one that the socket is of.
    pub pid: Option<u64>,
    /// Address of the other end.
    pub remote: StrId,
    /// Port of the other end.
    pub remote_port: u16,
    /// The connection's state, as printed; empty in the counted form.
    pub state: StrId,
    /// How many.
    pub count: u64,
}

/// Which tool counted stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StackTool {
    /// offcputime: microseconds off the processor.
    OffCpu,
    /// profile: samples on it.
    OnCpu,
}

/// A stack with time or samples, as bcc's tools print it (not folded).
#[derive(Clone, Copy, Debug)]
pub struct CountedStack {
    /// The file.
    pub source: SourceId,
    /// The line of the figure.
    pub at: Position,
    /// Who counted.
    pub tool: StackTool,
    /// Command and process id, as printed.
    pub task: StrId,
    /// The stack.
    pub stack: Option<StackId>,
    /// Nanoseconds, or samples.
    pub value: i64,
}

/// Goroutines that one `go` statement's function started while a script of ours counted.
#[derive(Clone, Copy, Debug)]
pub struct GoroutineLife {
    /// The file.
    pub source: SourceId,
    /// Where it stands first.
    pub at: Position,
    /// The function with the `go` statement.
    pub creator: StrId,
    /// The function that the goroutines run.
    pub function: StrId,
    /// Started.
    pub births: u64,
    /// Ended, of those.
    pub ends: u64,
    /// Waiting at the end, of those.
    pub waiting: u64,
    /// The longest of these waits, in nanoseconds.
    pub longest_wait: Option<u64>,
    /// Where most of them wait.
    pub stack: Option<StackId>,
}

/// How long a script of ours counted the goroutines of a file.
#[derive(Clone, Copy, Debug)]
pub struct LifeWindow {
    /// The file.
    pub source: SourceId,
    /// Nanoseconds.
    pub nanos: u64,
    /// Ends of goroutines that were there before.
    pub ends_of_older: u64,
}

/// A table of `pprof -top`.
#[derive(Clone, Copy, Debug)]
pub struct TopTable {
    /// The file.
    pub source: SourceId,
    /// Its first row.
    pub at: Position,
    /// The sample type (`inuse_space`); empty if the text does not say it.
    pub kind: StrId,
    /// What its figures count.
    pub unit: Unit,
    /// The sum over the whole profile.
    pub total: Option<i64>,
}

/// A row of a table of `pprof -top`.
#[derive(Clone, Copy, Debug)]
pub struct TopRow {
    /// Its table, by index.
    pub table: u32,
    /// Its line.
    pub at: Position,
    /// The function.
    pub function: StrId,
    /// What the function itself has, in the table's unit.
    pub flat: i64,
    /// What it has with those that it calls.
    pub cum: i64,
}

/// The tables.
#[derive(Clone, Debug, Default)]
pub struct ProbeTables {
    /// Of pprof, by source and line.
    pub tops: Vec<TopTable>,
    /// Their rows.
    pub top_rows: Vec<TopRow>,
    /// Of memleak, by source, block and row.
    pub native_stacks: Vec<NativeStack>,
    /// Of bpftrace, by source; the first of each key in the order of the file.
    pub entries: Vec<MapEntry>,
    /// Of bpftrace's `hist` and `lhist`.
    pub buckets: Vec<Bucket>,
    /// Of cachestat.
    pub cache: Vec<CacheInterval>,
    /// Of cachetop.
    pub cache_users: Vec<CacheUser>,
    /// Of tcplife.
    pub sessions: Vec<Session>,
    /// Of tcpretrans.
    pub retransmits: Vec<Retransmit>,
    /// Of offcputime and profile.
    pub counted_stacks: Vec<CountedStack>,
    /// Of the script that counts goroutines.
    pub lives: Vec<GoroutineLife>,
    /// How long it counted.
    pub windows: Vec<LifeWindow>,
}
