//! Two profiles as one: how their values enter the sums, and what the total
//! is. Source: `profile/merge.go`, `internal/driver/fetch.go`.

use std::collections::HashMap;
use std::hash::Hash;

use super::measurement::{is_convertible, scale};
use super::query::QueryError;
use crate::base::convert::{f64_to_i64, i64_to_f64, id_to_usize, to_u32};
use crate::base::intern::{StrId, StringTable};
use crate::base::order::StableOrder;
use crate::evidence::profiles::{Label, LabelSetId, LabelValue, Location, Mapping, Profile, StackRow};

/// A column of a profile, with what pprof multiplies it by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    pub(super) profile: &'a Profile,
    index: usize,
    /// To the base's total; 1 for "as it is".
    normalization: f64,
    /// To the finer of two units; 1 for "as it is".
    unit: f64,
    pub(super) is_base: bool,
}

impl<'a> Column<'a> {
    pub(super) fn new(profile: &'a Profile, index: usize) -> Self {
        Self { profile, index, normalization: 1.0, unit: 1.0, is_base: false }
    }

    /// The values in sample order; those of a base are negative.
    pub(super) fn values(self) -> impl Iterator<Item = i64> + 'a {
        self.profile.column(self.index).map(move |value| {
            let value = scaled(value, self.normalization);
            scaled(if self.is_base { value.saturating_neg() } else { value }, self.unit)
        })
    }

    fn plain_total(&self) -> i64 {
        self.profile.column(self.index).fold(0, i64::saturating_add)
    }

    fn unit_name<'s>(&self, strings: &'s StringTable) -> &'s str {
        self.profile.sample_types.get(self.index).map_or("", |value_type| strings.get(value_type.unit))
    }
}

/// Rounds half away from zero, as Go's `math.Round`.
fn scaled(value: i64, factor: f64) -> i64 {
    if factor == 1.0 { value } else { f64_to_i64((i64_to_f64(value) * factor).round()) }
}

/// Makes two columns one measure.
/// # Errors
/// `Incomparable` if their units do not convert.
pub(super) fn pair<'a>(
    source: &mut Column<'a>,
    base: &mut Column<'a>,
    is_normalized: bool,
    strings: &StringTable,
) -> Result<String, QueryError> {
    base.is_base = true;
    let (unit, base_unit) = (source.unit_name(strings), base.unit_name(strings));
    if !is_convertible(unit, base_unit) {
        let message = format!("one counts in {unit}, the other in {base_unit}");
        return Err(QueryError::Incomparable { message });
    }
    if is_normalized {
        let total = source.plain_total();
        source.normalization =
            if total == 0 { 0.0 } else { i64_to_f64(base.plain_total()) / i64_to_f64(total) };
    }
    let finest = if scale(1, base_unit, unit).0 < 1.0 { base_unit } else { unit };
    source.unit = scale(1, unit, finest).0;
    base.unit = scale(1, base_unit, finest).0;
    Ok(finest.to_owned())
}

/// The total that percentages are of: the sum of the amounts, whatever their
/// signs; against a base that is not subtracted, the base's.
pub(super) fn total(source: Column<'_>, base: Option<Column<'_>>, is_subtracted: bool) -> i64 {
    let Some(base) = base else { return absolute_sum(source.values()) };
    if is_subtracted {
        return canceled_total(source, base);
    }
    match absolute_sum(merged(base)) {
        0 => absolute_sum(merged(source)),
        total => total,
    }
}

fn absolute_sum(values: impl Iterator<Item = i64>) -> i64 {
    values.fold(0_i64, |sum, value| sum.saturating_add(value.saturating_abs()))
}

/// One value for each distinct stack and label set.
fn merged(column: Column<'_>) -> impl Iterator<Item = i64> {
    let samples = &column.profile.samples;
    let keys = samples.stack.iter().copied().zip(samples.labels.iter().copied());
    sums(keys.zip(column.values())).into_values()
}

fn sums<K: Eq + Hash>(values: impl Iterator<Item = (K, i64)>) -> HashMap<K, i64> {
    let mut sums = HashMap::new();
    for (key, value) in values {
        let sum: &mut i64 = sums.entry(key).or_default();
        *sum = sum.saturating_add(value);
    }
    sums
}

