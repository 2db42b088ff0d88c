//! What counted goroutines wait in, told from what `debug=1` leaves of the
//! hidden frames.
//!
//! ```text
//! hidden counters                        visible top frame
//! gopark chanrecv chanrecv1              main.f           channel operation
//! gopark chansend chansend1              main.f
//! gopark selectgo                        main.f           select
//! gopark goparkunlock semacquire1        sync.runtime_…   the name says it
//!
//! up to Go 1.13
//! gopark goparkunlock chanrecv chanrecv1 main.f           channel operation
//! gopark selectgoImpl selectgo           main.f           select, up to Go 1.10
//! ```

use rustc_hash::FxHashMap;

use super::state::Wait;
use crate::evidence::Evidence;
use crate::evidence::goroutines::{CountedStack, GoroutineDump};

/// Functions that wait in nothing but a select, in every version: their
/// blocks give `selectgo`'s program counter away.
const SELECT_ANCHORS: &[&str] = &[
    "net/http.(*persistConn).writeLoop",
    "net/http.(*persistConn).roundTrip",
    "database/sql.(*DB).connectionOpener",
    "io.(*pipe).read",
    "io.(*pipe).write",
    "io.(*pipe).Read",
    "io.(*pipe).Write",
];

/// `chanrecv1` and `chanrecv2` lie this near to each other; `chansend1` lies further off.
const SAME_ENTRY_BYTES: u64 = 0x80;

/// `chanrecv1` and `chansend1` stand directly before what they call, which is shorter than
/// this; a call from `selectgo` into `selectgoImpl` reaches further.
const CHANNEL_BYTES: u64 = 0x1000;

/// Bytes from the return address in `chansend1`, `chanrecv1` or `chanrecv2` to
/// the one behind the park, in linux/amd64 builds of Go 1.21 to 1.27. Two
/// values a version for receives: `chanrecv1` and, 32 bytes on, `chanrecv2`.
const DISTANCES: &[(Wait, &[u64])] = &[
    (Wait::NilSend, &[0xe3, 0xf5, 0x115]),
    (Wait::NilReceive, &[0x167, 0x187, 0x1a7, 0x1c7, 0x1b5, 0x1d5, 0x1e7, 0x207]),
    (Wait::Send, &[0x3ae, 0x405]),
    (Wait::Receive, &[0x3cd, 0x3ed, 0x3db, 0x3fb, 0x42a, 0x44a, 0x453, 0x473, 0x481, 0x4a1, 0x4bc, 0x4dc]),
];

/// The wait of each counted stack of a dump, in its order.
pub fn waits(evidence: &Evidence, dump: &GoroutineDump) -> Vec<Wait> {
    let anchors = Anchors::find(evidence, dump);
    dump.counted.iter().map(|row| wait(evidence, row, &anchors)).collect()
}

/// Program counters of one program, as far as its dump gives them away.
#[derive(Debug, Default)]
struct Anchors {
    /// Return address in `gopark`'s callers: the first hidden counter of everything that is parked.
    gopark: Option<u64>,
    /// Return address in `selectgo`.
    select: Option<u64>,
    /// The same up to Go 1.10, where `selectgo` calls `selectgoImpl`: inner and outer.
    old_select: Option<(u64, u64)>,
    /// True if channel operations park through `goparkunlock`, as they did up to Go 1.13: three
    /// hidden counters are a select there.
    parks_unlock: bool,
    /// Lowest return address in a channel entry function, and the highest.
    channel_low: Option<u64>,
    channel_high: Option<u64>,
}

impl Anchors {
    fn find(evidence: &Evidence, dump: &GoroutineDump) -> Self {
        let mut parks: FxHashMap<u64, u64> = FxHashMap::default();
        for row in dump.counted.iter().filter(|row| row.hidden.len() >= 2) {
            if let Some(&pc) = row.hidden.first() {
                *parks.entry(pc).or_default() += 1;
            }
        }
        let gopark = parks.into_iter().max_by_key(|&(pc, rows)| (rows, pc)).map(|(pc, _)| pc);
        let select = dump
            .counted
            .iter()
            .filter(|row| row.hidden.len() == 2 && row.hidden.first().copied() == gopark)
            .find(|row| top(evidence, row).is_some_and(|name| SELECT_ANCHORS.contains(&name)))
            .and_then(|row| row.hidden.get(1).copied());
        let old_select = dump
            .counted
            .iter()
            .filter(|row| is_channel(row, gopark))
            .find(|row| top(evidence, row).is_some_and(|name| SELECT_ANCHORS.contains(&name)))
            .and_then(pair);
        let parks_unlock = dump.counted.iter().any(|row| is_old_channel(row, gopark));
        let entries = || {
            dump.counted
                .iter()
                .filter(|row| match parks_unlock {
                    true => is_old_channel(row, gopark),
                    false => is_channel(row, gopark) && (old_select.is_none() || pair(row) != old_select),
                })
                .filter_map(|row| row.hidden.last().copied())
        };
        Self {
            gopark,
            select,
            old_select,
            parks_unlock,
            channel_low: entries().min(),
            channel_high: entries().max(),
        }
    }

