//! Where the labels below a bar go: no label over another, none crossed by
//! the line that leads to another.

/// Space between labels of a row.
const APART: f64 = 8.0;
/// Space between a label and a line beside it.
const BESIDE: f64 = 3.0;
/// How far a label begins left of the line that leads to it.
const INSET: f64 = 1.0;

/// A label without a place yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Index of the part.
    pub index: usize,
    /// Middle of the part.
    pub middle: f64,
    /// Width of the text.
    pub width: f64,
    /// The text.
    pub text: String,
    /// How much the part is: the least goes without a label if there is no room.
    pub weight: u64,
}

/// A label with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The label.
    pub label: Waiting,
    /// Left edge of the text.
    pub x: f64,
    /// Which row below the bar, from 0.
    pub lane: usize,
}

/// Places labels, in the order of their parts, in at most `lanes` rows of `width`.
pub fn place(mut labels: Vec<Waiting>, width: f64, lanes: usize) -> Vec<Placed> {
    labels.retain(|label| label.width <= width);
    loop {
        if let Some(placed) = row(&labels, width).or_else(|| stairs(&labels, width, lanes)) {
            return placed;
        }
        let Some(least) = (0..labels.len()).min_by_key(|&index| labels[index].weight) else {
            return Vec::new();
        };
        labels.remove(least);
    }
}

/// All in one row, each right under its part.
fn row(labels: &[Waiting], width: f64) -> Option<Vec<Placed>> {
    let mut end = 0.0;
    let mut left = Vec::with_capacity(labels.len());
    for label in labels {
        let x = (label.middle - label.width / 2.0).max(end);
        left.push(x);
        end = x + label.width + APART;
    }
    let mut end = width;
    for (x, label) in left.iter_mut().zip(labels).rev() {
        *x = x.min(end - label.width);
        end = *x - APART;
    }
    let fits = left
        .iter()
        .zip(labels)
        .all(|(&x, label)| x >= -0.5 && label.middle >= x - 0.5 && label.middle <= x + label.width + 0.5);
    fits.then(|| {
        labels.iter().zip(left).map(|(label, x)| Placed { label: label.clone(), x, lane: 0 }).collect()
    })
}

/// Each beside an upright line from its part: the first ones to the right of
/// their lines, the others to the left, as low as keeps them off each other's lines.
fn stairs(labels: &[Waiting], width: f64, lanes: usize) -> Option<Vec<Placed>> {
    let mut best: Option<(usize, Vec<Placed>)> = None;
    for turn in (0..=labels.len()).rev() {
        let left: Vec<f64> = labels
            .iter()
            .enumerate()
            .map(
                |(index, label)| {
                    if index < turn { label.middle - INSET } else { label.middle + INSET - label.width }
                },
            )
            .map(|x| if (-INSET..0.0).contains(&x) { 0.0 } else { x })
            .collect();
        let fits = left.iter().zip(labels).all(|(&x, label)| x >= 0.0 && x + label.width <= width);
        let Some(lane_of) = fits.then(|| lanes_of(labels, &left)).flatten() else { continue };
        let count = lane_of.iter().max().map_or(0, |lane| lane + 1);
        if count <= lanes && best.as_ref().is_none_or(|(least, _)| count < *least) {
            let placed = labels.iter().zip(&left).zip(&lane_of);
            let placed =
                placed.map(|((label, &x), &lane)| Placed { label: label.clone(), x, lane }).collect();
            best = Some((count, placed));
        }
    }
    best.map(|(_, placed)| placed)
}

/// The highest rows in which no label lies on another or on another's line;
/// `None` if two are in each other's way.
fn lanes_of(labels: &[Waiting], left: &[f64]) -> Option<Vec<usize>> {
    let count = labels.len();
    let span = |index: usize| (left[index] - BESIDE, left[index] + labels[index].width + BESIDE);
    let covers = |text: usize, line: usize| {
        let (from, to) = span(text);
        (from..=to).contains(&labels[line].middle)
    };
    let overlap = |a: usize, b: usize| {
        left[a] < left[b] + labels[b].width + APART && left[b] < left[a] + labels[a].width + APART
    };
    // True if the first text has to be below the second one.
    let is_below = |text: usize, other: usize| {
        text != other
            && (covers(text, other) || (other < text && overlap(text, other) && !covers(other, text)))
    };
    let mut lanes = vec![0_usize; count];
    for _ in 0..=count {
        let mut has_changed = false;
        for text in 0..count {
            let lowest =
                (0..count).filter(|&other| is_below(text, other)).map(|other| lanes[other] + 1).max();
            if lowest.is_some_and(|lowest| lowest > lanes[text]) {
                lanes[text] = lowest.unwrap_or(0);
                has_changed = true;
            }
        }
        if !has_changed {
            return Some(lanes);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(specs: &[(f64, f64, u64)]) -> Vec<Waiting> {
        let label = |(index, &(middle, width, weight)): (usize, &(f64, f64, u64))| Waiting {
            index,
            middle,
            width,
            text: String::new(),
            weight,
        };
        specs.iter().enumerate().map(label).collect()
    }

    /// No text on a text, no line through a text, all inside.
    fn assert_clear(placed: &[Placed], width: f64) {
        for a in placed {
            assert!(a.x >= -0.5 && a.x + a.label.width <= width + 0.5, "{placed:?}");
            for b in placed.iter().filter(|b| b.label.index != a.label.index) {
                let apart = a.x + a.label.width <= b.x || b.x + b.label.width <= a.x;
                assert!(a.lane != b.lane || apart, "{placed:?}");
                let is_crossed =
                    b.lane > a.lane && b.label.middle > a.x && b.label.middle < a.x + a.label.width;
                assert!(!is_crossed, "{placed:?}");
            }
        }
    }

    #[test]
    fn labels_with_room_lie_right_below_their_parts() {
        let placed = place(waiting(&[(50.0, 40.0, 1), (200.0, 60.0, 2)]), 400.0, 3);
        assert_eq!(placed.iter().map(|p| (p.x, p.lane)).collect::<Vec<_>>(), [(30.0, 0), (170.0, 0)]);
    }

    #[test]
    fn crowded_labels_take_stairs_and_none_is_lost() {
        let crowd = waiting(&[(10.0, 90.0, 5), (20.0, 120.0, 4), (33.0, 80.0, 3), (60.0, 100.0, 2)]);
        let placed = place(crowd, 360.0, 5);
        assert_eq!(placed.len(), 4);
        assert_clear(&placed, 360.0);
    }

    #[test]
    fn at_the_right_edge_labels_turn_to_the_left() {
        let crowd = waiting(&[(300.0, 90.0, 5), (330.0, 120.0, 4), (352.0, 80.0, 3)]);
        let placed = place(crowd, 360.0, 5);
        assert_eq!(placed.len(), 3);
        assert_clear(&placed, 360.0);
    }

    #[test]
    fn without_room_the_least_go_first() {
        let crowd: Vec<(f64, f64, u64)> =
            (0..12_u32).map(|i| (100.0 + 6.0 * f64::from(i), 150.0, u64::from(i))).collect();
        let placed = place(waiting(&crowd), 360.0, 3);
        assert_clear(&placed, 360.0);
        assert_eq!(placed.iter().map(|p| p.label.weight).min(), Some(9));
        assert!(place(waiting(&[(5.0, 500.0, 1)]), 360.0, 3).is_empty());
    }
}
