//! Layered drawing of a directed graph (Sugiyama, Tagawa, Toda 1981): callers above callees, few
//! crossings, long edges around what is between.

use std::collections::VecDeque;

use analyzer_core::base::convert::{f64_to_usize, usize_to_f64};

/// Space between boxes of a layer.
const GAP: f64 = 18.0;
/// Space between an edge that passes and what is beside it.
const LANE: f64 = 10.0;
/// Space between layers, in which edges run and have their labels.
const DROP: f64 = 56.0;
/// Passes over the layers, down and up, until the order is taken as it is.
const ORDER_PASSES: usize = 12;
const PLACE_PASSES: usize = 16;

/// A box to place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

/// A point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// A graph that is laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawing {
    /// The middle of each box.
    pub boxes: Vec<Point>,
    /// The layer of each box.
    pub layers: Vec<usize>,
    /// Points of each edge, from caller to callee.
    pub routes: Vec<Vec<Point>>,
    /// Size of the whole.
    pub width: f64,
    /// Size of the whole.
    pub height: f64,
}

/// Places boxes so that most edges go down.
pub fn lay_out(sizes: &[Size], edges: &[(usize, usize)]) -> Drawing {
    let mut layout = Layout::new(sizes, edges);
    layout.order();
    layout.place();
    layout.finish(sizes.len(), edges)
}

/// A box, or the place where a long edge passes a layer.
#[derive(Clone, Copy, Debug)]
struct Node {
    layer: usize,
    width: f64,
    height: f64,
    is_lane: bool,
    x: f64,
}

struct Layout {
    nodes: Vec<Node>,
    /// Nodes by layer, from the left.
    layers: Vec<Vec<usize>>,
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
    /// The nodes of each edge from the upper end to the lower one; empty for a node's edge to itself.
    chains: Vec<Vec<usize>>,
    /// True for edges that are drawn against their direction.
    is_reversed: Vec<bool>,
}

impl Layout {
    fn new(sizes: &[Size], edges: &[(usize, usize)]) -> Self {
        let is_reversed = back_edges(sizes.len(), edges);
        let down: Vec<(usize, usize)> = edges
            .iter()
            .zip(&is_reversed)
            .map(|(&(from, to), &is_reversed)| if is_reversed { (to, from) } else { (from, to) })
            .collect();
        let layer_of = longest_paths(sizes.len(), &down);
        let mut nodes: Vec<Node> = sizes
            .iter()
            .zip(&layer_of)
            .map(|(size, &layer)| Node {
                layer,
                width: size.width,
                height: size.height,
                is_lane: false,
                x: 0.0,
            })
            .collect();
        let mut chains = Vec::with_capacity(edges.len());
        for &(from, to) in &down {
            if from == to {
                chains.push(Vec::new());
                continue;
            }
            let mut chain = vec![from];
            for layer in nodes[from].layer + 1..nodes[to].layer {
                chain.push(nodes.len());
                nodes.push(Node { layer, width: 0.0, height: 0.0, is_lane: true, x: 0.0 });
            }
            chain.push(to);
            chains.push(chain);
        }
        let mut layers = vec![Vec::new(); nodes.iter().map(|node| node.layer + 1).max().unwrap_or(0)];
        for (at, node) in nodes.iter().enumerate() {
            layers[node.layer].push(at);
        }
        let (mut above, mut below) = (vec![Vec::new(); nodes.len()], vec![Vec::new(); nodes.len()]);
        for chain in &chains {
            for pair in chain.windows(2) {
                below[pair[0]].push(pair[1]);
                above[pair[1]].push(pair[0]);
            }
        }
        Self { nodes, layers, above, below, chains, is_reversed }
    }

