//! From a laid-out call tree and a window on it to the rectangles of one frame.
//!
//! A tree may have a million nodes, a screen shows some thousands. Each
//! visible row is entered by binary search; nodes under a pixel are not
//! visited one by one, but skipped over to the next pixel and drawn as one
//! *sliver*, so that a frame costs what it shows and not what the tree holds.

use std::ops::Range;

use analyzer_core::base::convert::{f64_to_i64, i64_to_f64, id_to_usize, to_u32};

use super::viewport::Viewport;

/// Boxes of one frame at most; with more the threshold for slivers doubles.
const BOXES: usize = 20_000;
/// Labels of one frame at most: the widest boxes have them.
const LABELS: usize = 1_000;
/// Nodes narrower than this become slivers, in CSS pixels.
const NARROW: f64 = 1.0;
/// Slivers narrower than this are not drawn, in CSS pixels.
const INVISIBLE: f64 = 0.5;
/// Boxes narrower than this have no label, in CSS pixels.
const LABELLED: f64 = 26.0;

/// The nodes of a call tree, sorted by depth and then by `x`.
///
/// Invariants: nodes of one depth do not overlap; `x` and `width` are equally long.
#[derive(Clone, Copy, Debug)]
pub struct Nodes<'a> {
    /// The first node of each depth, and the number of nodes at the end.
    pub rows: &'a [u32],
    /// Where a node starts, in the profile's values.
    pub x: &'a [i64],
    /// How much a node takes; never negative.
    pub width: &'a [i64],
    /// Over 0 for a node that stands for others; may be empty.
    pub merged: &'a [u32],
}

impl Nodes<'_> {
    /// How many rows there are.
    pub fn depths(&self) -> usize {
        self.rows.len().saturating_sub(1)
    }

    /// The nodes of a row.
    pub fn row(&self, depth: usize) -> Range<usize> {
        let at = |index: usize| self.rows.get(index).map_or(0, |&n| id_to_usize(n)).min(self.x.len());
        let (start, end) = (at(depth), at(depth + 1));
        start..end.max(start)
    }

    /// The row that a node is in.
    pub fn depth_of(&self, node: usize) -> usize {
        self.rows.partition_point(|&first| id_to_usize(first) <= node).saturating_sub(1)
    }

    fn is_merged(&self, node: usize) -> bool {
        self.merged.get(node).is_some_and(|&count| count > 0)
    }

    fn end(&self, node: usize) -> i64 {
        self.x[node].saturating_add(self.width[node])
    }
}

/// A node that is wide enough to be seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlameBox {
    /// The node.
    pub node: u32,
    /// Left edge, in CSS pixels; never under zero.
    pub x: f64,
    /// Top edge, in CSS pixels.
    pub y: f64,
    /// Width within the canvas, in CSS pixels.
    pub width: f64,
}

/// Neighbors too narrow to tell apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Sliver {
    /// The nodes.
    pub nodes: Range<u32>,
    /// Left edge, in CSS pixels; never under zero.
    pub x: f64,
    /// Top edge, in CSS pixels.
    pub y: f64,
    /// Width within the canvas, in CSS pixels.
    pub width: f64,
}

/// What one frame shows. Kept from frame to frame for its memory.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Boxes, those of one color together.
    pub boxes: Vec<FlameBox>,
    /// Colors and the boxes that have them.
    pub colors: Vec<(u8, Range<usize>)>,
    /// Merged nodes.
    pub slivers: Vec<Sliver>,
    /// Indexes of boxes that have room for a label.
    pub labels: Vec<usize>,
    scratch: Vec<FlameBox>,
    keys: Vec<u8>,
}

/// What lies under the pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hit {
    /// One node.
    Node(u32),
    /// Several nodes that are too narrow to tell apart.
    Sliver(Range<u32>),
}

impl Scene {
    /// Fills the scene with what `view` shows of `nodes`, grouped by `color`.
    pub fn fill(&mut self, nodes: &Nodes<'_>, view: &Viewport, color: impl Fn(u32) -> u8) {
        let mut narrow = NARROW;
        loop {
            self.boxes.clear();
            self.slivers.clear();
            for depth in visible_rows(nodes.depths(), view) {
                self.fill_row(nodes, view, depth, narrow);
                if self.boxes.len() > BOXES {
                    break;
                }
            }
            if self.boxes.len() <= BOXES {
                break;
            }
            narrow *= 2.0;
        }
        self.group(color);
        self.choose_labels();
    }

