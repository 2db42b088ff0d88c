//! memleak's stacks over its lists.

use std::collections::BTreeMap;

use crate::base::order::StableOrder;
use crate::base::source::SourceId;
use crate::evidence::Evidence;
use crate::evidence::probes::NativeStack;
use crate::evidence::stacks::StackId;

/// One stack, list by list.
#[derive(Clone, Debug)]
pub struct StackCourse<'e> {
    /// The file.
    pub source: SourceId,
    /// The stack.
    pub stack: Option<StackId>,
    /// Its rows in the order of the lists that have it; rows of one list with this stack are summed into the first.
    pub rows: Vec<&'e NativeStack>,
    /// Bytes in each of these lists.
    pub bytes: Vec<u64>,
}

impl StackCourse<'_> {
    /// Bytes in the last list that has it.
    pub fn last(&self) -> u64 {
        self.bytes.last().copied().unwrap_or(0)
    }

    /// Seconds from the first to the last list that has it, where both are stated.
    pub fn seconds(&self) -> Option<u32> {
        const DAY: u32 = 86_400;
        let (first, last) = (self.rows.first()?.second_of_day?, self.rows.last()?.second_of_day?);
        Some((last + DAY - first) % DAY)
    }
}

/// Every stack of a file, with the most bytes in the last list first.
pub fn courses(evidence: &Evidence, source: SourceId) -> Vec<StackCourse<'_>> {
    let mut by_stack: BTreeMap<Option<StackId>, StackCourse<'_>> = BTreeMap::new();
    for row in evidence.probes.native_stacks.iter().filter(|row| row.source == source) {
        let course = by_stack.entry(row.stack).or_insert_with(|| StackCourse {
            source,
            stack: row.stack,
            rows: Vec::new(),
            bytes: Vec::new(),
        });
        match course
            .bytes
            .last_mut()
            .filter(|_| course.rows.last().is_some_and(|last| last.block == row.block))
        {
            Some(bytes) => *bytes = bytes.saturating_add(row.bytes),
            None => {
                course.rows.push(row);
                course.bytes.push(row.bytes);
            }
        }
    }
    let mut courses: Vec<_> = by_stack.into_values().collect();
    courses.order_by(|a, b| b.last().cmp(&a.last()).then(a.stack.cmp(&b.stack)));
    courses
}

/// The files of memleak, in order.
pub fn sources(evidence: &Evidence) -> Vec<SourceId> {
    let mut sources: Vec<SourceId> = evidence.probes.native_stacks.iter().map(|row| row.source).collect();
    sources.dedup();
    sources
}

/// The number of the last list of a file.
pub fn last_block(evidence: &Evidence, source: SourceId) -> Option<u32> {
    evidence.probes.native_stacks.iter().filter(|row| row.source == source).map(|row| row.block).max()
}