    /// Orders each layer so that few edges cross: each node goes to the middle of its neighbors.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for pass in 0..ORDER_PASSES {
            let is_down = pass % 2 == 0;
            let count = self.layers.len();
            let mut place = self.places();
            for step in 1..count {
                let layer = if is_down { step } else { count - 1 - step };
                let beside = if is_down { &self.above } else { &self.below };
                let mut keyed: Vec<(f64, usize)> = self.layers[layer]
                    .iter()
                    .map(|&node| {
                        let around = &beside[node];
                        let sum: f64 = around.iter().map(|&other| place[other]).sum();
                        let middle =
                            if around.is_empty() { place[node] } else { sum / usize_to_f64(around.len()) };
                        (middle, node)
                    })
                    .collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.layers[layer] = keyed.into_iter().map(|(_, node)| node).collect();
                for (at, &node) in self.layers[layer].iter().enumerate() {
                    place[node] = usize_to_f64(at);
                }
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    /// The place of each node in its layer.
    fn places(&self) -> Vec<f64> {
        let mut places = vec![0.0; self.nodes.len()];
        for layer in &self.layers {
            for (place, &node) in layer.iter().enumerate() {
                places[node] = usize_to_f64(place);
            }
        }
        places
    }

    fn crossings(&self) -> usize {
        let place = self.places();
        let mut crossings = 0;
        for layer in &self.layers {
            let mut ends: Vec<(f64, f64)> = layer
                .iter()
                .flat_map(|&node| self.below[node].iter().map(move |&other| (node, other)))
                .map(|(node, other)| (place[node], place[other]))
                .collect();
            ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let ends: Vec<usize> = ends.into_iter().map(|(_, to)| f64_to_usize(to)).collect();
            crossings += inversions(&ends);
        }
        crossings
    }

    /// Gives each node its place from the left: near its neighbors, and clear of those beside it.
    fn place(&mut self) {
        let count = self.layers.len();
        for layer in 0..count {
            self.settle(layer, &vec![0.0; self.layers[layer].len()]);
        }
        for pass in 0..PLACE_PASSES {
            let is_down = pass % 2 == 0;
            let is_last = pass + 2 >= PLACE_PASSES;
            for step in 0..count {
                let layer = if is_down { step } else { count - 1 - step };
                let middle = |&node: &usize| self.middle(node, is_down, is_last);
                let wanted: Vec<f64> = self.layers[layer].iter().map(middle).collect();
                self.settle(layer, &wanted);
            }
        }
    }

    /// The middle of a node's neighbors: of those above, of those below, or of both.
    fn middle(&self, node: usize, is_down: bool, are_both: bool) -> f64 {
        let beside = if is_down { &self.above[node] } else { &self.below[node] };
        let (mut sum, mut count) = (0.0, 0);
        let all = self.above[node].iter().chain(&self.below[node]);
        let mut add = |other: &usize| {
            sum += self.nodes[*other].x;
            count += 1;
        };
        if are_both || beside.is_empty() {
            all.for_each(&mut add);
        } else {
            beside.iter().for_each(&mut add);
        }
        if count == 0 { self.nodes[node].x } else { sum / usize_to_f64(count) }
    }

    /// The places nearest to the wanted ones that keep order and distance: least squares by pooling
    /// neighbors that are too near.
    fn settle(&mut self, layer: usize, wanted: &[f64]) {
        let row = self.layers[layer].clone();
        let mut offset = 0.0;
        let mut offsets = Vec::with_capacity(row.len());
        for (at, &node) in row.iter().enumerate() {
            if let Some(&before) = at.checked_sub(1).and_then(|before| row.get(before)) {
                let (a, b) = (self.nodes[before], self.nodes[node]);
                let gap = if a.is_lane || b.is_lane { LANE } else { GAP };
                offset += (a.width + b.width) / 2.0 + gap;
            }
            offsets.push(offset);
        }
        // Sum and count of what is pooled.
        let mut pools: Vec<(f64, f64)> = Vec::new();
        for (&wanted, &offset) in wanted.iter().zip(&offsets) {
            let mut pool = (wanted - offset, 1.0);
            while let Some(&before) = pools.last() {
                if before.0 / before.1 <= pool.0 / pool.1 {
                    break;
                }
                pools.pop();
                pool = (pool.0 + before.0, pool.1 + before.1);
            }
            pools.push(pool);
        }
        let mut at = 0;
        for (sum, count) in pools {
            let mut left = count;
            while left > 0.5 {
                if let (Some(&node), Some(&offset)) = (row.get(at), offsets.get(at)) {
                    self.nodes[node].x = sum / count + offset;
                }
                at += 1;
                left -= 1.0;
            }
        }
    }

    fn finish(self, boxes: usize, edges: &[(usize, usize)]) -> Drawing {
        let left = self.nodes.iter().map(|node| node.x - node.width / 2.0).fold(f64::INFINITY, f64::min);
        let right = self.nodes.iter().map(|node| node.x + node.width / 2.0).fold(f64::NEG_INFINITY, f64::max);
        if self.nodes.is_empty() {
            return Drawing::default();
        }
        let mut middles = Vec::with_capacity(self.layers.len());
        let mut halves = Vec::with_capacity(self.layers.len());
        let mut top = GAP;
        for layer in &self.layers {
            let height = layer.iter().map(|&node| self.nodes[node].height).fold(0.0, f64::max);
            middles.push(top + height / 2.0);
            halves.push(height / 2.0);
            top += height + DROP;
        }
        let point = |at: usize| {
            let node = self.nodes[at];
            Point { x: node.x - left + GAP, y: middles[node.layer] }
        };
        let routes =
            self.chains.iter().zip(&self.is_reversed).zip(edges).map(|((chain, &is_reversed), &(own, _))| {
                let half = |at: usize| self.nodes[at].height / 2.0;
                // What passes a layer goes straight down beside its boxes.
                let passed = |&at: &usize| {
                    let Point { x, y } = point(at);
                    let out = if self.nodes[at].is_lane { halves[self.nodes[at].layer] } else { 0.0 };
                    let ends = [Point { x, y: y - out }, Point { x, y: y + out }];
                    ends.into_iter().take(if self.nodes[at].is_lane { 2 } else { 1 })
                };
                let mut route: Vec<Point> = chain.iter().flat_map(passed).collect();
                match (chain.first(), chain.last(), route.len()) {
                    (Some(&first), Some(&last), count) => {
                        route[0].y += half(first);
                        route[count - 1].y -= half(last);
                    }
                    // A node's edge to itself goes around its right side.
                    _ => {
                        let (middle, node) = (point(own), self.nodes[own]);
                        let side = middle.x + node.width / 2.0;
                        route = [(-0.25, 0.0), (-0.25, 12.0), (0.25, 12.0), (0.25, 0.0)]
                            .map(|(part, out)| Point { x: side + out, y: middle.y + part * node.height })
                            .to_vec();
                    }
                }
                if is_reversed {
                    route.reverse();
                }
                route
            });
        Drawing {
            boxes: (0..boxes).map(point).collect(),
            layers: self.nodes.iter().take(boxes).map(|node| node.layer).collect(),
            routes: routes.collect(),
            width: right - left + 2.0 * GAP,
            height: top - DROP + GAP,
        }
    }
}

/// How many pairs stand the wrong way round: sums over a tree of counts (Fenwick 1994).
fn inversions(values: &[usize]) -> usize {
    let size = values.iter().max().map_or(0, |most| most + 1);
    let mut counts = vec![0_usize; size + 1];
    let mut inversions = 0;
    for (before, &value) in values.iter().enumerate() {
        let (mut at, mut not_greater) = (value + 1, 0);
        while at > 0 {
            not_greater += counts[at];
            at &= at - 1;
        }
        inversions += before - not_greater;
        at = value + 1;
        while at <= size {
            counts[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    inversions
}

/// Edges that lead back to a node on the way from the first nodes: without them there is no circle.
fn back_edges(count: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        OnTheWay,
        Done,
    }
    let mut out = vec![Vec::new(); count];
    let mut has_caller = vec![false; count];
    for (at, &(from, to)) in edges.iter().enumerate() {
        out[from].push((at, to));
        has_caller[to] |= from != to;
    }
    let mut is_back = vec![false; edges.len()];
    let mut seen = vec![Seen::No; count];
    let starts = (0..count).filter(|&node| !has_caller[node]).chain(0..count);
    for start in starts.collect::<Vec<_>>() {
        if seen[start] != Seen::No {
            continue;
        }
        seen[start] = Seen::OnTheWay;
        let mut way = vec![(start, 0)];
        while let Some((node, next)) = way.last_mut() {
            let Some(&(edge, to)) = out[*node].get(*next) else {
                seen[*node] = Seen::Done;
                way.pop();
                continue;
            };
            *next += 1;
            match seen[to] {
                Seen::No => {
                    seen[to] = Seen::OnTheWay;
                    way.push((to, 0));
                }
                Seen::OnTheWay => is_back[edge] = edges[edge].0 != to,
                Seen::Done => {}
            }
        }
    }
    is_back
}

/// The layer of each node: one below its lowest caller.
fn longest_paths(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut out = vec![Vec::new(); count];
    let mut open = vec![0_usize; count];
    for &(from, to) in edges.iter().filter(|(from, to)| from != to) {
        out[from].push(to);
        open[to] += 1;
    }
    let mut layer = vec![0; count];
    let mut ready: VecDeque<usize> = (0..count).filter(|&node| open[node] == 0).collect();
    while let Some(node) = ready.pop_front() {
        for &to in &out[node] {
            layer[to] = layer[to].max(layer[node] + 1);
            open[to] -= 1;
            if open[to] == 0 {
                ready.push_back(to);
            }
        }
    }
    layer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(count: usize, edges: &[(usize, usize)]) -> Drawing {
        lay_out(&vec![Size { width: 100.0, height: 30.0 }; count], edges)
    }

    #[test]
    fn callees_are_below_and_boxes_never_touch() {
        let edges = [(0, 1), (0, 2), (1, 3), (2, 3), (0, 3), (3, 4), (2, 5), (1, 5)];
        let drawing = drawn(6, &edges);
        for (from, to) in edges {
            assert!(drawing.boxes[from].y + 30.0 < drawing.boxes[to].y, "{from} {to}");
        }
        for (a, one) in drawing.boxes.iter().enumerate() {
            for other in drawing.boxes.iter().skip(a + 1) {
                assert!((one.x - other.x).abs() > 100.0 || (one.y - other.y).abs() > 30.0, "{drawing:?}");
            }
            assert!(one.x >= 50.0 && one.x + 50.0 <= drawing.width && one.y + 15.0 <= drawing.height);
        }
        let long = &drawing.routes[4];
        // Down, past the two boxes between, down again.
        assert!(long.len() == 4 && long.is_sorted_by(|a, b| a.y < b.y) && long[1].x == long[2].x, "{long:?}");
    }

    #[test]
    fn two_edges_that_can_do_without_crossing_do() {
        let drawing = drawn(4, &[(0, 3), (1, 2)]);
        let is_left = |a: usize, b: usize| drawing.boxes[a].x < drawing.boxes[b].x;
        assert_eq!(is_left(0, 1), is_left(3, 2));
    }

    #[test]
    fn crossings_are_counted() {
        let counts = [&[0, 1, 2][..], &[2, 1, 0], &[1, 1, 0], &[]].map(inversions);
        assert_eq!(counts, [0, 3, 2, 0]);
    }

    #[test]
    fn circles_and_calls_of_oneself_are_drawn() {
        let drawing = drawn(3, &[(0, 1), (1, 2), (2, 0), (1, 1)]);
        assert!(drawing.boxes[0].y < drawing.boxes[1].y && drawing.boxes[1].y < drawing.boxes[2].y);
        let back = &drawing.routes[2];
        assert!(back[0].y > back[back.len() - 1].y, "it leads up: {back:?}");
        assert_eq!(drawing.routes[3].len(), 4);
        assert_eq!(drawn(0, &[]), Drawing::default());
    }
}
