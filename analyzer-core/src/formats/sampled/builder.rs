//! Fills the tables of a profile from frames, each distinct thing once.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::symbol;
use crate::base::convert::{id_to_usize, to_u32, to_u64};
use crate::base::error::{ErrorKind, Notes, ParseError};
use crate::base::intern::{StrId, StringTable};
use crate::base::limits;
use crate::base::source::{Position, SourceId};
use crate::base::units::Nanos;
use crate::evidence::profiles::{
    Function, FunctionId, Label, LabelInterner, LabelSetId, LabelValue, Line, Location, LocationId, Mapping,
    MappingId, Profile, StackInterner, StackRow, ValueType,
};

/// A call as a file names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The function, as the linker or the interpreter names it.
    pub name: &'a str,
    /// Source file; empty if unknown.
    pub file: &'a str,
    /// Line; 0 if unknown.
    pub line: i64,
    /// Column; 0 if unknown.
    pub column: i64,
}

/// Writes the tables of one profile.
#[derive(Debug)]
pub struct Builder<'e> {
    /// What was written.
    pub profile: Profile,
    /// Every string.
    pub strings: &'e mut StringTable,
    functions: FxHashMap<(StrId, StrId, StrId), FunctionId>,
    mappings: FxHashMap<StrId, MappingId>,
    locations: HashTable<u32>,
    stacks: StackInterner,
    label_sets: LabelInterner,
    lines: Vec<Line>,
    /// Frames of all distinct stacks so far.
    frames: usize,
    /// Stacks that were cut.
    cut: u64,
    /// True once a sample came without a time.
    is_timeless: bool,
}

impl<'e> Builder<'e> {
    /// An empty profile of a source.
    pub fn new(source: SourceId, strings: &'e mut StringTable) -> Self {
        Self {
            profile: Profile::new(source),
            strings,
            functions: FxHashMap::default(),
            mappings: FxHashMap::default(),
            locations: HashTable::new(),
            stacks: StackInterner::default(),
            label_sets: LabelInterner::default(),
            lines: Vec::new(),
            frames: 0,
            cut: 0,
            is_timeless: false,
        }
    }

    /// Adds a column of values.
    pub fn column(&mut self, what: &str, unit: &str) -> usize {
        let column = ValueType { kind: self.strings.intern(what), unit: self.strings.intern(unit) };
        self.profile.sample_types.push(column);
        self.profile.sample_types.len() - 1
    }

    /// The mapping of a file, by its path.
    pub fn mapping(&mut self, file: &str) -> MappingId {
        let file = self.strings.intern(file);
        let mappings = &mut self.profile.mappings;
        *self.mappings.entry(file).or_insert_with(|| {
            let id = to_u32(mappings.len());
            mappings.push(Mapping { id: u64::from(id) + 1, file, has_functions: true, ..Mapping::default() });
            MappingId(id)
        })
    }

    fn function(&mut self, name: &str, file: &str) -> FunctionId {
        let plain = symbol::plain(name);
        let key = (self.strings.intern(&plain), self.strings.intern(name), self.strings.intern(file));
        let functions = &mut self.profile.functions;
        *self.functions.entry(key).or_insert_with(|| {
            let (name, system_name, file) = key;
            let id = to_u32(functions.len());
            functions.push(Function { id: u64::from(id) + 1, name, system_name, file, start_line: 0 });
            FunctionId(id)
        })
    }

