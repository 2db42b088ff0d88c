//! Stacks from left to right as they were sampled: a stack chart.
//!
//! Samples of one set of labels (a thread) stand side by side in the order of time, one
//! set after the other. A call that goes on from sample to sample is one box. Boxes that are too narrow to be told
//! apart stand together where they are, so that a chart has no more boxes than can be drawn.

use super::call_tree::{Direction, Nodes, TreeOptions, share};
use super::frames::FrameRef;
use super::nodes::Keys;
use super::rows::{Row, Side};
use super::split::Branch;
use super::view::View;
use crate::base::convert::{id_to_usize, to_u32};

/// The boxes, and what is narrower than what is told apart; `None` if the query cannot be answered in time order.
pub(super) fn nodes(view: &View<'_>, options: &TreeOptions) -> Option<(Nodes, i64)> {
    let side = view.sides.first().filter(|_| options.in_time && !view.has_base())?;
    let is_plain = options.direction == Direction::Callees && options.pivot.is_none();
    if side.profile().samples.time.is_empty() || !is_plain {
        return None;
    }
    let gross = side.left_samples().fold(0_i64, |sum, (_, value)| sum.saturating_add(value.saturating_abs()));
    let min_width = share(gross, options.min_width_ppm);
    let mut chart =
        Chart { side, options, min_width, nodes: Nodes::default(), open: Vec::new(), at: 0, sum: 0 };
    chart.open(Keys::ROOT, false);
    chart.draw();
    chart.close(0);
    Some((chart.nodes, min_width))
}

/// A box that is not closed yet.
struct Open {
    node: u32,
    frame: Option<FrameRef>,
    begin: i64,
    /// What everything came to before it.
    sum: i64,
    /// Its last child, if that stands for others, and where it ends.
    rest: Option<(u32, i64)>,
}

struct Chart<'v, 'a> {
    side: &'v Side<'a>,
    options: &'v TreeOptions,
    min_width: i64,
    nodes: Nodes,
    open: Vec<Open>,
    /// Where the next sample begins.
    at: i64,
    sum: i64,
}

impl Chart<'_, '_> {
    fn draw(&mut self) {
        let samples = &self.side.profile().samples;
        let values: Vec<i64> = self.side.column.values().collect();
        let mut order: Vec<u32> = (0..to_u32(samples.len())).collect();
        let key = |&sample: &u32| {
            let at = id_to_usize(sample);
            (samples.labels.get(at).map(|set| set.0), samples.time.get(at).copied(), sample)
        };
        order.sort_unstable_by_key(key);
        let mut frames = Vec::new();
        let mut last = None;
        for sample in order {
            let at = id_to_usize(sample);
            let (Some(&labels), Some(&stack)) = (samples.labels.get(at), self.side.stack.get(at)) else {
                continue;
            };
            let value = values.get(at).copied().unwrap_or(0);
            let Some((begin, end)) = self.side.part(stack).filter(|_| value != 0 && self.side.passes(labels))
            else {
                continue;
            };
            if last.is_some_and(|(of, _)| of != labels) {
                // Another thread: nothing goes on.
                self.close(1);
            }
            if last != Some((labels, stack)) {
                frames.clear();
                self.side.walk(&Row { begin, end, skip: 0, weight: value }, |frame| frames.push(frame));
                if self.options.collapse_recursion {
                    frames.dedup_by_key(|frame| frame.key());
                }
                self.go_to(&frames);
            }
            last = Some((labels, stack));
            let node = self.open.last().map_or(0, |open| open.node);
            self.nodes.add_own(node, value, false);
            self.at = self.at.saturating_add(value.saturating_abs());
            self.sum = self.sum.saturating_add(value);
        }
    }

    /// Closes what is not in a stack, and opens what is new.
    fn go_to(&mut self, frames: &[FrameRef]) {
        let open = self.open.iter().skip(1).map(|open| open.frame);
        let common = open.zip(frames).take_while(|(open, frame)| *open == Some(**frame)).count();
        self.close(common + 1);
        for &frame in frames.iter().skip(common) {
            self.open(frame.key(), frame.is_inlined());
            if let Some(open) = self.open.last_mut() {
                open.frame = Some(frame);
            }
        }
    }

    fn open(&mut self, key: super::nodes::KeyId, is_inlined: bool) {
        let parent = self.open.last().map_or(0, |open| open.node);
        let node = self.nodes.push(parent, &Branch { is_inlined, ..Branch::new(key) });
        self.nodes.x.push(self.at);
        self.open.push(Open { node, frame: None, begin: self.at, sum: self.sum, rest: None });
    }

    /// What is narrower is not told apart there.
    fn least(&self, begin: i64) -> i64 {
        let seen = self.options.viewport.filter(|viewport| begin < viewport.to && viewport.from < self.at);
        seen.map_or(self.min_width, |viewport| viewport.min_width.min(self.min_width))
    }

    /// Closes all but the outermost boxes.
    fn close(&mut self, kept: usize) {
        while self.open.len() > kept {
            let Some(Open { node, begin, sum, .. }) = self.open.pop() else { return };
            let place = id_to_usize(node);
            let width = self.at.saturating_sub(begin);
            if node != 0 && width < self.least(begin) {
                self.merge(place, begin, width, self.sum.saturating_sub(sum));
                continue;
            }
            if let (Some(to), Some(total)) =
                (self.nodes.width.get_mut(place), self.nodes.total.get_mut(place))
            {
                (*to, *total) = (width, self.sum.saturating_sub(sum));
            }
            if let Some(parent) = self.open.last_mut() {
                parent.rest = None;
            }
        }
    }

    /// Puts a box that is too narrow, with all under it, to those that stand before it.
    fn merge(&mut self, place: usize, begin: i64, width: i64, total: i64) {
        let count = to_u32(self.nodes.key.len().saturating_sub(place));
        self.nodes.truncate(place);
        let least = self.least(begin);
        let Some(parent) = self.open.last_mut() else { return };
        let known = parent.rest.filter(|(_, end)| begin.saturating_sub(*end) < least);
        let rest = match known {
            Some((rest, _)) => rest,
            None => {
                let rest =
                    self.nodes.push(parent.node, &Branch { is_inlined: false, ..Branch::new(Keys::ROOT) });
                self.nodes.x.push(begin);
                rest
            }
        };
        let at = id_to_usize(rest);
        let from = self.nodes.x.get(at).copied().unwrap_or(begin);
        if let (Some(to), Some(merged), Some(sum)) =
            (self.nodes.width.get_mut(at), self.nodes.merged.get_mut(at), self.nodes.total.get_mut(at))
        {
            *to = begin.saturating_add(width).saturating_sub(from);
            *merged = merged.saturating_add(count);
            *sum = sum.saturating_add(total);
        }
        parent.rest = Some((rest, begin.saturating_add(width)));
    }
}