    fn fill_row(&mut self, nodes: &Nodes<'_>, view: &Viewport, depth: usize, narrow: f64) {
        let row = nodes.row(depth);
        let y = view.y_of(depth, nodes.depths());
        let narrow_value = f64_to_i64((narrow / view.scale()).ceil()).max(1);
        let mut run: Option<Sliver> = None;
        let mut node = first_ending_after(nodes, row.clone(), view.start);
        while node < row.end {
            let left = view.x_of(i64_to_f64(nodes.x[node]));
            if left >= view.width {
                break;
            }
            let right = view.x_of(i64_to_f64(nodes.end(node)));
            if right - left >= narrow {
                self.flush(run.take());
                let (x, id) = (left.max(0.0), to_u32(node));
                let width = right.min(view.width) - x;
                match nodes.is_merged(node) {
                    true => self.slivers.push(Sliver { nodes: id..id + 1, x, y, width }),
                    false => self.boxes.push(FlameBox { node: id, x, y, width }),
                }
                node += 1;
                continue;
            }
            let next = next_beyond(nodes, node..row.end, narrow_value);
            let right = view.x_of(i64_to_f64(nodes.end(next - 1))).min(view.width);
            let x = left.max(0.0);
            match &mut run {
                // A gap that cannot be seen does not end the run.
                Some(run) if x - (run.x + run.width) < narrow => {
                    run.nodes.end = to_u32(next);
                    run.width = right - run.x;
                }
                _ => {
                    self.flush(run.take());
                    run = Some(Sliver { nodes: to_u32(node)..to_u32(next), x, y, width: right - x });
                }
            }
            node = next;
        }
        self.flush(run);
    }

    fn flush(&mut self, run: Option<Sliver>) {
        self.slivers.extend(run.filter(|run| run.width >= INVISIBLE));
    }

    /// Counting sort by color: the canvas changes its fill once a color.
    fn group(&mut self, color: impl Fn(u32) -> u8) {
        self.keys.clear();
        self.keys.extend(self.boxes.iter().map(|flame_box| color(flame_box.node)));
        let mut starts = [0_usize; 257];
        for &key in &self.keys {
            starts[usize::from(key) + 1] += 1;
        }
        for key in 0..256 {
            starts[key + 1] += starts[key];
        }
        self.colors.clear();
        self.colors.extend(
            (0..=u8::MAX)
                .map(|key| (key, starts[usize::from(key)]..starts[usize::from(key) + 1]))
                .filter(|(_, range)| !range.is_empty()),
        );
        self.scratch.clear();
        self.scratch.extend_from_slice(&self.boxes);
        for (flame_box, &key) in self.scratch.iter().zip(&self.keys) {
            let place = &mut starts[usize::from(key)];
            self.boxes[*place] = *flame_box;
            *place += 1;
        }
    }

    fn choose_labels(&mut self) {
        self.labels.clear();
        let boxes = &self.boxes;
        self.labels.extend((0..boxes.len()).filter(|&index| boxes[index].width >= LABELLED));
        if self.labels.len() > LABELS {
            self.labels.select_nth_unstable_by(LABELS, |&a, &b| {
                boxes[b].width.total_cmp(&boxes[a].width).then(a.cmp(&b))
            });
            self.labels.truncate(LABELS);
        }
    }

    /// What lies at a CSS pixel.
    pub fn hit(&self, nodes: &Nodes<'_>, view: &Viewport, x: f64, y: f64) -> Option<Hit> {
        let depth = view.depth_at(y, nodes.depths())?;
        let top = view.y_of(depth, nodes.depths());
        let sliver = self
            .slivers
            .iter()
            .find(|sliver| (sliver.y - top).abs() < 0.5 && sliver.x <= x && x < sliver.x + sliver.width);
        if let Some(sliver) = sliver {
            let first = sliver.nodes.start;
            let is_node = sliver.nodes.len() == 1 && !nodes.is_merged(id_to_usize(first));
            return Some(if is_node { Hit::Node(first) } else { Hit::Sliver(sliver.nodes.clone()) });
        }
        let row = nodes.row(depth);
        let value = view.value_at(x);
        let node = first_ending_after(nodes, row.clone(), value);
        (node < row.end && i64_to_f64(nodes.x[node]) <= value).then(|| Hit::Node(to_u32(node)))
    }
}

/// The rows of which any part is in the window, from the root on.
fn visible_rows(depths: usize, view: &Viewport) -> Range<usize> {
    use analyzer_core::base::convert::f64_to_usize;
    let first = f64_to_usize((view.scroll / view.row).floor()).min(depths);
    let end = f64_to_usize(((view.scroll + view.height) / view.row).ceil()).clamp(first, depths);
    if view.flipped { depths - end..depths - first } else { first..end }
}

