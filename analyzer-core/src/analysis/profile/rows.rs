//! The stacks of a profile that a query leaves, each with its weight.

use std::borrow::Cow;
use std::collections::HashMap;

use super::compare::Column;
use super::frames::{FrameRef, Frames};
use crate::base::convert::{id_to_usize, to_u32};
use crate::evidence::profiles::{LabelSetId, LocationId, Profile, StackList, StackRow};

/// A stack, or what the filters leave of it, with the sum of its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Where it begins in the stack list.
    pub(super) begin: u32,
    /// Where it ends.
    pub(super) end: u32,
    /// Frames of the first location to leave out.
    pub(super) skip: u32,
    /// The sum of the values; negative for a base.
    pub(super) weight: i64,
}

/// Which filters on frames a query has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Active {
    /// `focus`, `ignore`, `hide` or `show`.
    pub(super) by_name: bool,
    pub(super) show_from: bool,
    /// The profile's own `drop_frames`, unless the stacks are already without them.
    pub(super) drop_frames: bool,
}

/// One profile of a view.
#[derive(Debug)]
pub(super) struct Side<'a> {
    pub(super) column: Column<'a>,
    /// The profile's stacks, or, with frames made of labels, those with them.
    pub(super) stacks: Cow<'a, StackList>,
    /// The stack of each sample.
    pub(super) stack: Cow<'a, [StackRow]>,
    pub(super) frames: Frames,
    /// True for label sets that the label filters leave; `None` for all.
    pub(super) labels: Option<Vec<bool>>,
    pub(super) active: Active,
    /// What is left, added up; filled by [`Side::sum_up`].
    pub(super) rows: Vec<Row>,
}

impl<'a> Side<'a> {
    pub(super) fn profile(&self) -> &'a Profile {
        self.column.profile
    }

    /// Calls `each` with every frame of a row, outermost first.
    pub(super) fn walk(&self, row: &Row, mut each: impl FnMut(FrameRef)) {
        let (mut at, mut skip) = (row.begin, row.skip);
        while let Some((location, next)) = self.stacks.next(at, row.end) {
            for &frame in self.frames.of(location).iter().skip(id_to_usize(skip)) {
                each(frame);
            }
            (at, skip) = (next, 0);
        }
    }

    /// Adds up the values of each stack; what the filters drop is left out.
    pub(super) fn sum_up(&mut self) {
        let mut weights = vec![0_i64; self.stacks.len()];
        let label_sets = &self.profile().samples.labels;
        for ((&stack, &labels), value) in self.stack.iter().zip(label_sets).zip(self.column.values()) {
            if let Some(weight) = weights.get_mut(id_to_usize(stack.0)).filter(|_| self.passes(labels)) {
                *weight = weight.saturating_add(value);
            }
        }
        let with_weight = weights.iter().zip(0..).filter(|(weight, _)| **weight != 0);
        let row = |(&weight, stack): (&i64, u32)| {
            let (begin, end) = self.part(StackRow(stack))?;
            Some(Row { begin, end, skip: 0, weight })
        };
        self.rows = with_weight.filter_map(row).collect();
    }

    /// The samples that the filters leave: their labels and values.
    pub(super) fn left_samples(&self) -> impl Iterator<Item = (LabelSetId, i64)> + '_ {
        let is_left: Vec<_> =
            (0..to_u32(self.stacks.len())).map(|stack| self.part(StackRow(stack)).is_some()).collect();
        let labels = self.profile().samples.labels.iter().copied();
        let samples = self.stack.iter().zip(labels).zip(self.column.values());
        samples.filter_map(move |((stack, labels), value)| {
            let is_left = is_left.get(id_to_usize(stack.0)) == Some(&true) && self.passes(labels);
            is_left.then_some((labels, value))
        })
    }

    /// True if the label filters leave a label set.
    pub(super) fn passes(&self, labels: LabelSetId) -> bool {
        self.labels.as_ref().is_none_or(|set| set.get(id_to_usize(labels.0)) == Some(&true))
    }

    /// What the filters on frames leave of a stack; `None` if they drop it.
    pub(super) fn part(&self, stack: StackRow) -> Option<(u32, u32)> {
        let (mut begin, mut end) = self.stacks.range(stack);
        if self.active.drop_frames {
            end = pruned_end(&self.stacks, &self.frames, begin, end);
        }
        if self.active.by_name && !self.is_left_by_name(begin, end) {
            return None;
        }
        if self.active.show_from {
            begin = self.shown_begin(begin, end)?;
        }
        Some((begin, end))
    }

    /// True if a location is focused, none is ignored and not all are hidden.
    fn is_left_by_name(&self, begin: u32, end: u32) -> bool {
        let (mut is_focused, mut is_visible) = (false, false);
        let mut at = begin;
        while let Some((location, next)) = self.stacks.next(at, end) {
            let verdict = self.frames.verdict(location);
            if verdict.is_ignored {
                return false;
            }
            is_focused |= verdict.is_focused;
            is_visible |= !verdict.is_hidden;
            at = next;
        }
        is_focused && (is_visible || !self.frames.hides_any)
    }

    fn shown_begin(&self, begin: u32, end: u32) -> Option<u32> {
        let mut at = begin;
        while let Some((location, next)) = self.stacks.next(at, end) {
            let verdict = self.frames.verdict(location);
            if verdict.shows_from && !verdict.is_hidden {
                return Some(at);
            }
            at = next;
        }
        None
    }
}

/// Where a stack ends once `drop_frames` is applied. Frames before the first
/// one that it does not match are spared, so that something is left.
pub(super) fn pruned_end(stacks: &StackList, frames: &Frames, begin: u32, end: u32) -> u32 {
    let mut has_user_frame = false;
    let mut at = begin;
    while let Some((location, next)) = stacks.next(at, end) {
        let verdict = frames.verdict(location);
        match (verdict.is_pruned, verdict.is_pruned_beneath) {
            (false, false) => has_user_frame = true,
            (true, _) if has_user_frame => return at,
            (false, true) if has_user_frame => return next,
            _ => {}
        }
        at = next;
    }
    end
}

/// Stacks with frames of labels around them.
pub(super) struct Tagged {
    pub(super) stacks: StackList,
    pub(super) stack: Vec<StackRow>,
}

/// Wraps each sample's stack in the pseudo locations of its label set.
pub(super) fn tag_stacks(
    profile: &Profile,
    frames: &Frames,
    prunes: bool,
    around: &[(Vec<LocationId>, Vec<LocationId>)],
) -> Tagged {
    let mut tagged =
        Tagged { stacks: StackList::default(), stack: Vec::with_capacity(profile.samples.len()) };
    let mut known = HashMap::new();
    for (&stack, &labels) in profile.samples.stack.iter().zip(&profile.samples.labels) {
        let row = *known.entry((stack, labels)).or_insert_with(|| {
            let (begin, mut end) = profile.stacks.range(stack);
            if prunes {
                end = pruned_end(&profile.stacks, frames, begin, end);
            }
            let mut at = begin;
            let own = std::iter::from_fn(|| {
                let (location, next) = profile.stacks.next(at, end)?;
                at = next;
                Some(location)
            });
            let nothing = (Vec::new(), Vec::new());
            let (root, leaf) = around.get(id_to_usize(labels.0)).unwrap_or(&nothing);
            let all = root.iter().copied().chain(own).chain(leaf.iter().copied());
            tagged.stacks.push(all).unwrap_or(StackRow(to_u32(usize::MAX)))
        });
        tagged.stack.push(row);
    }
    tagged
}