/// The total once equal samples of both sides have canceled out.
fn canceled_total(source: Column<'_>, base: Column<'_>) -> i64 {
    let mut contents = Contents::default();
    let mut all = HashMap::<(u32, u32), i64>::new();
    for column in [source, base] {
        let stacks = contents.stacks(column.profile);
        let labels = contents.label_sets(column.profile);
        let samples = &column.profile.samples;
        let id = |ids: &[u32], row: u32| ids.get(id_to_usize(row)).copied().unwrap_or(u32::MAX);
        let keys = samples
            .stack
            .iter()
            .zip(&samples.labels)
            .map(|(&StackRow(stack), &LabelSetId(set))| (id(&stacks, stack), id(&labels, set)));
        for (key, value) in sums(keys.zip(column.values())) {
            let sum = all.entry(key).or_default();
            *sum = sum.saturating_add(value);
        }
    }
    absolute_sum(all.into_values())
}

/// Ids by content, over both profiles: what pprof's merge takes for the same.
#[derive(Default)]
struct Contents {
    locations: HashMap<LocationContent, u32>,
    stacks: HashMap<Vec<u32>, u32>,
    label_sets: HashMap<Vec<Label>, u32>,
}

#[derive(PartialEq, Eq, Hash)]
struct LocationContent {
    mapping: Option<MappingContent>,
    /// From the start of the mapping: programs are loaded anywhere.
    address: u64,
    is_folded: bool,
    lines: Vec<(Option<FunctionContent>, i64, i64)>,
}

/// Start line, name, system name, file.
type FunctionContent = (i64, StrId, StrId, StrId);

/// Size in pages, offset, and build id or else file.
pub(super) type MappingContent = (u64, u64, StrId);

pub(super) fn mapping_content(mapping: &Mapping) -> MappingContent {
    const PAGE: u64 = 0x1000;
    let size = mapping.limit.wrapping_sub(mapping.start).wrapping_add(PAGE - 1);
    let name = if mapping.build_id == StringTable::EMPTY { mapping.file } else { mapping.build_id };
    (size / PAGE, mapping.offset, name)
}

/// What to add to a base's addresses so that they fall on the source's.
pub(super) fn address_shifts(source: &Profile, base: &Profile) -> Vec<u64> {
    let starts: HashMap<_, _> =
        source.mappings.iter().rev().map(|mapping| (mapping_content(mapping), mapping.start)).collect();
    let shift = |mapping: &Mapping| {
        starts.get(&mapping_content(mapping)).map_or(0, |start| start.wrapping_sub(mapping.start))
    };
    base.mappings.iter().map(shift).collect()
}

fn id_of<K: Eq + Hash>(ids: &mut HashMap<K, u32>, content: K) -> u32 {
    let next = to_u32(ids.len());
    *ids.entry(content).or_insert(next)
}

impl Contents {
    fn stacks(&mut self, profile: &Profile) -> Vec<u32> {
        let content = |location: &Location| location_content(profile, location);
        let locations: Vec<_> =
            profile.locations.iter().map(|row| id_of(&mut self.locations, content(row))).collect();
        let stack = |row| {
            let ids = profile.stacks.locations(StackRow(row));
            ids.map(|id| locations.get(id_to_usize(id.0)).copied().unwrap_or(u32::MAX)).collect()
        };
        (0..to_u32(profile.stacks.len())).map(|row| id_of(&mut self.stacks, stack(row))).collect()
    }

    fn label_sets(&mut self, profile: &Profile) -> Vec<u32> {
        let content = |labels: &[Label]| {
            let is_kept = |label: &&Label| label.value != LabelValue::EmptyOrZero;
            let mut labels: Vec<_> = labels.iter().filter(is_kept).copied().collect();
            // Values of one key keep their order.
            labels.order_by_key(|label| (matches!(label.value, LabelValue::Number { .. }), label.key));
            labels
        };
        profile.label_sets.iter().map(|(_, labels)| id_of(&mut self.label_sets, content(labels))).collect()
    }
}

fn location_content(profile: &Profile, location: &Location) -> LocationContent {
    let mapping = profile.mapping_of(location);
    let lines = profile.lines_of(location).iter().map(|line| {
        let function = profile.function_of(line);
        let content = function.map(|f| (f.start_line, f.name, f.system_name, f.file));
        (content, line.line, line.column)
    });
    LocationContent {
        mapping: mapping.map(mapping_content),
        address: location.address.wrapping_sub(mapping.map_or(0, |mapping| mapping.start)),
        is_folded: location.is_folded,
        lines: lines.collect(),
    }
}