    /// True if three hidden counters are those of a select up to Go 1.10.
    fn is_old_select(&self, inner: u64, entry: u64) -> bool {
        let is_far = inner.checked_sub(entry).is_some_and(|distance| distance >= CHANNEL_BYTES);
        self.parks_unlock || self.old_select == Some((inner, entry)) || is_far
    }

    /// The channel operation behind a return address `inner` in `chansend` or
    /// `chanrecv`, called from `entry`.
    fn channel(&self, inner: u64, entry: u64) -> Wait {
        let distance = inner.checked_sub(entry);
        let known = DISTANCES.iter().find(|(_, distances)| distance.is_some_and(|d| distances.contains(&d)));
        if let Some((wait, _)) = known {
            return *wait;
        }
        // In all versions `chansend1` lies below `chanrecv1`; one alone does not say which it is.
        let (Some(low), Some(high)) = (self.channel_low, self.channel_high) else { return Wait::Channel };
        if high - low <= SAME_ENTRY_BYTES {
            return Wait::Channel;
        }
        if entry - low <= high - entry { Wait::Send } else { Wait::Receive }
    }

    /// `select` or `select {}`: the latter's function lies just below the former's.
    fn select(&self, pc: u64) -> Wait {
        match self.select {
            Some(select) if pc != select => Wait::SelectForever,
            _ => Wait::Select,
        }
    }
}

/// The two innermost hidden counters behind the park.
fn pair(row: &CountedStack) -> Option<(u64, u64)> {
    Some((*row.hidden.get(1)?, *row.hidden.get(2)?))
}

fn is_old_channel(row: &CountedStack, gopark: Option<u64>) -> bool {
    row.hidden.len() == 4 && row.hidden.first().copied() == gopark
}

fn is_channel(row: &CountedStack, gopark: Option<u64>) -> bool {
    row.hidden.len() == 3 && row.hidden.first().copied() == gopark
}

fn top<'e>(evidence: &'e Evidence, row: &CountedStack) -> Option<&'e str> {
    let frame = evidence.stacks.leaf_first(row.stack).next()?;
    Some(evidence.strings.get(frame.function))
}

fn wait(evidence: &Evidence, row: &CountedStack, anchors: &Anchors) -> Wait {
    if let Some(wait) = top(evidence, row).and_then(visible) {
        let frames = evidence.stacks.leaf_first(row.stack);
        return wait.refine(frames.map(|frame| evidence.strings.get(frame.function)));
    }
    if top(evidence, row).is_some_and(|name| name.starts_with("iter.Pull")) {
        return Wait::Coroutine;
    }
    if row.hidden.first().copied() != anchors.gopark {
        return Wait::Running;
    }
    match row.hidden[..] {
        [_, inner, entry] if anchors.is_old_select(inner, entry) => Wait::Select,
        [_, inner, entry] | [_, _, inner, entry] => anchors.channel(inner, entry),
        [_, pc] => anchors.select(pc),
        _ => Wait::Other,
    }
}

/// The wait that the first visible function stands for.
fn visible(name: &str) -> Option<Wait> {
    let wait = match name {
        "sync.runtime_notifyListWait" => Wait::Cond,
        "sync.runtime_SemacquireWaitGroup" => Wait::WaitGroup,
        "sync.runtime_SemacquireMutex" | "internal/sync.runtime_SemacquireMutex" => Wait::Semaphore,
        "sync.runtime_SemacquireRWMutex" | "sync.runtime_SemacquireRWMutexR" => Wait::RwMutex,
        "sync.runtime_Semacquire" | "internal/poll.runtime_Semacquire" => Wait::Semaphore,
        "internal/poll.runtime_pollWait" => Wait::Io,
        "time.Sleep" => Wait::Sleep,
        "os/signal.signal_recv" => Wait::Syscall,
        _ if name.starts_with("syscall.") || name.contains("._Cfunc_") => Wait::Syscall,
        _ => return None,
    };
    Some(wait)
}
