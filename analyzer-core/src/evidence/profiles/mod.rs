//! Profiles, without loss: what profile.proto says, with strings and ids resolved.
//! Stacks that other tools sampled have the same tables, and times where their files have them.
//!
//! Ids of the file survive in `id` columns; everything else is named by row.

mod labels;
mod stacks;

pub use labels::{Label, LabelInterner, LabelSetId, LabelSets, LabelValue};
pub use stacks::{StackInterner, StackList, StackRow};

use crate::base::intern::StrId;
use crate::base::source::SourceId;
use crate::base::units::Nanos;
use crate::newtype_index;

newtype_index! {
    /// A profile of the session.
    ProfileId
}
newtype_index! {
    /// A row of [`Profile::mappings`].
    MappingId
}
newtype_index! {
    /// A row of [`Profile::functions`].
    FunctionId
}
newtype_index! {
    /// A row of [`Profile::locations`].
    LocationId
}

/// A kind of value and its unit. Source: `ValueType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ValueType {
    /// What is counted ("inuse_space").
    pub kind: StrId,
    /// Its unit ("bytes").
    pub unit: StrId,
}

/// A file mapped into the process. Source: `Mapping`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Id in the file.
    pub id: u64,
    /// First address.
    pub start: u64,
    /// First address after it.
    pub limit: u64,
    /// Offset in the file of the first address.
    pub offset: u64,
    /// Path of the file.
    pub file: StrId,
    /// Build id of the file.
    pub build_id: StrId,
    /// The producer had function names.
    pub has_functions: bool,
    /// The producer had file names.
    pub has_filenames: bool,
    /// The producer had line numbers.
    pub has_line_numbers: bool,
    /// The producer had inlined calls.
    pub has_inline_frames: bool,
}

/// A function. Source: `Function`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// Id in the file.
    pub id: u64,
    /// Name for people; empty if unknown.
    pub name: StrId,
    /// Name as the linker knows it.
    pub system_name: StrId,
    /// Source file; empty if unknown.
    pub file: StrId,
    /// Line on which it starts; 0 if unknown.
    pub start_line: i64,
}

/// A line of source code that a location stands for. Source: `Line`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Line {
    /// The function; `None` if the file names none, or one that it does not define.
    pub function: Option<FunctionId>,
    /// Line in the file; 0 if unknown.
    pub line: i64,
    /// Column in the line; 0 if unknown.
    pub column: i64,
}

/// An address of the program. Source: `Location`.
///
/// Its lines are `lines[lines_begin..lines_end]` of the profile: the innermost
/// inlined call first, the function that has the code last. No line means no symbols.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// Id in the file.
    pub id: u64,
    /// The file that the address lies in.
    pub mapping: Option<MappingId>,
    /// The instruction; 0 if unknown.
    pub address: u64,
    /// First row in [`Profile::lines`].
    pub lines_begin: u32,
    /// First row after its lines.
    pub lines_end: u32,
    /// Several symbols stand here, and the choice among them is arbitrary.
    pub is_folded: bool,
    /// False if samples name it, and the file does not define it.
    pub is_defined: bool,
}

/// Samples, one row each, as columns.
///
/// Invariant: `stack`, `labels` and `offset` have one entry a sample, `values`
/// has [`Profile::sample_types`] entries a sample, `time` one a sample or none at all.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// The call stack.
    pub stack: Vec<StackRow>,
    /// The labels.
    pub labels: Vec<LabelSetId>,
    /// Byte offset of the record in the decoded source.
    pub offset: Vec<u32>,
    /// The values, sample by sample.
    pub values: Vec<i64>,
    /// When each sample was taken, on the file's own clock; empty if the file does not say it of all.
    pub time: Vec<Nanos>,
}

impl Samples {
    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.stack.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.stack.is_empty()
    }
}

/// One profile. Source: `Profile` of profile.proto.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Where it stands.
    pub source: SourceId,
    /// The columns of values.
    pub sample_types: Vec<ValueType>,
    /// Name of the column to show first, if the file has a wish.
    pub default_sample_type: Option<StrId>,
    /// What a period counts.
    pub period_type: Option<ValueType>,
    /// Events between two samples; `None` if not stated.
    pub period: Option<i64>,
    /// When it was taken (Unix time); the start, for a profile with a duration.
    pub time: Option<Nanos>,
    /// How long it was taken for.
    pub duration: Option<Nanos>,
    /// Free text.
    pub comments: Vec<StrId>,
    /// A link to what the profile is.
    pub doc_url: Option<StrId>,
    /// Regular expression: functions that pprof drops, with all that they call.
    pub drop_frames: Option<StrId>,
    /// Regular expression: exceptions of `drop_frames`.
    pub keep_frames: Option<StrId>,
    /// Files mapped into the process; the first is the program.
    pub mappings: Vec<Mapping>,
    /// Functions.
    pub functions: Vec<Function>,
    /// Addresses.
    pub locations: Vec<Location>,
    /// Lines of the locations.
    pub lines: Vec<Line>,
    /// Distinct call stacks.
    pub stacks: StackList,
    /// Distinct sets of labels.
    pub label_sets: LabelSets,
    /// Samples, in file order.
    pub samples: Samples,
}

impl Profile {
    /// A profile without anything.
    pub fn new(source: SourceId) -> Self {
        Self {
            source,
            sample_types: Vec::new(),
            default_sample_type: None,
            period_type: None,
            period: None,
            time: None,
            duration: None,
            comments: Vec::new(),
            doc_url: None,
            drop_frames: None,
            keep_frames: None,
            mappings: Vec::new(),
            functions: Vec::new(),
            locations: Vec::new(),
            lines: Vec::new(),
            stacks: StackList::default(),
            label_sets: LabelSets::default(),
            samples: Samples::default(),
        }
    }

    /// The values of a column, in sample order; nothing if there is no such column.
    pub fn column(&self, sample_type: usize) -> impl Iterator<Item = i64> + '_ {
        let stride = self.sample_types.len().max(1);
        self.samples.values.iter().skip(sample_type).step_by(stride).copied()
    }

    /// The lines of a location, innermost first.
    pub fn lines_of(&self, location: &Location) -> &[Line] {
        let range = to_usize(location.lines_begin)..to_usize(location.lines_end);
        self.lines.get(range).unwrap_or_default()
    }

    /// The function of a line.
    pub fn function_of(&self, line: &Line) -> Option<&Function> {
        self.functions.get(to_usize(line.function?.0))
    }

    /// The mapping of a location.
    pub fn mapping_of(&self, location: &Location) -> Option<&Mapping> {
        self.mappings.get(to_usize(location.mapping?.0))
    }
}

const fn to_usize(id: u32) -> usize {
    crate::base::convert::id_to_usize(id)
}
