//! What a profile is, before anything is asked of it.

use std::collections::BTreeSet;

use super::sample_type;
use crate::base::convert::{id_to_usize, to_u32, to_u64};
use crate::base::intern::StringTable;
use crate::evidence::Evidence;
use crate::evidence::profiles::{FunctionId, Location, Profile, StackRow};
use crate::report::{ProfileSummary, Program, SampleType};

/// Frames at which Go's profilers stop: 32 up to Go 1.22 and 128 from Go 1.23
/// on (runtime/mprof.go, maxProfStackDepth), 64 for CPU profiles
/// (runtime/cpuprof.go, maxCPUProfStack).
const DEPTH_LIMITS: [u32; 3] = [32, 64, 128];

/// A summary of every profile, in the order of their sources.
pub fn summaries(evidence: &Evidence) -> Vec<ProfileSummary> {
    evidence.profiles.iter().map(|profile| summary(profile, evidence)).collect()
}

fn summary(profile: &Profile, evidence: &Evidence) -> ProfileSummary {
    let strings = &evidence.strings;
    let text = |id| strings.get(id).to_owned();
    let default = sample_type::default(profile, strings);
    let name = |column: usize| profile.sample_types.get(column).map(|value_type| text(value_type.kind));
    let depths = Depths::of(profile);
    let stride = profile.sample_types.len().max(1);
    let is_negative = |values: &&[i64]| values.iter().any(|&value| value < 0);
    let is_bare =
        |location: &&Location| profile.lines_of(location).iter().all(|line| line.function.is_none());
    ProfileSummary {
        source: profile.source,
        kind: evidence.sources.get(profile.source).and_then(|source| source.kind.clone()),
        sample_types: sample_types(profile, strings),
        default_sample_type: name(default.column).unwrap_or_default(),
        empty_default: default.instead_of.and_then(name),
        samples: to_u64(profile.samples.len()),
        captured_at: profile.time,
        duration_nanos: profile.duration,
        period: profile.period,
        period_type: profile.period_type.map(|value_type| text(value_type.kind)),
        period_unit: profile.period_type.map(|value_type| text(value_type.unit)),
        program: profile
            .mappings
            .first()
            .map(|mapping| Program { file: text(mapping.file), build_id: text(mapping.build_id) }),
        label_keys: label_keys(profile, strings),
        comments: profile.comments.iter().map(|&comment| text(comment)).collect(),
        doc_url: profile.doc_url.map(text),
        drop_frames: profile.drop_frames.map(text),
        stacks: to_u64(profile.stacks.len()),
        locations: to_u64(profile.locations.len()),
        unsymbolized_locations: to_u64(profile.locations.iter().filter(is_bare).count()),
        functions: to_u64(profile.functions.len()),
        deepest_stack: u64::from(depths.deepest),
        has_times: !profile.samples.time.is_empty(),
        truncated_stacks: depths.truncated(),
        negative_samples: to_u64(profile.samples.values.chunks(stride).filter(is_negative).count()),
    }
}

fn sample_types(profile: &Profile, strings: &StringTable) -> Vec<SampleType> {
    let types = profile.sample_types.iter().enumerate();
    let column = |(column, value_type): (usize, &crate::evidence::profiles::ValueType)| SampleType {
        kind: strings.get(value_type.kind).to_owned(),
        unit: strings.get(value_type.unit).to_owned(),
        total: sample_type::total(profile, column),
    };
    types.map(column).collect()
}

fn label_keys(profile: &Profile, strings: &StringTable) -> Vec<String> {
    let keys: BTreeSet<_> = profile
        .label_sets
        .iter()
        .flat_map(|(_, labels)| labels)
        .map(|label| strings.get(label.key).to_owned())
        .collect();
    keys.into_iter().collect()
}

/// Frames of the runtime's own that the profiler counts and leaves out of what
/// it writes: an allocation goes through up to that many (runtime/pprof,
/// writeHeapProto).
const LEFT_OUT: u32 = 6;

/// How deep the stacks are.
pub(super) struct Depths {
    /// Frames of each stack, inlined calls included.
    pub(super) by_stack: Vec<u32>,
    deepest: u32,
    /// By stack: its outermost function.
    roots: Vec<Option<FunctionId>>,
    /// The depth at which the profiler stopped, if any stack is so deep.
    limit: Option<u32>,
    /// The outermost functions of stacks too short to be cut.
    starts: BTreeSet<Option<FunctionId>>,
}

impl Depths {
    pub(super) fn of(profile: &Profile) -> Self {
        let stacks = profile.stacks.len();
        let (mut by_stack, mut roots) = (Vec::with_capacity(stacks), Vec::with_capacity(stacks));
        // A narrow column, for every frame of every stack is looked up in it.
        let frames: Vec<u32> = profile
            .locations
            .iter()
            .map(|location| location.lines_end.saturating_sub(location.lines_begin).max(1))
            .collect();
        for row in (0..to_u32(stacks)).map(StackRow) {
            let mut locations = profile.stacks.locations(row).map(|id| id_to_usize(id.0)).peekable();
            let outermost = locations.peek().and_then(|&at| profile.locations.get(at));
            let depth = locations
                .filter_map(|at| frames.get(at))
                .fold(0_u32, |sum, &count| sum.saturating_add(count));
            by_stack.push(depth);
            roots.push(outermost.and_then(|location| profile.lines_of(location).last()?.function));
        }
        let deepest = by_stack.iter().copied().max().unwrap_or(0);
        // The frame that took the profile may be left out.
        let limit = DEPTH_LIMITS.into_iter().find(|&limit| deepest == limit || deepest + 1 == limit);
        let mut all = Self { by_stack, deepest, roots, limit, starts: BTreeSet::new() };
        let starts = |(&depth, &root): (&u32, &Option<FunctionId>)| (!all.may_be_cut(depth)).then_some(root);
        all.starts = all.by_stack.iter().zip(&all.roots).filter_map(starts).collect();
        all
    }

    fn may_be_cut(&self, depth: u32) -> bool {
        self.limit.is_some_and(|limit| depth + LEFT_OUT >= limit)
    }

    /// True for stacks about as deep as a profiler looks that start in a function
    /// which starts no shorter stack: it is only where the profiler stopped.
    pub(super) fn is_truncated(&self, row: usize) -> bool {
        let stack = self.by_stack.get(row).zip(self.roots.get(row));
        stack.is_some_and(|(&depth, root)| self.may_be_cut(depth) && !self.starts.contains(root))
    }

    fn truncated(&self) -> u64 {
        to_u64((0..self.by_stack.len()).filter(|&row| self.is_truncated(row)).count())
    }

    /// The depth at which stacks were cut, if any was.
    pub(super) fn limit(&self) -> Option<u64> {
        self.limit.map(u64::from).filter(|_| self.truncated() > 0)
    }
}
