//! The stacks of a profile that a query leaves, each with its weight.

use std::borrow::Cow;
use std::collections::HashMap;

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

/// One profile of a view.
#[derive(Debug)]
pub(super) struct Side<'a> {
    pub(super) profile: &'a Profile,
    /// The profile's stacks, or, with frames made of labels, those with them.
    pub(super) stacks: Cow<'a, StackList>,
    pub(super) frames: Frames,
    pub(super) rows: Vec<Row>,
    /// True if its weights are taken off.
    pub(super) is_base: bool,
}

impl Side<'_> {
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
}

/// What is added up: a profile's samples with the value and stack of each.
pub(super) struct Samples<'s> {
    pub(super) stacks: &'s StackList,
    pub(super) frames: &'s Frames,
    /// Stack of each sample in `stacks`.
    pub(super) stack: &'s [StackRow],
    /// True for label sets that the label filters leave.
    pub(super) labels: Option<&'s [bool]>,
    pub(super) label_set: &'s [LabelSetId],
    pub(super) is_by_name: bool,
    pub(super) has_show_from: bool,
    pub(super) prunes: bool,
}

impl Samples<'_> {
    /// Adds up the values of each stack; what the filters drop is left out.
    pub(super) fn rows(&self, values: impl Iterator<Item = i64>) -> Vec<Row> {
        let mut weights = vec![0_i64; self.stacks.len()];
        for ((&stack, &labels), value) in self.stack.iter().zip(self.label_set).zip(values) {
            let passes = self.labels.is_none_or(|set| set.get(id_to_usize(labels.0)) == Some(&true));
            if let Some(weight) = weights.get_mut(id_to_usize(stack.0)).filter(|_| passes) {
                *weight = weight.saturating_add(value);
            }
        }
        let with_weight = weights.iter().zip(0..).filter(|(weight, _)| **weight != 0);
        let row = |(&weight, stack): (&i64, u32)| {
            let (begin, end) = self.part(StackRow(stack))?;
            Some(Row { begin, end, skip: 0, weight })
        };
        with_weight.filter_map(row).collect()
    }

    /// What the filters on frames leave of a stack.
    fn part(&self, stack: StackRow) -> Option<(u32, u32)> {
        let (mut begin, mut end) = self.stacks.range(stack);
        if self.prunes {
            end = pruned_end(self.stacks, self.frames, begin, end);
        }
        if self.is_by_name && !self.is_left_by_name(begin, end) {
            return None;
        }
        if self.has_show_from {
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