    /// The location of frames, the innermost inlined call first; none of them if nothing is known but
    /// address and mapping.
    pub fn location<'f>(
        &mut self,
        address: u64,
        mapping: Option<MappingId>,
        frames: impl IntoIterator<Item = Frame<'f>>,
    ) -> LocationId {
        let mut lines = std::mem::take(&mut self.lines);
        lines.clear();
        for Frame { name, file, line, column } in frames {
            lines.push(Line { function: Some(self.function(name, file)), line, column });
        }
        let id = self.location_of(address, mapping, &lines);
        self.lines = lines;
        id
    }

    fn location_of(&mut self, address: u64, mapping: Option<MappingId>, lines: &[Line]) -> LocationId {
        let profile = &mut self.profile;
        let hash = FxBuildHasher.hash_one((address, mapping.map(|id| id.0), lines));
        let is_it = |row: &u32| {
            let Some(location) = profile.locations.get(id_to_usize(*row)) else { return false };
            location.address == address && location.mapping == mapping && profile.lines_of(location) == lines
        };
        if let Some(&row) = self.locations.find(hash, is_it) {
            return LocationId(row);
        }
        let row = to_u32(profile.locations.len());
        let begin = to_u32(profile.lines.len());
        profile.lines.extend_from_slice(lines);
        profile.locations.push(Location {
            id: u64::from(row) + 1,
            mapping,
            address,
            lines_begin: begin,
            lines_end: to_u32(profile.lines.len()),
            is_folded: false,
            is_defined: true,
        });
        let hash_of = |&row: &u32| {
            let location = profile.locations.get(id_to_usize(row)).copied().unwrap_or_default();
            let lines = profile.lines_of(&location);
            FxBuildHasher.hash_one((location.address, location.mapping.map(|id| id.0), lines))
        };
        self.locations.insert_unique(hash, row, hash_of);
        LocationId(row)
    }

    /// A text label.
    pub fn text_label(&mut self, key: &str, value: &str) -> Label {
        Label { key: self.strings.intern(key), value: LabelValue::Text(self.strings.intern(value)) }
    }

    /// A number label.
    pub fn number_label(&mut self, key: &str, value: i64) -> Label {
        Label { key: self.strings.intern(key), value: LabelValue::Number { value, unit: None } }
    }

    /// The set of labels.
    pub fn labels(&mut self, labels: &[Label]) -> LabelSetId {
        self.label_sets.intern(&mut self.profile.label_sets, labels)
    }

    /// The row of a stack. Of one deeper than [`limits::SAMPLED_STACK_FRAMES`] the outermost frames stay.
    ///
    /// # Errors
    /// `LimitExceeded` if the tables would grow past their limits.
    pub fn stack(
        &mut self,
        root_first: impl IntoIterator<Item = LocationId>,
        at: usize,
    ) -> Result<StackRow, ParseError> {
        let mut rest = root_first.into_iter();
        let mut depth = 0;
        let kept = rest.by_ref().take(limits::SAMPLED_STACK_FRAMES).inspect(|_| depth += 1);
        let before = self.profile.stacks.len();
        let stack = self.stacks.intern(&mut self.profile.stacks, kept);
        if self.profile.stacks.len() > before {
            self.frames += depth;
        }
        self.cut += u64::from(rest.next().is_some());
        stack.filter(|_| self.is_within()).ok_or_else(|| Self::too_large(at))
    }

    /// Adds a sample. Its values are pushed by the caller, one a column.
    ///
    /// # Errors
    /// As for [`Self::stack`].
    pub fn sample(
        &mut self,
        stack: StackRow,
        labels: LabelSetId,
        at: usize,
        time: Option<Nanos>,
    ) -> Result<(), ParseError> {
        let samples = &mut self.profile.samples;
        if samples.len().max(samples.values.len()) >= limits::PROFILE_VALUES
            || self.profile.label_sets.label_count() > limits::PROFILE_LABELS
        {
            return Err(Self::too_large(at));
        }
        samples.stack.push(stack);
        samples.labels.push(labels);
        samples.offset.push(to_u32(at));
        match time {
            Some(time) if !self.is_timeless => samples.time.push(time),
            Some(_) => {}
            None => {
                self.is_timeless = true;
                samples.time = Vec::new();
            }
        }
        Ok(())
    }

    fn too_large(at: usize) -> ParseError {
        let message = "more locations, samples or frames than the maximum of a profile";
        ParseError::new(ErrorKind::LimitExceeded, Position::offset(to_u64(at)), "samples", message)
    }

    fn is_within(&self) -> bool {
        let profile = &self.profile;
        let rows = profile.locations.len().max(profile.functions.len()).max(profile.lines.len());
        rows <= limits::PROFILE_ROWS && self.frames <= limits::SAMPLED_FRAMES
    }

    /// The profile, with what to know about it said.
    pub fn finish(mut self, notes: &mut Notes) -> Profile {
        if self.cut > 0 {
            let message = format!(
                "{} stacks have more than {} frames; their innermost frames are omitted",
                self.cut,
                limits::SAMPLED_STACK_FRAMES
            );
            notes.data_loss("deep-stacks", None, message);
        }
        if self.profile.samples.is_empty() {
            notes.info("no-samples", None, "The file has no samples: nothing was recorded.");
        }
        self.profile.stacks.shrink_to_fit();
        self.profile
    }
}
