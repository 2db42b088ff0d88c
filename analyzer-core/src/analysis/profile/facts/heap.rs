//! A heap profile as counts of sampled objects by (stack, size).

use rustc_hash::FxHashMap;

use super::stacks::{StackId, Stacks};
use super::stats::{Change, Level, sampled_share};
use crate::base::convert::{i64_to_f64, id_to_usize, rounded_i64, to_f64};
use crate::base::intern::{StrId, StringTable};
use crate::base::source::SourceId;
use crate::base::units::Nanos;
use crate::evidence::profiles::{LabelValue, Profile};

/// Objects of one size that one stack allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// The stack.
    pub stack: StackId,
    /// Bytes of each object.
    pub size: u64,
    /// Sampled objects that were allocated since the program started.
    pub allocated: u64,
    /// Sampled objects that are in use.
    pub in_use: u64,
    /// Offset of its first sample in the file.
    pub at: u32,
}

/// A heap profile that shows one moment of a process, not a difference.
#[derive(Clone, Debug)]
pub struct HeapProfile {
    /// The source.
    pub source: SourceId,
    /// When it was written.
    pub time: Option<Nanos>,
    /// Bytes of allocation between two samples.
    pub rate: i64,
    /// Build id of the program; empty if unknown.
    pub build_id: StrId,
    /// It is `allocs`, which holds the same and is asked for other reasons.
    pub is_allocs: bool,
    /// Classes by stack and size.
    pub classes: Vec<Class>,
    /// Bytes allocated since the program started, scaled up; with the captures' own.
    pub allocated_bytes: f64,
    /// Sampled objects allocated since the program started.
    pub allocated_objects: u64,
    /// Bytes in use, scaled up, without the captures' own.
    pub in_use: Level,
}

impl HeapProfile {
    /// Reads a profile with Go's four columns; `None` for a difference or another kind.
    pub fn of(
        profile: &Profile,
        strings: &StringTable,
        of_row: &[StackId],
        stacks: &Stacks,
        is_allocs: bool,
    ) -> Option<Self> {
        let column = |name: &str| {
            profile.sample_types.iter().position(|value_type| strings.get(value_type.kind) == name)
        };
        let columns = [
            column("alloc_objects")?,
            column("alloc_space")?,
            column("inuse_objects")?,
            column("inuse_space")?,
        ];
        let is_snapshot = profile.duration.is_none_or(|duration| duration.0 == 0);
        if !is_snapshot || profile.samples.values.iter().any(|&value| value < 0) {
            return None;
        }
        let mut heap = Self {
            source: profile.source,
            time: profile.time,
            rate: profile.period.unwrap_or(1).max(1),
            build_id: profile.mappings.first().map_or(StringTable::EMPTY, |mapping| mapping.build_id),
            is_allocs,
            classes: Vec::new(),
            allocated_bytes: 0.0,
            allocated_objects: 0,
            in_use: Level::default(),
        };
        heap.read(profile, strings, of_row, columns);
        for class in heap.classes.iter().filter(|class| !stacks.is_capture(class.stack)) {
            heap.in_use.add(class.size, to_f64(class.in_use), heap.rate);
        }
        Some(heap)
    }

    /// True if both show the same published cycle: nothing was allocated or freed in between.
    pub fn is_same_cycle(&self, other: &Self) -> bool {
        // A later profile of the cycle has new stacks already, with nothing in them.
        let counts = |heap: &Self| {
            let used = heap.classes.iter().filter(|class| class.allocated > 0 || class.in_use > 0);
            used.map(|class| Class { at: 0, ..*class }).collect::<Vec<_>>()
        };
        self.allocated_objects == other.allocated_objects && counts(self) == counts(other)
    }

