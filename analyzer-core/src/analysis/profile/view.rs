//! A query's answer in the making: filtered stacks over shared nodes.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::compare::{self, Column};
use super::frames::{Decider, FrameFilters, PseudoFrame, RemainingLines};
use super::nodes::{Kept, KeyId, Keys};
use super::query::{Query, QueryError};
use super::rows::{Active, Side, tag_stacks};
use super::sample_type;
use super::tags::{self, LabelUnits, TagFilter};
use super::text::Names;
use crate::base::convert::to_u32;
use crate::base::intern::StringTable;
use crate::evidence::Evidence;
use crate::evidence::profiles::{LocationId, Profile};

/// A profile under a query, ready to be summed up in any way.
#[derive(Debug)]
pub struct View<'a> {
    pub(super) names: Names<'a>,
    pub(super) keys: Keys,
    /// The profile, and the base if there is one.
    pub(super) sides: Vec<Side<'a>>,
    sample_type: String,
    empty_default: Option<String>,
    unit: String,
    total: i64,
}

/// The compiled filters of a query.
struct Compiled<'q> {
    frames: FrameFilters,
    tagfocus: Option<TagFilter>,
    tagignore: Option<TagFilter>,
    tagroot: Vec<&'q str>,
    tagleaf: Vec<&'q str>,
    units: LabelUnits,
    kept: Kept,
}

impl<'a> View<'a> {
    /// Applies a query.
    /// # Errors
    /// If the query names what is not there, or a filter is no expression.
    pub fn new(evidence: &'a Evidence, query: &Query) -> Result<Self, QueryError> {
        let strings = &evidence.strings;
        let profile = evidence.profile_of(query.source).ok_or(QueryError::UnknownProfile)?;
        let sample_type::Choice { column: index, instead_of } =
            sample_type::find(profile, strings, query.sample_type.as_deref())?;
        let name = |column: usize| profile.sample_types.get(column).map(|t| strings.get(t.kind).to_owned());
        let value_type = profile.sample_types.get(index).copied().unwrap_or_default();
        let mut source = Column::new(profile, index);
        let mut unit = strings.get(value_type.unit).to_owned();
        let mut base = None;
        if let Some(asked) = query.base {
            let profile = evidence.profile_of(asked.source).ok_or(QueryError::UnknownProfile)?;
            let same = profile.sample_types.iter().position(|other| other.kind == value_type.kind);
            let mut column =
                Column::new(profile, same.ok_or_else(|| missing_column(strings.get(value_type.kind)))?);
            unit = compare::pair(&mut source, &mut column, asked.is_normalized, strings)?;
            base = Some(column);
        }
        let columns: Vec<_> = std::iter::once(source).chain(base).collect();
        let compiled = compile(query, &columns, strings)?;
        let mut view = Self {
            names: Names::new(strings),
            keys: Keys::new(),
            sides: Vec::new(),
            sample_type: strings.get(value_type.kind).to_owned(),
            empty_default: instead_of.and_then(name),
            unit,
            total: compare::total(source, base, query.base.is_some_and(|base| base.is_subtracted)),
        };
        for (index, column) in columns.iter().enumerate() {
            let shifts =
                if index == 0 { Vec::new() } else { compare::address_shifts(profile, column.profile) };
            view.add_side(*column, &compiled, &shifts, strings);
        }
        Ok(view)
    }