/// The first node of a row that ends after `value`.
pub(super) fn first_ending_after(nodes: &Nodes<'_>, row: Range<usize>, value: f64) -> usize {
    let (mut low, mut high) = (row.start, row.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if i64_to_f64(nodes.end(middle)) <= value {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// The end of the nodes that are slivers together with the first of `range`,
/// which is narrower than `narrow`: those that start within `narrow` of it,
/// less the last one if that is wide.
fn next_beyond(nodes: &Nodes<'_>, range: Range<usize>, narrow: i64) -> usize {
    let limit = nodes.x[range.start].saturating_add(narrow);
    // Galloping first: mostly the next pixel is a few nodes away.
    let mut step = 1;
    let mut low = range.start + 1;
    while low + step < range.end && nodes.x[low + step] < limit {
        low += step;
        step *= 2;
    }
    let mut high = (low + step).min(range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if nodes.x[middle] < limit {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let last = low - 1;
    if last > range.start && nodes.width[last] >= narrow { last } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(width: f64, total: f64) -> Viewport {
        Viewport { start: 0.0, end: total, width, height: 60.0, scroll: 0.0, row: 20.0, flipped: false }
    }

    fn scene(nodes: &Nodes<'_>, view: &Viewport) -> Scene {
        let mut scene = Scene::default();
        scene.fill(nodes, view, |node| u8::try_from(node % 3).unwrap());
        scene
    }

    /// ```text
    /// 0         1000
    /// |----0----|
    /// |-1-|-2--|      1: 0..400, 2: 400..900
    /// |3|             3: 0..100
    /// ```
    const SMALL: Nodes<'static> =
        Nodes { rows: &[0, 1, 3, 4], x: &[0, 0, 400, 0], width: &[1000, 400, 500, 100], merged: &[] };

    #[test]
    fn boxes_lie_where_their_values_are() {
        let view = view(500.0, 1000.0);
        let mut boxes = scene(&SMALL, &view).boxes;
        boxes.sort_by_key(|flame_box| flame_box.node);
        assert_eq!(
            boxes,
            [
                FlameBox { node: 0, x: 0.0, y: 0.0, width: 500.0 },
                FlameBox { node: 1, x: 0.0, y: 20.0, width: 200.0 },
                FlameBox { node: 2, x: 200.0, y: 20.0, width: 250.0 },
                FlameBox { node: 3, x: 0.0, y: 40.0, width: 50.0 },
            ]
        );
    }

    #[test]
    fn boxes_of_a_color_stand_together() {
        let scene = scene(&SMALL, &view(500.0, 1000.0));
        assert_eq!(scene.colors, [(0, 0..2), (1, 2..3), (2, 3..4)]);
        for (color, range) in &scene.colors {
            assert!(scene.boxes[range.clone()].iter().all(|b| b.node % 3 == u32::from(*color)));
        }
    }

    #[test]
    fn only_rows_in_the_window_are_drawn() {
        let view = Viewport { scroll: 25.0, height: 10.0, ..view(500.0, 1000.0) };
        let nodes: Vec<_> = scene(&SMALL, &view).boxes.iter().map(|b| b.node).collect();
        assert_eq!(nodes, [1, 2]);
        let flipped = Viewport { flipped: true, scroll: 0.0, height: 15.0, ..view };
        assert_eq!(scene(&SMALL, &flipped).boxes[0].node, 3);
    }

    #[test]
    fn a_zoomed_box_is_cut_at_the_canvas() {
        let view = view(500.0, 1000.0).with_range(300.0, 500.0, 1000.0);
        let scene = scene(&SMALL, &view);
        let of = |node| scene.boxes.iter().find(|b| b.node == node).map(|b| (b.x, b.width));
        assert_eq!(of(1), Some((0.0, 250.0)));
        assert_eq!(of(2), Some((250.0, 250.0)));
        assert_eq!(of(3), None);
    }

    /// One row of 1,000 nodes of one unit and one node of 1,000 at the end.
    fn comb() -> (Vec<i64>, Vec<i64>) {
        let x = (0..=1000).collect();
        let width = (0..=1000).map(|n| if n == 1000 { 1000 } else { 1 }).collect();
        (x, width)
    }

    #[test]
    fn narrow_neighbors_become_one_sliver_that_keeps_their_sum() {
        let (x, width) = comb();
        let nodes = Nodes { rows: &[0, 1001], x: &x, width: &width, merged: &[] };
        let scene = scene(&nodes, &view(200.0, 2000.0));
        assert_eq!(scene.slivers, [Sliver { nodes: 0..1000, x: 0.0, y: 0.0, width: 100.0 }]);
        assert_eq!(scene.boxes.len(), 1);
        assert_eq!((scene.boxes[0].x, scene.boxes[0].width), (100.0, 100.0));
    }

    #[test]
    fn a_wide_node_among_slivers_stays_a_box() {
        // Half a pixel, ten pixels, half a pixel.
        let nodes = Nodes { rows: &[0, 3], x: &[0, 5, 105], width: &[5, 100, 5], merged: &[] };
        let scene = scene(&nodes, &view(100.0, 1000.0));
        assert_eq!(scene.boxes.iter().map(|b| b.node).collect::<Vec<_>>(), [1]);
        assert_eq!(scene.slivers.iter().map(|s| s.nodes.clone()).collect::<Vec<_>>(), [0..1, 2..3]);
    }

    #[test]
    fn what_is_under_half_a_pixel_alone_is_not_drawn() {
        let nodes = Nodes { rows: &[0, 1], x: &[500], width: &[4], merged: &[] };
        let scene = scene(&nodes, &view(100.0, 1000.0));
        assert!(scene.boxes.is_empty() && scene.slivers.is_empty());
    }

    #[test]
    fn a_node_that_stands_for_others_is_a_sliver_however_wide() {
        let nodes = Nodes { merged: &[0, 0, 37, 0], ..SMALL };
        let view = view(500.0, 1000.0);
        let scene = scene(&nodes, &view);
        assert_eq!(scene.slivers, [Sliver { nodes: 2..3, x: 200.0, y: 20.0, width: 250.0 }]);
        assert_eq!(scene.hit(&nodes, &view, 300.0, 25.0), Some(Hit::Sliver(2..3)));
        assert_eq!(scene.boxes.len(), 3);
    }

    #[test]
    fn a_gap_that_can_be_seen_ends_a_sliver() {
        let nodes = Nodes { rows: &[0, 2], x: &[0, 500], width: &[6, 6], merged: &[] };
        let slivers = scene(&nodes, &view(100.0, 1000.0)).slivers;
        assert_eq!(slivers.len(), 2);
    }

    #[test]
    fn every_pixel_hits_what_is_drawn_there() {
        let (x, width) = comb();
        let nodes = Nodes { rows: &[0, 1001], x: &x, width: &width, merged: &[] };
        let view = view(200.0, 2000.0);
        let scene = scene(&nodes, &view);
        assert_eq!(scene.hit(&nodes, &view, 50.0, 5.0), Some(Hit::Sliver(0..1000)));
        assert_eq!(scene.hit(&nodes, &view, 150.0, 5.0), Some(Hit::Node(1000)));
        assert_eq!(scene.hit(&nodes, &view, 150.0, 25.0), None);
        let view = view.with_range(0.0, 100.0, 2000.0);
        let mut near = Scene::default();
        near.fill(&nodes, &view, |_| 0);
        assert_eq!(near.hit(&nodes, &view, 21.0, 5.0), Some(Hit::Node(10)));
    }

    #[test]
    fn boxes_and_labels_of_a_frame_are_bounded() {
        // 200 rows of 2,000 nodes of one pixel each.
        let rows: Vec<u32> = (0..=200).map(|row| row * 2000).collect();
        let x: Vec<i64> = (0..400_000).map(|n| n % 2000 * 10).collect();
        let width = vec![10; 400_000];
        let nodes = Nodes { rows: &rows, x: &x, width: &width, merged: &[] };
        let view = Viewport { height: 4000.0, ..view(2000.0, 20_000.0) };
        let full = scene(&nodes, &view);
        assert!(full.boxes.len() <= BOXES);
        // What is not a box is a sliver: nothing is lost.
        assert_eq!(full.slivers.len(), 200);
        let wide = Viewport { width: 60_000.0, height: 60.0, ..view };
        assert_eq!(scene(&nodes, &wide).labels.len(), LABELS);
    }

    #[test]
    fn slivers_and_boxes_cover_every_wide_row_once() {
        // Widths that mix all sizes, from a fixed linear congruence.
        let mut state = 7_u64;
        let mut x = Vec::new();
        let mut width = Vec::new();
        let mut at = 0;
        for _ in 0..50_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let w = 1_i64 << ((state >> 60) % 14);
            x.push(at);
            width.push(w);
            at += w;
        }
        let rows = [0, u32::try_from(x.len()).unwrap()];
        let nodes = Nodes { rows: &rows, x: &x, width: &width, merged: &[] };
        let view = view(1500.0, i64_to_f64(at));
        let scene = scene(&nodes, &view);
        let mut spans: Vec<(f64, f64, Range<u32>)> = scene
            .boxes
            .iter()
            .map(|b| (b.x, b.x + b.width, b.node..b.node + 1))
            .chain(scene.slivers.iter().map(|s| (s.x, s.x + s.width, s.nodes.clone())))
            .collect();
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert_eq!(spans[0].2.start, 0);
        for pair in spans.windows(2) {
            assert_eq!(pair[0].2.end, pair[1].2.start, "no node is lost or drawn twice");
            assert!(pair[1].0 - pair[0].1 < 1.0);
        }
    }
}
