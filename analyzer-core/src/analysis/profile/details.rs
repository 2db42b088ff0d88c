//! What a profile is beyond its summary: where its code lies, how deep its stacks are.

use serde::{Deserialize, Serialize};

use super::query::{Query, QueryError};
use super::sample_type;
use super::summary::Depths;
use crate::base::convert::id_to_usize;
use crate::base::packed::{PackedI64, PackedU64};
use crate::evidence::Evidence;
use crate::evidence::profiles::Profile;

/// More about a profile, for one of its sample types.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// What is counted ("inuse_space").
    pub sample_type: String,
    /// Its unit ("bytes").
    pub unit: String,
    /// The sum of the amounts of all samples, whatever their signs.
    pub total: i64,
    /// Files mapped into the process that any location lies in, in file order.
    pub mappings: Vec<MappingRow>,
    /// Locations in none of the file's mappings.
    pub unmapped_locations: u64,
    /// Samples by number of frames, inlined calls included: entry `i` is for `i` frames.
    pub samples_by_depth: PackedU64,
    /// Their amounts, likewise.
    pub amount_by_depth: PackedI64,
    /// The number of frames at which the profiler stopped; `None` if no stack was cut.
    pub depth_limit: Option<u64>,
    /// The samples whose outermost callers are missing for that reason.
    pub truncated_samples: u64,
    /// Their amounts.
    pub truncated_amount: i64,
}

/// A file mapped into the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingRow {
    /// Its path; empty if unknown.
    pub file: String,
    /// Its build id; empty if unknown.
    pub build_id: String,
    /// First address.
    pub start: u64,
    /// First address after it.
    pub limit: u64,
    /// Offset in the file of the first address.
    pub offset: u64,
    /// Locations in it.
    pub locations: u64,
    /// Of these, locations without a function.
    pub unsymbolized: u64,
}

/// Looks into a profile. Only the query's profile and sample type matter.
/// # Errors
/// If the query names what is not there.
pub fn details(evidence: &Evidence, query: &Query) -> Result<Details, QueryError> {
    let strings = &evidence.strings;
    let profile = evidence.profile_of(query.source).ok_or(QueryError::UnknownProfile)?;
    let column = sample_type::find(profile, strings, query.sample_type.as_deref())?.column;
    let value_type = profile.sample_types.get(column).copied().unwrap_or_default();
    let depths = Depths::of(profile);
    let mut details = Details {
        sample_type: strings.get(value_type.kind).to_owned(),
        unit: strings.get(value_type.unit).to_owned(),
        depth_limit: depths.limit(),
        ..Details::default()
    };
    add_mappings(&mut details, profile, evidence);
    let samples = profile.samples.stack.iter().zip(profile.column(column));
    for (stack, value) in samples {
        let row = id_to_usize(stack.0);
        let amount = value.saturating_abs();
        details.total = details.total.saturating_add(amount);
        details.count(depths.by_stack.get(row).copied().unwrap_or(0), amount);
        if depths.is_truncated(row) {
            details.truncated_samples += 1;
            details.truncated_amount = details.truncated_amount.saturating_add(amount);
        }
    }
    Ok(details)
}

/// Deeper stacks share the last entry of the columns, so that a stack made to
/// harm does not make them long.
const DEPTHS: usize = 1_024;

impl Details {
    fn count(&mut self, depth: u32, amount: i64) {
        let at = id_to_usize(depth).min(DEPTHS);
        let (samples, amounts) = (&mut self.samples_by_depth.0, &mut self.amount_by_depth.0);
        if at >= samples.len() {
            samples.resize(at + 1, 0);
            amounts.resize(at + 1, 0);
        }
        samples[at] += 1;
        amounts[at] = amounts[at].saturating_add(amount);
    }
}

fn add_mappings(details: &mut Details, profile: &Profile, evidence: &Evidence) {
    let mut counts = vec![(0_u64, 0_u64); profile.mappings.len()];
    for location in &profile.locations {
        let is_bare = profile.lines_of(location).iter().all(|line| line.function.is_none());
        match location.mapping.and_then(|id| counts.get_mut(id_to_usize(id.0))) {
            Some((locations, unsymbolized)) => {
                *locations += 1;
                *unsymbolized += u64::from(is_bare);
            }
            None => details.unmapped_locations += 1,
        }
    }
    let text = |id| evidence.strings.get(id).to_owned();
    let rows = profile.mappings.iter().zip(counts).filter(|(_, (locations, _))| *locations > 0);
    details.mappings = rows
        .map(|(mapping, (locations, unsymbolized))| MappingRow {
            file: text(mapping.file),
            build_id: text(mapping.build_id),
            start: mapping.start,
            limit: mapping.limit,
            offset: mapping.offset,
            locations,
            unsymbolized,
        })
        .collect();
}
