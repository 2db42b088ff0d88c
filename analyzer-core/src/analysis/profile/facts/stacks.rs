//! Call stacks as all profiles of the session name them, so that those of
//! different files compare: by function and line, whatever the addresses.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::roles::{self, Versions};
use crate::base::convert::{id_to_usize, to_u32};
use crate::base::go_symbol::{self, Origin};
use crate::base::intern::{StrId, StringTable};
use crate::evidence::profiles::{Profile, StackRow};
use crate::newtype_index;

newtype_index! {
    /// A frame of [`Stacks`].
    FrameId
}
newtype_index! {
    /// A stack of [`Stacks`].
    StackId
}

/// A function at a line.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The function.
    pub function: StrId,
    /// Its source file.
    pub file: StrId,
    /// The line; 0 if unknown.
    pub line: i64,
    /// Whose code it is.
    pub origin: Origin,
    /// What it stands for, if it is a known function of Go's.
    pub role: Option<&'static str>,
    mark: Mark,
}

/// Functions that decide of a whole stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    None,
    /// Takes a profile, or serves one.
    Capture,
    /// `sync.(*Pool).Get`.
    PoolGet,
    /// `runtime/pprof.Do`, which runs the program's own code under labels.
    LabelsDo,
}

impl Mark {
    fn of(name: &str) -> Self {
        const CAPTURES: [&str; 4] = ["runtime/pprof.", "net/http/pprof.", "runtime/trace.", "expvar."];
        match name {
            "sync.(*Pool).Get" => Self::PoolGet,
            "runtime/pprof.Do" => Self::LabelsDo,
            _ if CAPTURES.iter().any(|package| name.starts_with(package)) => Self::Capture,
            _ => Self::None,
        }
    }
}

/// Distinct stacks and frames of all profiles of a process.
#[derive(Clone, Debug, Default)]
pub struct Stacks {
    frames: Vec<Frame>,
    frame_of: FxHashMap<(StrId, StrId, i64), FrameId>,
    /// Frames of all stacks, innermost first.
    all: Vec<FrameId>,
    /// Where stack `i` ends; it starts where the one before ends.
    ends: Vec<u32>,
    by_content: HashTable<u32>,
    /// By stack: what is said of it.
    about: Vec<About>,
}

/// What a stack says of itself.
#[derive(Clone, Copy, Debug, Default)]
struct About {
    /// Place in the stack of the frame that the user can act on.
    user: Option<u32>,
    /// It is of taking a profile.
    is_capture: bool,
}

impl Stacks {
    /// The stacks of a profile, by its rows.
    pub fn add(&mut self, profile: &Profile, strings: &StringTable, versions: Versions) -> Vec<StackId> {
        let mut of_location: Vec<Vec<FrameId>> = Vec::with_capacity(profile.locations.len());
        for location in &profile.locations {
            let lines = profile.lines_of(location).iter();
            let frames = lines.filter_map(|line| {
                let function = profile.function_of(line)?;
                Some(self.frame((function.name, function.file, line.line), strings, versions))
            });
            of_location.push(frames.collect());
        }
        let rows = (0..to_u32(profile.stacks.len())).map(StackRow);
        let mut stack = Vec::new();
        rows.map(|row| {
            stack.clear();
            // Root first in the table, and innermost first within a location.
            for location in profile.stacks.locations(row) {
                match of_location.get(id_to_usize(location.0)).map(Vec::as_slice) {
                    Some(&[frame]) => stack.push(frame),
                    Some(frames) => stack.extend(frames.iter().rev()),
                    None => {}
                }
            }
            stack.reverse();
            self.intern(&stack)
        })
        .collect()
    }

    fn frame(&mut self, key: (StrId, StrId, i64), strings: &StringTable, versions: Versions) -> FrameId {
        if let Some(&id) = self.frame_of.get(&key) {
            return id;
        }
        let (function, file, line) = key;
        let (name, path) = (strings.get(function), strings.get(file));
        let id = FrameId(to_u32(self.frames.len()));
        self.frames.push(Frame {
            function,
            file,
            line,
            origin: go_symbol::origin_by_file(name, Some(path)),
            role: roles::role(name, versions),
            mark: Mark::of(name),
        });
        self.frame_of.insert(key, id);
        id
    }