    /// The lines that the query's filters leave of every location, side by side.
    pub(super) fn remaining_lines(
        &mut self,
        query: &Query,
        strings: &StringTable,
    ) -> Result<Vec<RemainingLines>, QueryError> {
        let columns: Vec<_> = self.sides.iter().map(|side| side.column).collect();
        let compiled = compile(query, &columns, strings)?;
        let (names, keys) = (&mut self.names, &mut self.keys);
        let of_side = |column: &Column<'a>| {
            let (filters, kept) = (&compiled.frames, compiled.kept);
            let profile = column.profile;
            Decider { profile, filters, kept, address_shift: &[], names, keys }.remaining_lines()
        };
        Ok(columns.iter().map(of_side).collect())
    }

    fn add_side(
        &mut self,
        column: Column<'a>,
        compiled: &Compiled<'_>,
        address_shift: &[u64],
        strings: &StringTable,
    ) {
        let profile = column.profile;
        let tags = self.tag_frames(profile, compiled, strings);
        let decider = Decider {
            profile,
            filters: &compiled.frames,
            kept: compiled.kept,
            address_shift,
            names: &mut self.names,
            keys: &mut self.keys,
        };
        let frames = decider.frames(&tags.frames);
        let drop_frames = compiled.frames.prunes();
        let tagged =
            (!tags.frames.is_empty()).then(|| tag_stacks(profile, &frames, drop_frames, &tags.around));
        let active = Active {
            by_name: compiled.frames.is_by_name(),
            show_from: compiled.frames.has_show_from(),
            drop_frames: drop_frames && tagged.is_none(),
        };
        let (stacks, stack) = match tagged {
            Some(tagged) => (Cow::Owned(tagged.stacks), Cow::Owned(tagged.stack)),
            None => (Cow::Borrowed(&profile.stacks), Cow::Borrowed(profile.samples.stack.as_slice())),
        };
        let labels = label_verdicts(profile, compiled, strings);
        let mut side = Side { column, stacks, stack, frames, labels, active, rows: Vec::new() };
        side.sum_up();
        self.sides.push(side);
    }

    /// The frames that labels become, and which of them go around each label set.
    fn tag_frames(&mut self, profile: &Profile, compiled: &Compiled<'_>, strings: &StringTable) -> TagFrames {
        let mut tags = TagFrames::default();
        if compiled.tagroot.is_empty() && compiled.tagleaf.is_empty() {
            return tags;
        }
        let first = to_u32(profile.locations.len());
        let mut known: FxHashMap<PseudoFrame, usize> = FxHashMap::default();
        for (_, labels) in profile.label_sets.iter() {
            let mut locations = |keys: &[&str]| {
                let frame = |&key: &&str| {
                    let name = self.names.intern(&tags::frame_name(labels, key, strings));
                    let frame = PseudoFrame { name, key: self.names.intern(key) };
                    let next = tags.frames.len();
                    let index = *known.entry(frame).or_insert_with_key(|frame| {
                        tags.frames.push(frame.clone());
                        next
                    });
                    LocationId(first.saturating_add(to_u32(index)))
                };
                keys.iter().map(frame).collect::<Vec<_>>()
            };
            let around = (locations(&compiled.tagroot), locations(&compiled.tagleaf));
            tags.around.push(around);
        }
        tags
    }

    /// What is counted ("inuse_space").
    pub fn sample_type(&self) -> &str {
        &self.sample_type
    }

    /// The default column, if none was asked for and it is all zero: another one stands in.
    pub fn empty_default(&self) -> Option<&str> {
        self.empty_default.as_deref()
    }

    /// The unit of all values ("bytes").
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// What percentages are of: the sum of the amounts of all samples, filtered
    /// or not; against a base that is not subtracted, the base's.
    pub fn total(&self) -> i64 {
        self.total
    }

    /// The name of a node, as pprof prints it.
    pub fn name(&self, key: KeyId) -> String {
        if key == Keys::ROOT { "root".to_owned() } else { self.keys.get(key).printable(&self.names) }
    }

    /// The source file of a node, where it has one or its function does; else empty.
    pub fn file(&self, key: KeyId) -> &str {
        self.names.get(self.keys.file(key))
    }

    /// The nodes of a name: more than one where pprof tells nodes apart that it prints alike.
    pub(super) fn keys_named(&self, name: &str) -> Vec<KeyId> {
        self.keys.ids().filter(|&key| key != Keys::ROOT && self.name(key) == name).collect()
    }

    /// True if a base is compared with.
    pub fn has_base(&self) -> bool {
        self.sides.len() > 1
    }

    /// How many nodes there are, the root included.
    pub fn key_count(&self) -> usize {
        self.keys.len()
    }
}

#[derive(Default)]
struct TagFrames {
    frames: Vec<PseudoFrame>,
    /// By label set: at the root, at the leaf.
    around: Vec<(Vec<LocationId>, Vec<LocationId>)>,
}

fn missing_column(kind: &str) -> QueryError {
    QueryError::Incomparable { message: format!("the base has no sample type \"{kind}\"") }
}

fn compile<'q>(
    query: &'q Query,
    columns: &[Column<'_>],
    strings: &StringTable,
) -> Result<Compiled<'q>, QueryError> {
    let filters = &query.filters;
    let profile = columns.first().ok_or(QueryError::UnknownProfile)?.profile;
    Ok(Compiled {
        frames: FrameFilters::compile(filters, profile, strings)?,
        tagfocus: TagFilter::compile("tagfocus", filters.tagfocus.as_deref())?,
        tagignore: TagFilter::compile("tagignore", filters.tagignore.as_deref())?,
        tagroot: tags::keys(filters.tagroot.as_deref()),
        tagleaf: tags::keys(filters.tagleaf.as_deref()),
        units: LabelUnits::of(columns.iter().map(|column| &column.profile.label_sets), strings),
        kept: Kept::by(query),
    })
}

/// Which label sets the label filters leave; `None` for all.
fn label_verdicts(profile: &Profile, compiled: &Compiled<'_>, strings: &StringTable) -> Option<Vec<bool>> {
    if compiled.tagfocus.is_none() && compiled.tagignore.is_none() {
        return None;
    }
    let matches = |filter: &TagFilter, labels| filter.matches(labels, &compiled.units, strings);
    let passes = |labels| {
        compiled.tagfocus.as_ref().is_none_or(|filter| matches(filter, labels))
            && !compiled.tagignore.as_ref().is_some_and(|filter| matches(filter, labels))
    };
    Some(profile.label_sets.iter().map(|(_, labels)| passes(labels)).collect())
}