    fn read(&mut self, profile: &Profile, strings: &StringTable, of_row: &[StackId], columns: [usize; 4]) {
        let sizes = sizes(profile, strings);
        let stride = profile.sample_types.len().max(1);
        let mut place: FxHashMap<(StackId, u64), usize> = FxHashMap::default();
        let samples = profile.samples.values.chunks_exact(stride);
        for (sample, values) in samples.enumerate() {
            let value = |column: usize| values.get(column).copied().unwrap_or(0);
            let [alloc_objects, alloc_space, inuse_objects, inuse_space] = columns.map(value);
            self.allocated_bytes += i64_to_f64(alloc_space);
            let average = |space: i64, objects: i64| space.checked_div(objects).map(i64::unsigned_abs);
            let label = profile.samples.labels.get(sample).and_then(|set| sizes.get(id_to_usize(set.0)));
            let size = label.copied().flatten().or_else(|| average(alloc_space, alloc_objects));
            let size = size.or_else(|| average(inuse_space, inuse_objects)).unwrap_or(0);
            let stack = profile.samples.stack.get(sample).and_then(|row| of_row.get(id_to_usize(row.0)));
            let Some(&stack) = stack else { continue };
            let p = sampled_share(size, self.rate);
            let sampled = |objects: i64| {
                rounded_i64(i64_to_f64(objects) * p).and_then(|count| u64::try_from(count).ok()).unwrap_or(0)
            };
            let (allocated, in_use) = (sampled(alloc_objects), sampled(inuse_objects));
            self.allocated_objects = self.allocated_objects.saturating_add(allocated);
            let at = profile.samples.offset.get(sample).copied().unwrap_or(0);
            let row = *place.entry((stack, size)).or_insert(self.classes.len());
            match self.classes.get_mut(row) {
                Some(class) => {
                    class.allocated = class.allocated.saturating_add(allocated);
                    class.in_use = class.in_use.saturating_add(in_use);
                }
                None => self.classes.push(Class { stack, size, allocated, in_use, at }),
            }
        }
        self.classes.sort_unstable_by_key(|class| (class.stack, class.size));
    }
}

/// By set of labels: the size that its `bytes` label states.
fn sizes(profile: &Profile, strings: &StringTable) -> Vec<Option<u64>> {
    let size = |label: &crate::evidence::profiles::Label| match label.value {
        LabelValue::Number { value, .. } if strings.get(label.key) == "bytes" => u64::try_from(value).ok(),
        _ => None,
    };
    profile.label_sets.iter().map(|(_, labels)| labels.iter().find_map(size)).collect()
}

/// One class in two profiles.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The stack.
    pub stack: StackId,
    /// Bytes of each object.
    pub size: u64,
    /// Sampled objects allocated in between; negative in different processes only.
    pub allocated: i64,
    /// Sampled objects more in use.
    pub kept: i64,
    /// Offset of its sample in the later file, else in the earlier one.
    pub at: u32,
}

impl Step {
    /// The share of what was allocated in between that is still in use.
    pub fn kept_share(&self) -> f64 {
        if self.allocated > 0 { i64_to_f64(self.kept) / i64_to_f64(self.allocated) } else { 0.0 }
    }

    /// Adds it to a change.
    pub fn add_to(&self, change: &mut Change, rate: i64) {
        change.add(self.size, i64_to_f64(self.allocated), i64_to_f64(self.kept), rate);
    }
}

/// What changed from one profile to another, by class.
pub fn steps(before: &HeapProfile, after: &HeapProfile) -> Vec<Step> {
    let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let (mut left, mut right) = (before.classes.iter().peekable(), after.classes.iter().peekable());
    let mut steps = Vec::with_capacity(after.classes.len());
    loop {
        let key = |class: &&Class| (class.stack, class.size);
        let (a, b) = match (left.peek().map(key), right.peek().map(key)) {
            (None, None) => return steps,
            (Some(a), Some(b)) if a == b => (left.next(), right.next()),
            (Some(a), Some(b)) if a < b => (left.next(), None),
            (Some(_), None) => (left.next(), None),
            (_, Some(_)) => (None, right.next()),
        };
        let Some(any) = b.or(a) else { return steps };
        let (allocated, in_use) = a.map_or((0, 0), |class| (signed(class.allocated), signed(class.in_use)));
        let (later, later_in_use) = b.map_or((0, 0), |class| (signed(class.allocated), signed(class.in_use)));
        steps.push(Step {
            stack: any.stack,
            size: any.size,
            allocated: later - allocated,
            kept: later_in_use - in_use,
            at: any.at,
        });
    }
}

/// True if the two can be of one process: sampled allocations only grow in one.
pub fn is_same_process(steps: &[Step]) -> bool {
    steps.iter().all(|step| step.allocated >= 0)
}
