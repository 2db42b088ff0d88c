//! Goroutines as dumps list them: one row each where the dump names each
//! (debug=2, panic, SIGQUIT), one row a stack where it only counts (debug=1).

use rustc_hash::FxHashMap;

use crate::base::index::{Idx, IndexVec};
use crate::base::intern::StrId;
use crate::base::source::{Position, SourceId, SourceSpan};
use crate::base::units::Nanos;
use crate::newtype_index;

use super::crash::CrashRecord;
use super::stacks::{FrameId, StackId};

newtype_index! {
    /// One dump: a source may hold several.
    DumpId
}
newtype_index! {
    /// A set of pprof labels; [`LabelSets::EMPTY`] is the empty one.
    LabelSetId
}

/// What kind of text a dump is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DumpForm {
    /// One block a goroutine, as `debug=2` prints it.
    Stacks,
    /// One block a goroutine, printed by the runtime when the process was
    /// ending (panic, fatal error, signal): system goroutines may be in it.
    Crash,
    /// One block a distinct stack with a count, as `debug=1` prints it.
    Counts,
}

/// One dump. `goroutines` is filled for [`DumpForm::Stacks`] and
/// [`DumpForm::Crash`], `counted` for [`DumpForm::Counts`].
#[derive(Clone, Debug)]
pub struct GoroutineDump {
    /// The source that holds it.
    pub source: SourceId,
    /// Its number in the source, from 0.
    pub ordinal: u32,
    /// What kind of text it is.
    pub form: DumpForm,
    /// True if it comes from the `goroutineleak` endpoint. With
    /// [`DumpForm::Counts`] it lists leaked goroutines only.
    pub is_leak_profile: bool,
    /// True if the text ends inside it.
    pub is_cut: bool,
    /// Line of its first block or of its count line.
    pub line: u64,
    /// When it was written, as a log prefix says (Unix time).
    pub captured_at: Option<Nanos>,
    /// The number that the text itself states (`goroutine profile: total 21`).
    pub stated_total: Option<u64>,
    /// What the runtime printed before the goroutines: panic, fatal error, signal.
    pub preamble: Vec<PreambleLine>,
    /// How the process ended, or what panic was logged, if the text says so.
    pub crash: Option<CrashRecord>,
    /// One row a goroutine, in the order of the text.
    pub goroutines: Vec<Goroutine>,
    /// One row a stack and label set, in the order of the text.
    pub counted: Vec<CountedStack>,
}

impl GoroutineDump {
    /// How many goroutines it lists.
    pub fn listed(&self) -> u64 {
        let counted = self.counted.iter().fold(0_u64, |sum, row| sum.saturating_add(row.count));
        counted.saturating_add(crate::base::convert::to_u64(self.goroutines.len()))
    }

    /// The place of one of its lines.
    pub const fn span(&self, line: u64) -> SourceSpan {
        SourceSpan { source: self.source, at: Position::line(line) }
    }
}

/// A line of the preamble with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreambleLine {
    /// What it is.
    pub kind: PreambleKind,
    /// The text, without its line end.
    pub text: String,
    /// Line in the source.
    pub line: u64,
}

/// What a line before the goroutines says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PreambleKind {
    /// `panic: …`, also nested and recovered ones.
    Panic,
    /// `fatal error: …`: the runtime's own; it cannot be recovered.
    FatalError,
    /// `SIGQUIT: quit`, `[signal SIGSEGV: …]`.
    Signal,
    /// `runtime: …`: what the runtime says about the trouble.
    Runtime,
    /// `http: panic serving …`: a panic that a handler recovered and logged.
    Recovered,
    /// A further line of the message before.
    Continuation,
}

/// One goroutine of a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goroutine {
    /// Its id: the runtime never gives one twice in a process's life.
    pub goid: u64,
    /// The goroutine that started it (Go 1.21 and later say).
    pub parent: Option<u64>,
    /// Status or wait reason, without the marks (`chan receive (nil chan)`).
    pub state: StrId,
    /// Minutes that the header prints. `None` is unknown, not short: the runtime
    /// stamps a blocked goroutine only when a GC sees it, with the previous GC's
    /// time (mgcmark.go, markroot), so the figure can also exceed the truth by
    /// one GC interval. Leaked goroutines print none.
    pub wait_minutes: Option<u32>,
    /// Its call stack; `None` if the text has none.
    pub stack: Option<StackId>,
    /// The `go` statement that started it.
    pub creator: Option<FrameId>,
    /// Its pprof labels.
    pub labels: LabelSetId,
    /// Fingerprint of the addresses that the outermost call with any was given
    /// ("which object does it work for"); 0 if the text shows none.
    pub arguments: u32,
    /// Its rows of [`Goroutines::addresses`]: the first, and how many.
    pub addresses: (u32, u32),
    /// Line of its header.
    pub line: u32,
    /// What the header and the block say beside.
    pub flags: GoroutineFlags,
}

