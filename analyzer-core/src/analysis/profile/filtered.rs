//! A profile with what the filters leave of it, to be written to a file.

use std::collections::HashMap;

use super::frames::RemainingLines;
use super::query::{Filters, Query, QueryError};
use super::rows::Side;
use super::view::View;
use crate::base::convert::{id_to_usize, to_u32};
use crate::base::intern::StringTable;
use crate::evidence::Evidence;
use crate::evidence::profiles::{
    FunctionId, LabelInterner, Line, Location, LocationId, MappingId, Profile, StackInterner, StackRow,
    ValueType,
};

/// The profile of a query after its filters, with all sample types, labels and
/// addresses: granularity does not matter, and labels are not made frames. With
/// a base it has the one column that is compared, and the base's samples with
/// negative values, as `go tool pprof -proto -base` writes it.
/// # Errors
/// As for [`View::new`].
pub fn filtered(evidence: &Evidence, query: &Query) -> Result<Profile, QueryError> {
    let filters = Filters { tagroot: None, tagleaf: None, ..query.filters.clone() };
    let query = Query { filters, without_inlines: false, ..query.clone() };
    let mut view = View::new(evidence, &query)?;
    let remaining = view.remaining_lines(&query, &evidence.strings)?;
    let first = view.sides.first().ok_or(QueryError::UnknownProfile)?.profile();
    let mut profile = head(first);
    if view.has_base() {
        profile.sample_types = vec![compared(&view, &evidence.strings)];
        profile.default_sample_type = None;
    }
    let mut interners = (StackInterner::default(), LabelInterner::default());
    for (side, remaining) in view.sides.iter().zip(&remaining) {
        add(&mut profile, side, remaining, view.has_base(), &mut interners);
    }
    Ok(profile)
}

/// The profile without its tables.
fn head(profile: &Profile) -> Profile {
    Profile {
        sample_types: profile.sample_types.clone(),
        default_sample_type: profile.default_sample_type,
        period_type: profile.period_type,
        period: profile.period,
        time: profile.time,
        duration: profile.duration,
        comments: profile.comments.clone(),
        doc_url: profile.doc_url,
        drop_frames: profile.drop_frames,
        keep_frames: profile.keep_frames,
        ..Profile::new(profile.source)
    }
}

/// The column of a comparison.
fn compared(view: &View<'_>, strings: &StringTable) -> ValueType {
    let id = |text| strings.find(text).unwrap_or(StringTable::EMPTY);
    ValueType { kind: id(view.sample_type()), unit: id(view.unit()) }
}

fn add(
    to: &mut Profile,
    side: &Side<'_>,
    remaining: &RemainingLines,
    is_compared: bool,
    (stacks, label_sets): &mut (StackInterner, LabelInterner),
) {
    let from = side.profile();
    let mut tables = Tables::new(to, from);
    let mut parts: HashMap<StackRow, Option<StackRow>> = HashMap::new();
    let stride = from.sample_types.len().max(1);
    let samples = from.samples.stack.iter().zip(&from.samples.labels).zip(&from.samples.offset);
    let values = from.samples.values.chunks(stride).zip(side.column.values());
    for (((&stack, &labels), &offset), (all, value)) in samples.zip(values) {
        if !side.passes(labels) {
            continue;
        }
        let part = parts.entry(stack).or_insert_with(|| {
            let (begin, end) = side.part(stack)?;
            let locations = tables.locations(to, side, (begin, end), remaining);
            stacks.intern(&mut to.stacks, locations)
        });
        let Some(row) = *part else { continue };
        to.samples.stack.push(row);
        to.samples.labels.push(label_sets.intern(&mut to.label_sets, from.label_sets.get(labels)));
        to.samples.offset.push(offset);
        if is_compared {
            to.samples.values.push(value);
        } else {
            to.samples.values.extend_from_slice(all);
        }
    }
}

/// The rows of one side's tables in the new profile, added when first needed.
struct Tables<'a> {
    from: &'a Profile,
    /// Mappings come all: the first one names the program.
    first_mapping: u32,
    functions: Vec<Option<FunctionId>>,
    locations: Vec<Option<LocationId>>,
}

impl<'a> Tables<'a> {
    fn new(to: &mut Profile, from: &'a Profile) -> Self {
        let first_mapping = to_u32(to.mappings.len());
        to.mappings.extend_from_slice(&from.mappings);
        Self {
            from,
            first_mapping,
            functions: vec![None; from.functions.len()],
            locations: vec![None; from.locations.len()],
        }
    }

    /// The visible locations of a part of a stack, root first.
    fn locations(
        &mut self,
        to: &mut Profile,
        side: &Side<'_>,
        (begin, end): (u32, u32),
        remaining: &RemainingLines,
    ) -> Vec<LocationId> {
        let mut ids = Vec::new();
        let mut at = begin;
        while let Some((location, next)) = side.stacks.next(at, end) {
            at = next;
            if side.frames.verdict(location).is_hidden {
                continue;
            }
            ids.extend(self.location(to, location, remaining.of(location)));
        }
        ids
    }

    fn location(&mut self, to: &mut Profile, id: LocationId, lines: &[Line]) -> Option<LocationId> {
        let row = id_to_usize(id.0);
        if let Some(known) = *self.locations.get(row)? {
            return Some(known);
        }
        let lines_begin = to_u32(to.lines.len());
        for line in lines {
            let function = line.function.and_then(|id| self.function(to, id));
            to.lines.push(Line { function, ..*line });
        }
        let location = self.from.locations.get(row)?;
        let new = LocationId(to_u32(to.locations.len()));
        to.locations.push(Location {
            mapping: location.mapping.map(|id| MappingId(id.0.saturating_add(self.first_mapping))),
            lines_begin,
            lines_end: to_u32(to.lines.len()),
            ..*location
        });
        *self.locations.get_mut(row)? = Some(new);
        Some(new)
    }

    fn function(&mut self, to: &mut Profile, id: FunctionId) -> Option<FunctionId> {
        let row = id_to_usize(id.0);
        let known = self.functions.get_mut(row)?;
        if known.is_none() {
            *known = Some(FunctionId(to_u32(to.functions.len())));
            to.functions.push(*self.from.functions.get(row)?);
        }
        *known
    }
}