    fn intern(&mut self, stack: &[FrameId]) -> StackId {
        let hash = FxBuildHasher.hash_one(stack);
        let (all, ends) = (&self.all, &self.ends);
        if let Some(&row) = self.by_content.find(hash, |&row| slice(all, ends, row) == stack) {
            return StackId(row);
        }
        let row = to_u32(self.ends.len());
        self.about.push(self.describe(stack));
        self.all.extend_from_slice(stack);
        self.ends.push(to_u32(self.all.len()));
        let (all, ends) = (&self.all, &self.ends);
        self.by_content.insert_unique(hash, row, |&row| FxBuildHasher.hash_one(slice(all, ends, row)));
        StackId(row)
    }

    fn describe(&self, stack: &[FrameId]) -> About {
        let (mut own, mut dependency) = (None, None);
        let (mut has_pool, mut has_capture, mut has_labels) = (false, false, false);
        for (at, id) in stack.iter().enumerate() {
            let Some(frame) = self.frames.get(id_to_usize(id.0)) else { continue };
            match frame.mark {
                Mark::None => {}
                Mark::Capture => has_capture = true,
                Mark::LabelsDo => has_labels = true,
                // What a pool's New makes is made for who asked the pool.
                Mark::PoolGet if !has_pool => (has_pool, own, dependency) = (true, None, None),
                Mark::PoolGet => {}
            }
            match frame.origin {
                Origin::Own if own.is_none() => own = Some(to_u32(at)),
                Origin::Dependency if dependency.is_none() => dependency = Some(to_u32(at)),
                _ => {}
            }
        }
        About { user: own.or(dependency), is_capture: has_capture && !has_labels }
    }

    /// A frame.
    pub fn get(&self, id: FrameId) -> Frame {
        const NOTHING: Frame = Frame {
            function: StringTable::EMPTY,
            file: StringTable::EMPTY,
            line: 0,
            origin: Origin::Native,
            role: None,
            mark: Mark::None,
        };
        self.frames.get(id_to_usize(id.0)).copied().unwrap_or(NOTHING)
    }

    /// The frames of a stack, innermost first.
    pub fn frames(&self, stack: StackId) -> impl DoubleEndedIterator<Item = Frame> + ExactSizeIterator + '_ {
        slice(&self.all, &self.ends, stack.0).iter().map(|&id| self.get(id))
    }

    /// The ids of the frames of a stack, innermost first.
    pub fn ids(&self, stack: StackId) -> &[FrameId] {
        slice(&self.all, &self.ends, stack.0)
    }

    /// The frame that the user can act on: the innermost of the program's own
    /// code, else of a dependency's; what a `sync.Pool` makes counts for who asked it.
    pub fn user(&self, stack: StackId) -> Option<FrameId> {
        let at = self.about.get(id_to_usize(stack.0))?.user?;
        self.ids(stack).get(id_to_usize(at)).copied()
    }

    /// True for what taking profiles costs.
    pub fn is_capture(&self, stack: StackId) -> bool {
        self.about.get(id_to_usize(stack.0)).is_some_and(|about| about.is_capture)
    }

    /// True if a function with this name is on the stack.
    pub fn has(&self, stack: StackId, strings: &StringTable, mut is_it: impl FnMut(&str) -> bool) -> bool {
        self.frames(stack).any(|frame| is_it(strings.get(frame.function)))
    }

    /// True if a frame's role is, or is within, one of these.
    pub fn has_role(&self, stack: StackId, of: &[&str]) -> bool {
        let is_one = |role: &str| of.iter().any(|kind| roles::is_within(role, kind));
        self.frames(stack).any(|frame| frame.role.is_some_and(is_one))
    }

    /// How many stacks there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

fn slice<'a>(all: &'a [FrameId], ends: &[u32], row: u32) -> &'a [FrameId] {
    let row = id_to_usize(row);
    let end = ends.get(row).copied().unwrap_or(0);
    let begin = row.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    all.get(id_to_usize(begin)..id_to_usize(end)).unwrap_or_default()
}