/// An address that a call's printed arguments show: which object it works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallAddress {
    /// The address.
    pub address: u64,
    /// The call, as the index of its frame from the innermost.
    pub frame: u16,
    /// True for the first argument: a method's receiver.
    pub is_first: bool,
    /// True if `?` follows: since Go 1.17 arguments are passed in registers, and
    /// what is printed may be an old value.
    pub is_inexact: bool,
}

/// Marks of one goroutine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GoroutineFlags(u16);

impl GoroutineFlags {
    /// Nothing is known of it but its state.
    pub const NONE: Self = Self(0);
    /// `(leaked)`: the runtime's leak-finding GC proved that nothing can wake it.
    pub const LEAKED: Self = Self(1);
    /// `locked to thread`.
    pub const LOCKED: Self = Self(1 << 1);
    /// Frames in the middle are left out of the text.
    pub const ELIDED: Self = Self(1 << 2);
    /// The text ends inside its block: frames are missing.
    pub const CUT: Self = Self(1 << 3);
    /// In a `testing/synctest` bubble.
    pub const SYNCTEST: Self = Self(1 << 4);
    /// It ran on another thread: the text has no stack of it.
    pub const NO_STACK: Self = Self(1 << 5);
    /// It is a thread's system stack (`goroutine 0`), no goroutine.
    pub const SYSTEM_STACK: Self = Self(1 << 6);

    /// The test that printed it says that it was left behind.
    pub const LEFT_BY_TEST: Self = Self(1 << 7);

    /// True if `mark` is set.
    pub const fn has(self, mark: Self) -> bool {
        self.0 & mark.0 != 0
    }

    /// With `mark` set.
    #[must_use]
    pub const fn with(self, mark: Self) -> Self {
        Self(self.0 | mark.0)
    }
}

/// Goroutines that share stack and labels, as a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedStack {
    /// How many.
    pub count: u64,
    /// Their call stack, as far as the text shows it: leading `runtime.` frames are hidden.
    pub stack: Option<StackId>,
    /// Program counters of the hidden leading frames, innermost first: what
    /// the goroutines wait in can be told from them.
    pub hidden: Vec<u64>,
    /// Their labels.
    pub labels: LabelSetId,
    /// Line of the count.
    pub line: u32,
}

/// Sets of pprof labels, each stored once.
#[derive(Clone, Debug)]
pub struct LabelSets {
    rows: IndexVec<LabelSetId, Box<[(StrId, StrId)]>>,
    by_content: FxHashMap<Box<[(StrId, StrId)]>, LabelSetId>,
}

impl Default for LabelSets {
    fn default() -> Self {
        let mut sets = Self { rows: IndexVec::default(), by_content: FxHashMap::default() };
        sets.intern(Vec::new());
        sets
    }
}

impl LabelSets {
    /// The empty set's id.
    pub const EMPTY: LabelSetId = LabelSetId(0);

    /// The id of a set of (key, value) pairs, stored on first sight; order does not matter.
    pub fn intern(&mut self, mut pairs: Vec<(StrId, StrId)>) -> LabelSetId {
        pairs.sort_unstable();
        let pairs = pairs.into_boxed_slice();
        if let Some(&id) = self.by_content.get(&pairs) {
            return id;
        }
        let id = LabelSetId::from_usize(self.rows.len());
        self.by_content.insert(pairs.clone(), id);
        self.rows.push(pairs)
    }

    /// The pairs of a set.
    pub fn get(&self, id: LabelSetId) -> &[(StrId, StrId)] {
        self.rows.get(id).map_or(&[], |pairs| pairs)
    }
}

/// The goroutine tables.
#[derive(Clone, Debug, Default)]
pub struct Goroutines {
    /// Every dump, in the order of reading.
    pub dumps: IndexVec<DumpId, GoroutineDump>,
    /// Label sets of all dumps.
    pub labels: LabelSets,
    /// Addresses that the calls of goroutines print, up to
    /// [`crate::base::limits::CALL_ADDRESSES`].
    pub addresses: Vec<CallAddress>,
}

impl Goroutines {
    /// The addresses that the calls of a goroutine print, innermost first.
    pub fn addresses_of(&self, row: &Goroutine) -> &[CallAddress] {
        let start = crate::base::convert::id_to_usize(row.addresses.0);
        let count = crate::base::convert::id_to_usize(row.addresses.1);
        self.addresses.get(start..start.saturating_add(count)).unwrap_or_default()
    }

    /// The dumps of one source.
    pub fn of_source(&self, source: SourceId) -> impl Iterator<Item = (DumpId, &GoroutineDump)> {
        self.dumps.iter_enumerated().filter(move |(_, dump)| dump.source == source)
    }
}
